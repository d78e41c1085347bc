"""Asking the pure rules of routing, the way that tests read best."""

from typing import Final

from gateway.routes import Need
from gateway.routing import Choosing, Explained, IsOpen, candidates, explained
from gateway.snapshots.tables import Backend, Facade, Table, Target
from providers.kinds.vocabulary import Format
from tests.gateway.tables import Somebody

PATHS: Final = ("openai/gpt", "openai/mini", "groq/llama", "router/openai/gpt", "router/llama")
ANYBODY: Final = Somebody()
HEAVIER_FIRST: Final = 0.5
CHAT: Final = Need(Format.CHAT)


def nothing_open(_target: Target, _now: float) -> bool:
    return False


def opened(*paths: str) -> IsOpen:
    return lambda target, _now: target.name in paths


def choose(
    table: Table,
    name: str,
    seeker: Somebody = ANYBODY,
    *,
    need: Need = CHAT,
    is_open: IsOpen = nothing_open,
) -> list[str]:
    choosing = Choosing(is_open, lambda: HEAVIER_FIRST)
    return [target.name for target in candidates(table, name, seeker, need, choosing)]


def explain(
    table: Table,
    name: str,
    seeker: Somebody = ANYBODY,
    *,
    need: Need = CHAT,
    is_open: IsOpen = nothing_open,
) -> Explained:
    return explained(table, name, seeker, need, Choosing(is_open, lambda: HEAVIER_FIRST))


def facade(slug: str, *backends: Backend) -> Facade:
    return Facade(f"mdl_{slug}", slug, tuple(backends))
