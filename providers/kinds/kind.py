"""A kind of provider: one row of reviewed facts, and what follows from them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from providers.kinds import credentials, headers
from providers.kinds.declaration import (
    Credential,
    DerivedUrl,
    Field,
    Group,
    Terms,
    TermsStatus,
    Texts,
)
from providers.kinds.dialects import reading, smallest
from providers.kinds.listings import OPENAI_MODELS
from providers.kinds.live_lists import names_of
from providers.kinds.oauth.settings import LoginSettings
from providers.kinds.origins import origin_of
from providers.kinds.vocabulary import (
    Answer,
    Authorizer,
    Dialect,
    Endpoint,
    Format,
    Listing,
    ModelKind,
    NothingListed,
    Reply,
    Request,
    UnreadableAnswer,
)

REVIEWED_ON = date(2026, 11, 20)
ALLOWED = Terms(TermsStatus.ALLOWED, REVIEWED_ON)


class KindUnavailable(ValueError):
    """The kind is declared, but this version can't call it; the message is for people."""


class FormatUnsupported(ValueError):
    """The kind does not serve this format or kind of model; the message is for people."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. Everything that offers, validates, tests or routes a provider reads this.

    `dialects` are the formats that can be called, the preferred one first; `awaiting` are the
    vendor's further formats, for which there is no dialect yet. `probe` is the free call that
    proves the key, where listing the models does not. A kind that nothing can call says why in
    `unavailable_reason`. `note` is what people should know when they fill in its form.

    `derived_url` is for clouds, whose hosts follow from region or location. `authorizer`
    completes requests where a header alone does not authenticate; `more_listings` are asked
    after the first. `listings_by_format` is for kinds whose people say in which one format their
    server speaks. Where a kind `installs_models`, routing follows what its servers list. The
    requests of a kind that `runs_program` go to the operator's own program instead of a server.
    """

    slug: str
    label: str
    group: Group
    dialects: tuple[Dialect, ...] = ()
    base_url: str = ""
    base_url_is_editable: bool = False
    base_url_placeholder: str = ""
    derived_url: DerivedUrl | None = None
    credential: Credential = credentials.BEARER
    fields: tuple[Field, ...] = ()
    authorizer: Authorizer | None = None
    runs_program: bool = False
    listing: Listing = OPENAI_MODELS
    more_listings: tuple[Listing, ...] = ()
    listings_by_format: tuple[tuple[Format, Listing], ...] = ()
    probe: Callable[[Endpoint], Request] | None = None
    installs_models: bool = False
    aliases: tuple[str, ...] = ()
    terms: Terms = ALLOWED
    awaiting: tuple[Format, ...] = ()
    unavailable_reason: str = ""
    note: str = ""

    @property
    def has_probe(self) -> bool:
        """Whether it shows for free how a provider is: by a call, or by its login's token."""
        has_call = self.probe is not None or self.listing.is_live
        return self.is_available and (has_call or self.has_login)

    @property
    def has_login(self) -> bool:
        """Whether somebody signs in, instead of entering a key."""
        return self.credential.is_login

    def login_of(self, config: Texts) -> LoginSettings:
        """Read how a provider with these settings comes to its tokens."""
        return LoginSettings.of(self._complete(config), flow=self.credential.flow)

    def spoken_by(self, config: Texts) -> "Kind":
        """Give the kind as a provider with these settings speaks it: in the format they name."""
        listings = dict(self.listings_by_format)
        said = self._complete(config).get("format", "") if listings else ""
        listing = listings.get(Format(said)) if said in set(listings) else None
        if listing is None:
            return self
        dialects = tuple(dialect for dialect in self.dialects if dialect.format == said)
        return replace(self, dialects=dialects, listing=listing)

    @property
    def models_have_own_names(self) -> bool:
        """Whether ids are names that the account's owner gave, as Azure's deployments have."""
        return any(field.names_model for field in self.fields)

    @property
    def is_available(self) -> bool:
        return not self.unavailable_reason

    @property
    def type_label(self) -> str:
        """The label as lists of providers show it."""
        return f"{self.label} · OAuth" if self.group is Group.SUBSCRIPTION else self.label

    @property
    def formats(self) -> frozenset[Format]:
        """The formats that can be called."""
        return frozenset(dialect.format for dialect in self.dialects)

    @property
    def native_formats(self) -> frozenset[Format]:
        """The formats that the vendor speaks, callable from here or not."""
        return self.formats | frozenset(self.awaiting)

    def formats_for(self, model_kind: ModelKind) -> frozenset[Format]:
        """Tell in which formats a model of this sort can be called; raises as `dialect`."""
        return frozenset(
            wanted for wanted in self.formats if self.dialect(wanted).model_kind == model_kind
        )

    def dialect(self, wanted: Format) -> Dialect:
        """Return the dialect of a format; `KindUnavailable` or `FormatUnsupported` if none is."""
        self._check_available()
        for dialect in self.dialects:
            if dialect.format is wanted:
                return dialect
        raise FormatUnsupported(f"{self.label} can't be called in the format “{wanted}”.")

    def dialect_for_model(self, model_kind: ModelKind) -> Dialect:
        """Return the preferred dialect for a chat or an embedding model; raises as `dialect`."""
        self._check_available()
        for dialect in self.dialects:
            if dialect.model_kind == model_kind:
                return dialect
        raise FormatUnsupported(f"{self.label} has no {model_kind} models that can be called.")

    def smallest_request(
        self, endpoint: Endpoint, model_id: str, *, model_kind: ModelKind, is_reasoning: bool
    ) -> Request:
        """Build the cheapest call that proves a model works; raises as `dialect`."""
        return self.dialect_for_model(model_kind).smallest_request(
            endpoint, model_id, max_tokens=smallest.answer_ceiling(is_reasoning=is_reasoning)
        )

    def read_answer(self, answer: Answer, *, model_kind: ModelKind) -> Reply:
        """Read the answer to `smallest_request`; raises `UnreadableAnswer`, or as `dialect`."""
        return self.dialect_for_model(model_kind).read_answer(answer)

    def probe_request(self, endpoint: Endpoint) -> Request | None:
        """Build the free call that shows whether the provider is well; None if it has none."""
        self._check_available()
        if self.probe is not None:
            return self.probe(endpoint)
        return self.listing.request(endpoint) if self.listing.is_live else None

    def check_probe(self, answer: Answer) -> None:
        """Accept the answer to `probe_request`; `UnreadableAnswer` when it is not the API's."""
        if not isinstance(reading.json_of(answer), list):
            reading.object_of(answer)

    def installed_in(self, answer: Answer) -> frozenset[str] | None:
        """Read which models a probed server has; None where that is no list, or nobody installs.

        A name without a tag is the one that is tagged `latest`: both are given.
        """
        if not self.installs_models:
            return None
        try:
            listed = self.listing.read(answer)
        except NothingListed:
            return frozenset()
        except UnreadableAnswer:
            return None
        return names_of(model.id for model in listed)

    def configured_models(self, config: Texts) -> tuple[str, ...]:
        """Return the ids of the models that a provider's own settings name."""
        named = (config.get(field.name, "").strip() for field in self.fields if field.names_model)
        return tuple(model_id for model_id in named if model_id)

    def endpoint(
        self, *, base_url: str = "", credential: Texts | None = None, config: Texts | None = None
    ) -> Endpoint:
        """Complete what a provider keeps with the kind's defaults."""
        return Endpoint(
            base_url=self.base_url_of(base_url=base_url, config=config),
            credential={name: value.strip() for name, value in (credential or {}).items()},
            config=self._complete(config),
        )

    def base_url_of(self, *, base_url: str = "", config: Texts | None = None) -> str:
        """Return where a provider with these fields is called; empty where they name no place."""
        if self.derived_url is not None:
            return self.derived_url.of(self._complete(config))
        chosen = base_url if self.base_url_is_editable and base_url else self.base_url
        return chosen.rstrip("/")

    def host_of(self, *, base_url: str = "", config: Texts | None = None) -> str:
        """Return the origin, or the vendor's domain, that a credential is entered for.

        A login's credential is the client's own: it goes to the authorization server alone.
        """
        if self.derived_url is not None:
            return self.derived_url.domain
        if self.has_login:
            return self.login_of(config or {}).host
        return origin_of(self.base_url_of(base_url=base_url, config=config))

    def problems(self, *, base_url: str, credential: Texts | None, config: Texts) -> dict[str, str]:
        """Say what is wrong with a provider's fields: name of the field -> sentence.

        `credential` is None where a stored one is kept. Whether the base URL may be called is
        the egress policy's to say.
        """
        found = dict(_problems(self.fields, config, self.label))
        found |= dict(self._base_url_problems(base_url, config))
        if credential is not None:
            found |= dict(self._credential_problems(credential))
        if self.has_login:
            found = dict(self.login_of(config).problems()) | found
        if self.unavailable_reason:
            found["kind"] = self.unavailable_reason
        return found

    def _complete(self, config: Texts | None) -> dict[str, str]:
        defaults = {field.name: field.default for field in self.fields if field.default}
        given = {name: value.strip() for name, value in (config or {}).items()}
        return defaults | {name: value for name, value in given.items() if value}

    def _credential_problems(self, credential: Texts) -> Iterator[tuple[str, str]]:
        if self.credential.problems_of is not None:
            yield from self.credential.problems_of(credential).items()
        yield from _problems(self.credential.fields, credential, self.label)

    def _base_url_problems(self, base_url: str, config: Texts) -> Iterator[tuple[str, str]]:
        if not self.base_url_is_editable:
            if base_url and base_url.rstrip("/") != self.base_url_of(config=config):
                yield "base_url", f"The base URL of {self.label} can't be changed."
        elif "?" in base_url:
            yield "base_url", "Leave out the question mark and what follows it."
        elif not base_url and not self.base_url:
            yield "base_url", f"Enter the base URL, for example {self.base_url_placeholder}."

    def _check_available(self) -> None:
        if self.unavailable_reason:
            raise KindUnavailable(self.unavailable_reason)


def _problems(fields: tuple[Field, ...], given: Texts, label: str) -> Iterator[tuple[str, str]]:
    known = {field.name for field in fields}
    for name in given:
        if name not in known:
            yield name, f"{label} has no field “{name}”."
    for field in fields:
        problem = _problem(field, given.get(field.name, "").strip())
        if problem:
            yield field.name, problem


def _problem(field: Field, value: str) -> str:
    if not value:
        return f"{field.label} is required." if field.required and not field.default else ""
    if field.choices and value not in dict(field.choices):
        return f"Choose one of: {', '.join(word for word, _ in field.choices)}."
    if field.name in {"extra_headers", "secret_headers"}:
        return _header_problem(value)
    if field.problem_of is not None:
        return field.problem_of(value)
    if not field.is_multiline and not headers.is_sendable(value):
        return f"{field.label} must be plain letters, digits and signs on one line."
    return ""


def _header_problem(value: str) -> str:
    try:
        headers.parse_lines(value)
    except headers.HeadersInvalid as error:
        return str(error)
    return ""
