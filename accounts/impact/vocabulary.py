"""What an impact is made of. Frozen values, and one JSON shape for pages, REST and MCP."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

MOST_NAMED = 20


class Effect(StrEnum):
    """What would become of a dependent if the object went; the gravest first."""

    REFUSE = "refuse"  # it stands in the way
    REMOVED = "removed"  # it goes along
    CLEARED = "cleared"  # it stays and names the object no more
    KEPT = "kept"  # it stays as it is and finds nothing where the object was


@dataclass(frozen=True, slots=True)
class Dependent:
    """One row that depends on the object; `note` is what its own app says of it."""

    public_id: str
    name: str
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"id": self.public_id, "name": self.name, "note": self.note}


@dataclass(frozen=True, slots=True)
class Group:
    """Dependents of one sort: how many in all, and at most 20 of those that the reader may see.

    `role` is what the object is to them, as in `active model`; empty where it is what they are of.
    """

    one: str
    many: str
    effect: Effect
    count: int
    named: tuple[Dependent, ...] = ()
    hidden: int = 0
    role: str = ""

    @property
    def words(self) -> str:
        return f"{self.count} {self.one if self.count == 1 else self.many}"

    @property
    def unnamed(self) -> int:
        """How many the reader may see beyond the named ones."""
        return self.count - self.hidden - len(self.named)

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.many,
            "role": self.role,
            "effect": self.effect.value,
            "count": self.count,
            "named": [dependent.as_json() for dependent in self.named],
            "hidden": self.hidden,
        }


@dataclass(frozen=True, slots=True)
class UsageLately:
    """What went through the object in the last days, as far as the reader may know.

    `cost` is USD, None where nothing was priced; `unpriced` requests are not in it.
    """

    days: int
    requests: int
    cost: Decimal | None
    unpriced: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "days": self.days,
            "requests": self.requests,
            "cost": None if self.cost is None else f"{self.cost:f}",
            "unpricedRequests": self.unpriced,
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """What depends on one object; with a `refusal` it can't go as things stand."""

    public_id: str
    what: str
    name: str
    groups: tuple[Group, ...]
    refusals: tuple[str, ...] = ()
    usage: UsageLately | None = None

    @property
    def is_refused(self) -> bool:
        return bool(self.refusals) or any(group.effect is Effect.REFUSE for group in self.groups)

    def with_effect(self, effect: str) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.effect == effect)

    @property
    def refusing(self) -> tuple[Group, ...]:
        return self.with_effect(Effect.REFUSE)

    @property
    def removed(self) -> tuple[Group, ...]:
        return self.with_effect(Effect.REMOVED)

    @property
    def cleared(self) -> tuple[Group, ...]:
        return self.with_effect(Effect.CLEARED)

    @property
    def kept(self) -> tuple[Group, ...]:
        return self.with_effect(Effect.KEPT)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.public_id,
            "type": self.what,
            "name": self.name,
            "isRefused": self.is_refused,
            "refusals": list(self.refusals),
            "dependents": [group.as_json() for group in self.groups],
            "usage": self.usage.as_json() if self.usage else None,
        }
