"""What to tell somebody whose name for a model leads nowhere, or to too many."""

from collections.abc import Iterable
from typing import Final

from gateway.refusals import BadRequest, NoSuchModel, NotAllowed, Refusal, RequestTooLong
from gateway.routes import Need, Obstacle
from gateway.snapshots.tables import Target

_MOST_NAMED: Final = 10
_MOST_COMPARED: Final = 2_000
_LEAST_LIKENESS: Final = 0.3


def refused(target: Target, obstacle: Obstacle, need: Need, *, name: str) -> Refusal:
    """Say what stands between a request and the target that it came closest to."""
    match obstacle:
        case Obstacle.DISABLED:
            return NoSuchModel(f"{target.name} is disabled. Enable it first.", param="model")
        case Obstacle.AGENT_TYPE:
            message = f"{target.provider_name} does not serve agents of this type."
            return NotAllowed(message, param="model")
        case Obstacle.TERMS:
            message = f"The terms of {target.kind.label} have not been accepted here."
            return NotAllowed(message, param="model")
        case Obstacle.FORMAT:
            return _mismatch(target, need)
        case Obstacle.CONTEXT_WINDOW:
            return RequestTooLong(
                f"The request has about {need.count_tokens():,} tokens, and {target.name} takes "
                f"{target.context_window:,}. Send less, or name a model with a larger window.",
                param="model",
            )
        case _:
            return not_allowed(name)


def not_allowed(name: str) -> NotAllowed:
    return NotAllowed(f"This token may not call {quoted(name)}.", param="model")


def without_backends(name: str) -> NoSuchModel:
    return NoSuchModel(f"Nothing answers as {quoted(name)}: it has no backend.", param="model")


def without_active_model() -> NoSuchModel:
    return NoSuchModel(
        "This project has no active model. Make one active, or name a model as provider/model.",
        param="model",
    )


def gone(what: str) -> NoSuchModel:
    """Say that what an agent's calls all lead to is not there, whatever they name."""
    return NoSuchModel(f"{what} is disabled or gone. Choose another one for the agent.")


def ambiguous(name: str, found: Iterable[Target]) -> BadRequest:
    """Name those that a bare id may mean, each as it has to be written."""
    targets = tuple(found)
    names = [target.name for target in targets]
    if len(set(names)) < len(names):  # two providers whose names read alike
        names = [f"{target.provider_id}/{target.upstream_id}" for target in targets]
    choice = ", ".join(names[:_MOST_NAMED])
    message = f"Several providers have {quoted(name)}. Name one of them: {choice}."
    return BadRequest(message, param="model")


def unknown(name: str, known: Iterable[str]) -> NoSuchModel:
    """Say that a name means nothing, and which of those that are known comes closest."""
    closest = _closest(name, known)
    advice = f"Did you mean {closest}?" if closest else "GET /v1/models lists those you can call."
    return NoSuchModel(f"There is no model {quoted(name)} here. {advice}", param="model")


def _mismatch(target: Target, need: Need) -> BadRequest:
    kind = target.kind
    if not kind.is_available:
        return BadRequest(f"{target.name} can't be called. {kind.unavailable_reason}")
    spoken = ", ".join(sorted(target.formats or kind.formats)) or "nothing that is passed on"
    return BadRequest(
        f"{target.name} is at a provider of kind {kind.label}, which can't be called in the "
        f"format {need.format.value}. It speaks: {spoken}.",
        param="model",
    )


def _closest(name: str, names: Iterable[str]) -> str:
    """Return the name that shares most letter triples with what was asked for."""
    wanted = _triples(name)
    best, likeness = "", _LEAST_LIKENESS
    for _, other in zip(range(_MOST_COMPARED), names, strict=False):
        for known in (other, other.partition("/")[2]):
            triples = _triples(known)
            share = len(wanted & triples) / (len(wanted | triples) or 1)
            if share > likeness:
                best, likeness = other, share
    return best


def _triples(text: str) -> set[str]:
    padded = f"  {text[:200].lower()} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def quoted(name: str) -> str:
    shown = name if len(name) <= 200 else f"{name[:200]}…"  # noqa: PLR2004 - a sentence's worth
    return f"“{shown}”"
