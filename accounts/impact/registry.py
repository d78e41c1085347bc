"""What each app says of its own rows in an impact: registered in its AppConfig, never asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.impact.vocabulary import Group, UsageLately
from accounts.principal import Principal


@dataclass(frozen=True, slots=True)
class Words:
    """How an app calls its rows, one and many, and what it tells of each."""

    one: str
    many: str
    name: Callable[[Any], str] = str
    note: Callable[[Any], str] = lambda _row: ""


Search = Callable[[Model, Principal], Iterable[Group]]
Rule = Callable[[Any], Iterable[str]]
Ledger = Callable[[Model, Principal, datetime], UsageLately | None]


@dataclass(slots=True)
class Registry:
    """Words, searches, rules and ledgers of every app; models are named by label."""

    words: dict[str, Words] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    parts: dict[str, set[str]] = field(default_factory=dict)
    searches: list[Search] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    ledgers: list[Ledger] = field(default_factory=list)
    forcible: set[str] = field(default_factory=set)

    def describe(self, label: str, words: Words) -> None:
        """Call the rows of a model by these words."""
        self.words[label.lower()] = words

    def leave_out(self, *labels: str) -> None:
        """Name models whose rows are about an object without anybody standing on it."""
        self.left_out |= {label.lower() for label in labels}

    def part(self, whole: str, label: str) -> None:
        """Name a model whose one row is a part of `whole`: nobody stands on it there."""
        self.parts.setdefault(whole.lower(), set()).add(label.lower())

    def force(self, label: str) -> None:
        """Name a model whose deletion may be told to take along what refuses it."""
        self.forcible.add(label.lower())

    def search(self, search: Search) -> None:
        """Look for dependents that no foreign key leads to."""
        self.searches.append(search)

    def rule(self, label: str, rule: Rule) -> None:
        """Say in sentences why a row can't go now, where no foreign key says it."""
        self.rules[label.lower()] = rule

    def ledger(self, ledger: Ledger) -> None:
        """Count what went through an object lately."""
        self.ledgers.append(ledger)

    def words_for(self, model: type[Model]) -> Words:
        meta = model._meta
        plain = Words(str(meta.verbose_name), str(meta.verbose_name_plural))
        return self.words.get(meta.label_lower, plain)


registry = Registry()
