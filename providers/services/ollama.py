"""Models on an Ollama server: pulled in slices that any worker can go on with, and deleted."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.utils import timezone

from accounts.refusals import Refused
from providers.kinds import ollama
from providers.kinds.client import CallFailed
from providers.kinds.errors import classify
from providers.kinds.ollama import PullProgress
from providers.kinds.vocabulary import Answer
from providers.models import Operation, Provider
from providers.models.secret import SecretNeedsValue
from providers.services.calls import Call

KIND: Final = "ollama"
SLICE_S: Final = 40.0  # of a pull: shorter than an operation's lease
SILENCE_S: Final = 20.0  # a server that says nothing for so long has stalled
NOTED_EVERY_S: Final = 1.0
MOST_IDLE: Final = 6  # slices without a byte, one after the other, before it is given up
DELETE_TIMEOUT_S: Final = 15.0


class NotOllama(Refused):
    def __init__(self, provider: Provider) -> None:
        super().__init__(
            f"“{provider.name}” is no Ollama server: nothing is pulled there.",
            code="model_pulling_unsupported",
        )


def refuse_other(provider: Provider) -> None:
    """Raise NotOllama for a provider whose models are nobody's to pull."""
    if provider.kind != KIND:
        raise NotOllama(provider)


def pull(operation: Operation) -> bool:
    """Pull for one slice; True where another has to follow.

    Ollama goes on where a pull was broken off. How far it is stands on the operation, so a page
    or a worker that comes later knows. Calls out: not inside a transaction.
    """
    provider = Provider.objects.with_secret().filter(public_id=operation.target_id).first()
    if provider is None:
        _end(operation, ok=False, message="The provider was deleted meanwhile.")
        return False
    before = PullProgress.of_result(operation.result)
    try:
        progress = _pulled(operation, provider, before)
    except _Wanted as unwanted:
        return unwanted.more
    except (CallFailed, SecretNeedsValue) as error:
        return _again(operation, str(error), has_moved=_has_moved(operation, before))
    if progress.error:
        _end(operation, ok=False, message=f"{provider.name} says: “{progress.error[:300]}”")
        return False
    if progress.is_done:
        _note(operation, progress)
        _end(operation, ok=True, message=f"{operation.target_name} is on {provider.name}.")
        return False
    why = f"{provider.name} stopped in the middle of the pull."
    return _again(operation, why, has_moved=progress.completed > before.completed)


def delete(operation: Operation) -> None:
    """Delete a model from the server; the provider's own models stay as they are."""
    provider = Provider.objects.with_secret().filter(public_id=operation.target_id).first()
    if provider is None:
        _end(operation, ok=False, message="The provider was deleted meanwhile.")
        return
    name, now = operation.target_name, timezone.now()
    try:
        call = _call(provider, now=now)
        answer = call.send(ollama.delete_request(call.endpoint, name), timeout_s=DELETE_TIMEOUT_S)
    except (CallFailed, SecretNeedsValue) as error:
        _end(operation, ok=False, message=str(error))
        return
    if answer.is_ok or answer.status == 404:  # noqa: PLR2004 - HTTP's own number: it is gone
        _end(operation, ok=True, message=f"{name} is no longer on {provider.name}.")
        return
    _end(operation, ok=False, message=_refusal(provider, answer, call))


class _Wanted(Exception):
    """The slice is over, or nobody wants the pull any more."""

    def __init__(self, *, more: bool) -> None:
        super().__init__(more)
        self.more = more


def _pulled(operation: Operation, provider: Provider, progress: PullProgress) -> PullProgress:
    ends = time.monotonic() + SLICE_S
    noted = 0.0
    call = _call(provider, now=timezone.now())
    request = ollama.pull_request(call.endpoint, operation.target_name)
    with call.streaming(request, silence_s=SILENCE_S) as streamed:
        if not streamed.answer.is_ok:
            return PullProgress(error=_refusal(provider, streamed.answer, call))
        for line in _filled(streamed.lines):
            progress = progress.after(line)
            if progress.error or progress.is_done:
                return progress
            now = time.monotonic()
            if now - noted >= NOTED_EVERY_S:
                noted = now
                if not _note(operation, progress):
                    raise _Wanted(more=False)
            if now >= ends:
                _note(operation, progress)
                operation.result["idle"] = 0
                raise _Wanted(more=True)
    _note(operation, progress)
    return progress


def _call(provider: Provider, *, now: datetime) -> Call:
    endpoint = provider.endpoint(purpose="pull", now=now)
    return Call(provider.kind_row, endpoint, provider.project, now)


def _filled(lines: Iterator[bytes]) -> Iterator[bytes]:
    return (line for line in lines if line.strip())


def _note(operation: Operation, progress: PullProgress) -> bool:
    """Keep how far it is; False where the operation was cancelled or is another worker's."""
    idle = operation.result.get("idle", 0)
    operation.result = progress.as_result() | {"idle": idle}
    operation.done, operation.total = progress.percent, 100
    operation.message = progress.stage[:1000]
    return operation.note_progress(now=timezone.now())


def _has_moved(operation: Operation, before: PullProgress) -> bool:
    return PullProgress.of_result(operation.result).completed > before.completed


def _again(operation: Operation, why: str, *, has_moved: bool) -> bool:
    """Try another slice, unless too many went by without a byte; says why in its message."""
    idle = 0 if has_moved else int(operation.result.get("idle", 0)) + 1
    operation.result["idle"] = idle
    if idle >= MOST_IDLE:
        _end(operation, ok=False, message=why)
        return False
    operation.message = f"{why} Going on."
    operation.note_progress(now=timezone.now())
    return True


def _end(operation: Operation, *, ok: bool, message: str) -> None:
    operation.result = {**operation.result, "ok": ok}
    operation.result.pop("layers", None)
    operation.message = message


def _refusal(provider: Provider, answer: Answer, call: Call) -> str:
    return classify(provider.name, answer, secrets=call.endpoint.secrets).message
