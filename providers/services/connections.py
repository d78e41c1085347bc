"""Calls to providers beside clients' own: ask one model, list what is live, probe for free."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from accounts.models import Project
from providers.kinds.client import CallFailed
from providers.kinds.kind import Kind, KindUnavailable
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    ErrorClass,
    ListedModel,
    Listing,
    NothingListed,
    Outcome,
    Request,
    UnreadableAnswer,
)
from providers.models import Provider, ProviderModel
from providers.models.secret import SecretNeedsValue
from providers.services import completions, endpoints, outcomes
from providers.services.calls import Call

LIST_TIMEOUT_S = 15.0
MOST_PAGES = 10  # of a live list; most come in pages of a thousand
_SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class LiveList:
    """What a provider lists, each model once, in its order; `is_cut` where it has still more.

    `lacking` says why one of several lists could not be had.
    """

    models: tuple[ListedModel, ...]
    is_cut: bool = False
    lacking: str = ""

    def __iter__(self) -> Iterator[ListedModel]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)


class ListingFailed(Exception):
    """The live list could not be had; the outcome says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


class ListingEmpty(ListingFailed):
    """The list has no model to offer."""


class TestOutdated(Exception):
    """What was tested is there no longer, or is called otherwise; the message is for people."""


class ProbeUnsupported(ValueError):
    """The kind has no free call that shows its health; the message says what does instead."""


def test_connection(model: ProviderModel, *, now: datetime) -> Outcome:
    """Ask the model something tiny, and remember how it went.

    Raises TestOutdated, and remembers nothing, where that is not what would be called now.
    """
    called_as = model.provider.called_as()
    outcome = ask(model, now=now)
    with transaction.atomic():
        held = Provider.objects.with_secret().select_for_update(of=("self",))
        current = held.filter(pk=model.provider_id).first()
        if current is None or not current.models.filter(pk=model.pk).exists():
            raise TestOutdated("The model was removed meanwhile.")
        if current.called_as() != called_as:
            raise TestOutdated(f"{current.name} was changed during the test. Test it again.")
        model.record_test(outcome, at=now)
    return outcome


def ask(model: ProviderModel, *, now: datetime) -> Outcome:
    """Send the smallest real request that the kind allows; what goes wrong is in the outcome."""
    return completions.complete(model, "test", now=now).outcome


def probe(provider: Provider, *, now: datetime) -> Outcome:
    """Make the kind's free call, within 15 s; what goes wrong is in the outcome.

    Where a login has no such call its token is checked, and renewed where it has run out. Nothing
    is remembered: who asks decides what it means. Raises ProbeUnsupported where there is neither;
    `Kind.has_probe` says so beforehand.
    """
    kind = provider.kind_row
    try:
        endpoint = endpoints.of(provider, purpose="probe", now=now)
        request = kind.probe_request(endpoint)
        if request is None:
            return _without_call(provider)
        call = Call(kind, endpoint, provider.project, now)
        answer = call.send(request, timeout_s=completions.PROBE_TIMEOUT_S)
    except SecretNeedsValue as error:
        return outcomes.failed(ErrorClass.INVALID_KEY, str(error))
    except KindUnavailable as error:
        return outcomes.failed(ErrorClass.BAD_REQUEST, str(error))
    except CallFailed as error:
        return error.outcome()
    return _told(provider, answer, call)


def _without_call(provider: Provider) -> Outcome:
    kind = provider.kind_row
    if kind.has_login:
        return outcomes.signed_in(provider.name)
    raise ProbeUnsupported(
        f"{kind.label} has no free call that shows its health. Test a model instead."
    )


def _told(provider: Provider, answer: Answer, call: Call) -> Outcome:
    if not answer.is_ok:
        return outcomes.refused(provider.name, answer, call)
    kind = provider.kind_row
    try:
        kind.check_probe(answer)
    except UnreadableAnswer as error:
        return outcomes.unreadable(provider.name, answer, error, call.endpoint)
    well = outcomes.answered(provider, provider.name, answer)
    return replace(well, installed=kind.installed_in(answer))


def live_models(
    kind: Kind, endpoint: Endpoint, project: Project | None, *, now: datetime, who: str = ""
) -> LiveList:
    """List what the provider has now, within 15 s; `who` is how refusals name it.

    Of several lists or pages some may be empty, and lists after the first may be refused. Raises
    ListingFailed, or the kind's ListingUnsupported.
    """
    reading = _Reading(Call(kind, endpoint, project, now), who or kind.label)
    reading.take(kind.listing)
    for listing in kind.more_listings:
        reading.take_further(listing)
    if reading.empty is not None and not reading.listed:
        raise reading.empty
    return LiveList(tuple(reading.listed.values()), reading.is_cut, reading.lacking)


def live_models_of(provider: Provider, *, now: datetime) -> LiveList:
    try:
        endpoint = endpoints.of(provider, purpose="list", now=now)
    except SecretNeedsValue as error:
        raise ListingFailed(outcomes.failed(ErrorClass.INVALID_KEY, str(error))) from error
    except CallFailed as error:
        raise ListingFailed(error.outcome()) from error
    kind, project = provider.kind_row, provider.project
    return live_models(kind, endpoint, project, now=now, who=provider.name)


@dataclass(slots=True)
class _Reading:
    """A provider's lists while they are read, page after page; all of it has one deadline."""

    call: Call
    who: str
    listed: dict[str, ListedModel] = field(default_factory=dict)
    empty: ListingEmpty | None = None
    is_cut: bool = False
    lacking: str = ""
    ends_at: float = field(default_factory=lambda: time.monotonic() + LIST_TIMEOUT_S)

    def take(self, listing: Listing) -> None:
        request: Request | None = listing.request(self.call.endpoint)
        for _ in range(MOST_PAGES):
            if request is None:
                return
            answer = self._answer_to(request)
            try:
                self.listed |= {model.id: model for model in self._models_in(listing, answer)}
            except ListingEmpty as error:
                self.empty = error
            request = listing.request_after(self.call.endpoint, answer)
        self.is_cut |= request is not None

    def take_further(self, listing: Listing) -> None:
        """Take one more list, and keep what was read where it can't be had."""
        try:
            self.take(listing)
        except ListingFailed as error:
            if not self.listed:
                raise
            self.is_cut, self.lacking = True, error.outcome.message

    def _answer_to(self, request: Request) -> Answer:
        left_s = max(round(self.ends_at - time.monotonic(), 1), _SHORTEST_S)
        try:
            answer = self.call.send(request, timeout_s=left_s)
        except CallFailed as error:
            raise ListingFailed(error.outcome()) from error
        if not answer.is_ok:
            raise ListingFailed(outcomes.refused(self.who, answer, self.call))
        return answer

    def _models_in(self, listing: Listing, answer: Answer) -> tuple[ListedModel, ...]:
        endpoint = self.call.endpoint
        try:
            return listing.read(answer)
        except NothingListed as error:
            raise ListingEmpty(outcomes.unreadable(self.who, answer, error, endpoint)) from error
        except UnreadableAnswer as error:
            raise ListingFailed(outcomes.unreadable(self.who, answer, error, endpoint)) from error
