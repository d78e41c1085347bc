"""Calls to providers beside clients' own: ask one model, list what is live, probe for free."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import Project
from foundation.tokens import tokens_in
from providers.kinds.client import CallFailed
from providers.kinds.dialects import smallest
from providers.kinds.kind import FormatUnsupported, Kind, KindUnavailable
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    ErrorClass,
    ListedModel,
    Listing,
    NothingListed,
    Outcome,
    Reply,
    Request,
    UnreadableAnswer,
    Usage,
)
from providers.kinds.vocabulary import ModelKind as Sort
from providers.models import ModelKind, Provider, ProviderModel
from providers.models.secret import SecretNeedsValue
from providers.services import endpoints, outcomes, own_calls
from providers.services.calls import Call
from providers.services.own_calls import OwnCall, Purpose

TEST_TIMEOUT_S = 60.0
LIST_TIMEOUT_S = 15.0
PROBE_TIMEOUT_S = 15.0
MOST_PAGES = 10  # of a live list; most come in pages of a thousand
_SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class LiveList:
    """What a provider lists, each model once, in its order; `is_cut` where it has still more."""

    models: tuple[ListedModel, ...]
    is_cut: bool = False

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
    return complete(model, "test", now=now).outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """How a completion of Axiom's own went; `cost` is USD, None where it is not known."""

    outcome: Outcome
    cost: Decimal | None = None


def complete(model: ProviderModel, use: Purpose, *, now: datetime) -> Asked:
    """Ask as `ask` does, for a test within 60 s or a probe within 15; the ledger is told."""
    kind = model.provider.kind_row
    model_kind = _sort_of(model)
    try:
        endpoint = endpoints.of(model.provider, purpose=use, now=now)
        request = kind.smallest_request(
            endpoint, model.upstream_id, model_kind=model_kind, is_reasoning=model.has_reasoning
        )
    except SecretNeedsValue as error:
        return Asked(outcomes.failed(ErrorClass.INVALID_KEY, str(error)))
    except (KindUnavailable, FormatUnsupported) as error:
        return Asked(outcomes.failed(ErrorClass.BAD_REQUEST, str(error)))
    call = Call(kind, endpoint, model.provider.project, now)
    longest_s = TEST_TIMEOUT_S if use == "test" else PROBE_TIMEOUT_S
    outcome, reply = _completed(call, request, model, timeout_s=longest_s)
    used = OwnCall(
        model,
        use,
        kind.dialect_for_model(model_kind).format.value,
        outcome,
        usage=_used(outcome, reply),
        is_estimated=reply is not None and reply.usage is None,
        started_at=now,
    )
    return Asked(outcome, own_calls.write(used))


def _completed(
    call: Call, request: Request, model: ProviderModel, *, timeout_s: float
) -> tuple[Outcome, Reply | None]:
    who, model_kind = model.provider.name, _sort_of(model)
    try:
        answer = call.send(request, timeout_s=timeout_s)
    except CallFailed as error:
        return error.outcome(), None
    if not answer.is_ok:
        return outcomes.refused(who, answer, call.endpoint), None
    try:
        reply = call.kind.read_answer(answer, model_kind=model_kind)
    except UnreadableAnswer as error:
        return outcomes.unreadable(who, answer, error, call.endpoint), None
    return outcomes.answered(model.provider, f"{model.upstream_id} at {who}", answer), reply


def _sort_of(model: ProviderModel) -> Sort:
    return "embedding" if model.kind == ModelKind.EMBEDDING else "chat"


def _used(outcome: Outcome, reply: Reply | None) -> Usage | None:
    """Say what a call used; None where its answer was lost on the way, or can't be read."""
    if reply is not None:
        return reply.usage or Usage(
            input_tokens=tokens_in(len(smallest.PROMPT)),
            output_tokens=tokens_in(len(reply.text)),
        )
    is_success = outcome.http_status in range(200, 300)
    is_lost = is_success or outcome.error_class is ErrorClass.TIMEOUT
    return None if is_lost else Usage()


def probe(provider: Provider, *, now: datetime) -> Outcome:
    """Make the kind's free call, within 15 s; what goes wrong is in the outcome.

    Nothing is remembered: who asks decides what it means. Raises ProbeUnsupported where there is
    no such call; `Kind.has_probe` says so beforehand.
    """
    kind = provider.kind_row
    try:
        endpoint = endpoints.of(provider, purpose="probe", now=now)
        request = kind.probe_request(endpoint)
        if request is None:
            raise ProbeUnsupported(
                f"{kind.label} has no free call that shows its health. Test a model instead."
            )
        call = Call(kind, endpoint, provider.project, now)
        answer = call.send(request, timeout_s=PROBE_TIMEOUT_S)
        if not answer.is_ok:
            return outcomes.refused(provider.name, answer, endpoint)
    except SecretNeedsValue as error:
        return outcomes.failed(ErrorClass.INVALID_KEY, str(error))
    except KindUnavailable as error:
        return outcomes.failed(ErrorClass.BAD_REQUEST, str(error))
    except CallFailed as error:
        return error.outcome()
    try:
        kind.check_probe(answer)
    except UnreadableAnswer as error:
        return outcomes.unreadable(provider.name, answer, error, endpoint)
    well = outcomes.answered(provider, provider.name, answer)
    return replace(well, installed=kind.installed_in(answer))


def live_models(
    kind: Kind, endpoint: Endpoint, project: Project | None, *, now: datetime, who: str = ""
) -> LiveList:
    """List what the provider has now, within 15 s; `who` is how refusals name it.

    Of several lists or pages some may be empty. Raises ListingFailed, or the kind's
    ListingUnsupported.
    """
    reading = _Reading(Call(kind, endpoint, project, now), who or kind.label)
    for listing in (kind.listing, *kind.more_listings):
        reading.take(listing)
    if reading.empty is not None and not reading.listed:
        raise reading.empty
    return LiveList(tuple(reading.listed.values()), is_cut=reading.is_cut)


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

    def _answer_to(self, request: Request) -> Answer:
        left_s = max(round(self.ends_at - time.monotonic(), 1), _SHORTEST_S)
        try:
            answer = self.call.send(request, timeout_s=left_s)
        except CallFailed as error:
            raise ListingFailed(error.outcome()) from error
        if not answer.is_ok:
            raise ListingFailed(outcomes.refused(self.who, answer, self.call.endpoint))
        return answer

    def _models_in(self, listing: Listing, answer: Answer) -> tuple[ListedModel, ...]:
        endpoint = self.call.endpoint
        try:
            return listing.read(answer)
        except NothingListed as error:
            raise ListingEmpty(outcomes.unreadable(self.who, answer, error, endpoint)) from error
        except UnreadableAnswer as error:
            raise ListingFailed(outcomes.unreadable(self.who, answer, error, endpoint)) from error
