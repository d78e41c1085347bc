"""What an API key's policy says: pure evaluation, no records, no clock.

A policy is a list of statements::

    [{"effect": "Allow", "action": ["aiProviders:*"], "resource": ["aip_*"]},
     {"effect": "Deny", "action": ["aiProviders:DeleteAiProvider"], "resource": ["*"]}]

An action is ``module:Action``; a resource is a public id such as ``aip_4fT…``. What has no id of
its own (creating, a project's routing) is asked of its project's id, ``prj_…``. ``*`` stands for a
whole segment, ``aiProviders:*`` or ``aip_*``, or alone for everything; it is never part of a word.
Nothing is allowed unless a statement allows it, and one that denies wins over all that allow.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

MOST_STATEMENTS: Final = 50
MOST_PATTERNS: Final = 100

_ACTION: Final = re.compile(r"\*|(\*|[A-Za-z]{1,40}):(\*|[A-Za-z]{1,60})")
_RESOURCE: Final = re.compile(r"\*|[a-z]{2,8}_(\*|[A-Za-z0-9]{16})")


class PolicyInvalid(ValueError):
    """A policy that can't be read; ``position`` is where, as in ``[2].action[0]``."""

    def __init__(self, position: str, message: str) -> None:
        super().__init__(f"{position}: {message}" if position else message)
        self.position = position
        self.message = message


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Statement:
    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def is_allow(self) -> bool:
        return self.effect == Effect.ALLOW

    def includes(self, other: "Statement") -> bool:
        """Tell whether whatever `other` speaks of is spoken of here."""
        actions = all(_spans(self.actions, pattern, ":") for pattern in other.actions)
        return actions and all(_spans(self.resources, pattern, "_") for pattern in other.resources)

    def speaks_of(self, action: str) -> bool:
        return any(_matches(pattern, action, ":") for pattern in self.actions)

    def matches(self, action: str, resource: str) -> bool:
        covers = any(_matches(pattern, resource, "_") for pattern in self.resources)
        return covers and self.speaks_of(action)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which objects of one kind an action reaches: all or some, and never the excepted ones."""

    everything: bool = False
    ids: frozenset[str] = frozenset()
    excepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """Statements; an empty policy allows nothing."""

    statements: tuple[Statement, ...] = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        """Read parsed JSON; raises PolicyInvalid, which says where."""
        if not isinstance(raw, list):
            raise PolicyInvalid("", "A policy is a list of statements.")
        if len(raw) > MOST_STATEMENTS:
            raise PolicyInvalid("", f"A policy has at most {MOST_STATEMENTS} statements.")
        return cls(tuple(_statement(item, f"[{index}]") for index, item in enumerate(raw)))

    def allows(self, action: str, resource: str) -> bool:
        fitting = [row.effect for row in self.statements if row.matches(action, resource)]
        return Effect.ALLOW in fitting and Effect.DENY not in fitting

    def allows_somewhere(self, action: str, prefix: str = "") -> bool:
        """Tell whether some object may be left for the action: what a list asks, then filters.

        With a `prefix`, as in ``aip``, its objects are those whose public ids begin so.
        """
        everything = {"*", f"{prefix}_*"}
        denied = any(
            row.effect == Effect.DENY and not everything.isdisjoint(row.resources)
            for row in self._about(action)
        )
        return not denied and any(row.effect == Effect.ALLOW for row in self._about(action))

    def reach(self, action: str, prefix: str) -> Reach:
        """Say on which public ids with ``prefix``, as in ``aip``, the action is allowed."""
        allowed = _named(self._about(action), Effect.ALLOW, prefix)
        denied = _named(self._about(action), Effect.DENY, prefix)
        if denied.everything:
            return Reach()
        return Reach(everything=allowed.everything, ids=allowed.ids, excepted=denied.ids)

    def allowed_actions(self) -> Iterator[tuple[str, str]]:
        """Give each position and pattern of the actions that it allows."""
        for index, row in enumerate(self.statements):
            if row.effect == Effect.ALLOW:
                for place, pattern in enumerate(row.actions):
                    yield f"[{index}].action[{place}]", pattern

    def covers(self, other: "Policy") -> bool:
        """Tell whether `other` surely allows nothing that this one does not.

        Statement by statement: what only several together would allow does not count.
        """
        allowed = all(_allowed_by(self.statements, row) for row in other.statements if row.is_allow)
        denials = [row for row in other.statements if not row.is_allow]
        return allowed and all(
            any(theirs.includes(row) for theirs in denials)
            for row in self.statements
            if not row.is_allow
        )

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Refuse an action pattern that fits no known action: a typing error would go unnoticed."""
        for index, row in enumerate(self.statements):
            for place, pattern in enumerate(row.actions):
                if not any(_matches(pattern, action, ":") for action in known):
                    position = f"[{index}].action[{place}]"
                    raise PolicyInvalid(position, f"There is no action {pattern}.")

    def _about(self, action: str) -> list[Statement]:
        return [row for row in self.statements if row.speaks_of(action)]


def _statement(raw: object, position: str) -> Statement:
    if not isinstance(raw, dict):
        raise PolicyInvalid(position, "A statement is an object.")
    for key in raw.keys() - {"effect", "action", "resource"}:
        raise PolicyInvalid(f"{position}.{key}", "Only effect, action and resource are known.")
    for key in ("effect", "action", "resource"):
        if key not in raw:
            raise PolicyInvalid(f"{position}.{key}", "This is missing.")
    if raw["effect"] not in tuple(Effect):
        raise PolicyInvalid(f"{position}.effect", "Write Allow or Deny.")
    return Statement(
        effect=Effect(raw["effect"]),
        actions=_patterns(
            raw["action"], f"{position}.action", _ACTION, "module:Action, module:* or *"
        ),
        resources=_patterns(
            raw["resource"],
            f"{position}.resource",
            _RESOURCE,
            "a public id, a prefix as in aip_* or *",
        ),
    )


def _patterns(raw: object, position: str, form: re.Pattern[str], advice: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw:
        raise PolicyInvalid(position, "Write a list with at least one entry.")
    if len(raw) > MOST_PATTERNS:
        raise PolicyInvalid(position, f"Write at most {MOST_PATTERNS} entries.")
    for index, pattern in enumerate(raw):
        if not isinstance(pattern, str) or not form.fullmatch(pattern):
            raise PolicyInvalid(f"{position}[{index}]", f"Write {advice}.")
    return tuple(raw)


def fits(pattern: str, action: str) -> bool:
    """Tell whether a policy that says `pattern` speaks of the action."""
    return _matches(pattern, action, ":")


def _matches(pattern: str, name: str, separator: str) -> bool:
    if pattern == "*":
        return True
    wanted, actual = pattern.partition(separator), name.partition(separator)
    return all(want in {"*", part} for want, part in zip(wanted[::2], actual[::2], strict=True))


def _allowed_by(statements: Iterable[Statement], wanted: Statement) -> bool:
    return any(row.is_allow and row.includes(wanted) for row in statements)


def _spans(patterns: Iterable[str], wanted: str, separator: str) -> bool:
    """Tell whether one of the patterns matches whatever `wanted` matches."""
    if wanted == "*":
        return "*" in patterns or f"*{separator}*" in patterns
    return any(_matches(pattern, wanted, separator) for pattern in patterns)


def _named(statements: list[Statement], effect: Effect, prefix: str) -> Reach:
    patterns = {pattern for row in statements if row.effect == effect for pattern in row.resources}
    everything = not patterns.isdisjoint({"*", f"{prefix}_*"})
    return Reach(everything=everything, ids=frozenset(patterns))
