"""The words in which a kind declares itself to forms, schemas and documentation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from providers.kinds.oauth.vocabulary import Flow

Texts = Mapping[str, str]


class Group(StrEnum):
    """A heading of the Type dropdown."""

    PRIMARY = "primary"
    CLOUD = "cloud"
    COMPATIBLE = "compatible"
    SUBSCRIPTION = "subscription"

    @property
    def label(self) -> str:
        return _GROUP_LABELS[self]

    @property
    def section(self) -> str:
        """The heading above: every group but the subscriptions belongs to "API key"."""
        return self.label if self is Group.SUBSCRIPTION else "API key"


_GROUP_LABELS = {
    Group.PRIMARY: "Primary",
    Group.CLOUD: "Cloud",
    Group.COMPATIBLE: "OpenAI-compatible",
    Group.SUBSCRIPTION: "Subscription / OAuth",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a kind's form, REST schema and docs table.

    Where `names_model` is true, what is entered is the id of one of the provider's models.
    """

    name: str
    label: str
    required: bool = False
    secret: bool = False
    placeholder: str = ""
    help: str = ""
    default: str = ""
    is_multiline: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    problem_of: Callable[[str], str] | None = None  # says what is wrong with a value, if anything
    names_model: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """How a kind authenticates and what people enter for it.

    `problems_of` says what is wrong with fields that depend on each other: name -> sentence.
    Where it `is_login`, somebody signs in and the fields are of Axiom as a client; its `flow` is
    the one way to do so, None where a provider's settings choose.
    """

    slug: str
    label: str
    fields: tuple[Field, ...] = ()
    problems_of: Callable[[Texts], Mapping[str, str]] | None = None
    is_login: bool = False
    flow: Flow | None = None

    @property
    def is_required(self) -> bool:
        """Whether nothing at all will do for it."""
        needs_some = self.problems_of is not None and bool(self.problems_of({}))
        return needs_some or any(field.required for field in self.fields)


@dataclass(frozen=True, slots=True)
class DerivedUrl:
    """A base URL that follows from a provider's settings.

    `of` returns nothing for settings that name no host. Every URL of it lies within `domain`,
    which is the vendor's alone: a stored credential is bound to that, not to one region's host.
    """

    domain: str
    of: Callable[[Texts], str]


class TermsStatus(StrEnum):
    """What the vendor's terms say about use through Axiom."""

    ALLOWED = "allowed"
    PERSONAL_ONLY = "personal-only"
    PROHIBITED = "prohibited"


@dataclass(frozen=True, slots=True)
class Terms:
    """A terms status, when a person last reviewed it, and what to do instead."""

    status: TermsStatus
    reviewed_on: date
    note: str = ""

    @property
    def are_restricted(self) -> bool:
        """Whether staff must accept them first, and nobody may share a provider under them."""
        return self.status is not TermsStatus.ALLOWED
