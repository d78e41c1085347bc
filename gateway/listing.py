"""Which models a token can call, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from gateway.callers import Caller
from gateway.calls import Call, Ending
from gateway.endpoints import GEMINI_MODELS, MODELS
from gateway.formats.asking import Offer
from gateway.misnaming import unknown
from gateway.pipeline import Pipeline
from gateway.routes import By
from gateway.routing import DEFAULT_NAMES, can_answer, reachable
from gateway.snapshots.tables import Facade, Table, Target
from providers.kinds.vocabulary import Format

_DEFAULT: Final = Offer("default")


async def list_models(pipeline: Pipeline, call: Call) -> Ending:
    """Answer with every name that the token may write in a format of the client's family."""
    table, caller = await pipeline.reach(call)
    targets = reachable(table, caller, wanted=call.form.formats)
    call.exchange.answer(
        200, call.form.model_list(_offers(table, caller, targets, wanted=call.form.formats))
    )
    return Ending(200)


async def describe_model(pipeline: Pipeline, call: Call) -> Ending:
    """Answer with the one model that the path names; raises NoSuchModel."""
    path = call.exchange.path
    name = unquote(path.removeprefix(f"{GEMINI_MODELS}/").removeprefix(f"{MODELS}/"))
    table, caller = await pipeline.reach(call)
    targets = reachable(table, caller, wanted=call.form.formats)
    offers = {
        offer.name: offer for offer in _offers(table, caller, targets, wanted=call.form.formats)
    }
    found = offers.get(_DEFAULT.name if name in DEFAULT_NAMES else name)
    if found is None:
        named = table.by_path.get(name) or table.by_upstream_id.get(name, ())
        found = next((_offer(target) for target in named if target in targets), None)
    if found is None:
        raise unknown(name, offers)
    call.exchange.answer(200, call.form.model(replace(found, name=name)))
    return Ending(200)


def _offers(
    table: Table, caller: Caller, targets: tuple[Target, ...], *, wanted: frozenset[Format]
) -> Iterator[Offer]:
    """Give the names: `default` where it leads to something, facades, then each model's own.

    An agent whose calls all lead to one place may write anything; `default` says so.
    """
    leads = targets if caller.route.by is not By.NAME else table.default
    if any(target in targets for target in leads):
        yield _DEFAULT
    if caller.route.by is By.NAME:
        for slug, facade in table.facades.items():
            if slug == facade.slug and caller.may_use(facade) and _answers(facade, caller, wanted):
                yield Offer(slug)
    yield from map(_offer, targets)


def _answers(facade: Facade, caller: Caller, wanted: frozenset[Format]) -> bool:
    backends = facade.backends
    return any(can_answer(backend.target, caller, wanted=wanted) for backend in backends)


def _offer(target: Target) -> Offer:
    return Offer(target.name, target.provider_slug, target.created_at)
