"""What routing is asked with: who asks and where their calls lead, and what a request needs.

Agents, facades and grants join here without touching the rules in `gateway.routing`:

- `gateway.snapshots.loading.table_of` gives `Table.of` its `facades`: one `Facade` for each
  active facade that the project has or was granted, with `Backend(target, priority, weight)` for
  each of its rows. A backend that people have disabled belongs there too, as a `Target` with
  `is_enabled=False`: it is never called, and *explain* can say why.
- `gateway.callers` makes a `Caller` for an agent's token as it does for a key's, with
  `route` (`Route(By.DEFAULT)` where it inherits, `Route(By.PIN, "apm_…")`,
  `Route(By.FACADE, "mdl_…")`, `BY_NAME` where the client chooses), `agent_type`, and in
  `facades` the ids of those that it was granted. `may_call` and `may_use` are asked anew at each
  attempt, of a caller that was looked up after the last change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple, Protocol

from gateway.snapshots.tables import Facade, Target
from providers.kinds.vocabulary import Format


class By(Enum):
    """Who decides where a call leads."""

    NAME = auto()  # the request
    DEFAULT = auto()  # the project
    PIN = auto()
    FACADE = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a caller's calls lead; `to` is the id of the pinned model or of the facade."""

    by: By = By.NAME
    to: str = ""


BY_NAME: Final = Route()


class Seeker(Protocol):
    """Somebody who calls, as far as routing asks."""

    @property
    def route(self) -> Route: ...

    @property
    def agent_type(self) -> str:
        """Empty for everything that is no agent."""

    def may_call(self, target: Target) -> bool: ...

    def may_use(self, facade: Facade) -> bool: ...


class Obstacle(StrEnum):
    """Why a target is no candidate: the later ones are met by those that pass the earlier."""

    DISABLED = "disabled"
    NOT_ALLOWED = "not_allowed"
    AGENT_TYPE = "agent_type"
    TERMS = "terms"
    FORMAT = "format"
    CONTEXT_WINDOW = "context_window"
    BREAKER_OPEN = "breaker_open"
    DOWN = "down"
    MISSING = "missing"
    UNPRICED = "unpriced"


class Need(NamedTuple):
    """What a request needs of whoever answers it. A tuple, for one is made for each call.

    `most_tokens` is a bound that costs nothing; `count_tokens` is asked only where a window is
    below it.
    """

    format: Format
    most_tokens: int = 0
    count_tokens: Callable[[], int] = lambda: 0

    def fits(self, window: int | None) -> bool:
        """Tell whether it fits a context window; an unknown one is not in the way."""
        return window is None or self.most_tokens <= window or self.count_tokens() <= window
