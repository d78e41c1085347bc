"""Paid probes: where the owner chose them, inside two budgets of the day, and in the ledger."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import AuditEvent
from providers.kinds.client import CallFailed
from providers.kinds.vocabulary import Answer, ErrorClass
from providers.models import Health, HealthCheck, ProbeDay
from providers.models.probing import Probing
from providers.services import connections, health, probes, providers
from providers.services.drafts import draft_of
from tests.factories import make_provider, make_secret
from usage.models import UsageRecord

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PRICES = {"input_price": Decimal(1), "output_price": Decimal(10)}  # USD per million tokens
MOST = Decimal("0.000224")  # 64 tokens in, 16 out
COST = Decimal("0.000019")  # 9 tokens in, 1 out
SAID = {
    "choices": [{"message": {"role": "assistant", "content": "OK"}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
}
COMPLETED = Answer(200, {}, json.dumps(SAID).encode(), 321)
LISTED = Answer(200, {}, b'{"data": []}', 40)


@pytest.fixture
def sent(monkeypatch):
    """Answer every call like its kind of request wants it, and keep what was sent."""
    calls = []

    def send(_call, request, *, timeout_s):
        calls.append((request.method, timeout_s))
        return COMPLETED if request.method == "POST" else LISTED

    monkeypatch.setattr(connections.Call, "send", send)
    return calls


@pytest.fixture
def provider(project):
    return priced(make_provider(project, name="Main", secret=make_secret(project), **paid()))


def paid(**changes):
    return {"has_paid_probes": True, "probe_budget_usd": Decimal("0.10"), "probes_per_day": 3} | (
        changes
    )


def priced(provider, **prices):
    provider.models.update(**(prices or PRICES))
    return type(provider).objects.get(pk=provider.pk)


def check(provider, *, now=NOON):
    return health.check(provider, now=now)


def test_probes_are_free_unless_somebody_chose_otherwise(project, sent):
    provider = priced(make_provider(project))

    seen = check(provider)

    assert sent == [("GET", 15.0)]
    assert (seen.is_paid, seen.model, seen.cost) == (False, None, None)
    assert not ProbeDay.objects.exists()
    assert not UsageRecord.objects.exists()


def test_a_paid_probe_is_a_completion_of_the_default_model_within_fifteen_seconds(provider, sent):
    seen = check(provider)

    assert sent == [("POST", 15.0)]
    assert (seen.state, seen.latency_ms) == (Health.REACHABLE, 321)
    assert (seen.is_paid, seen.model, seen.cost) == (True, provider.default_model, COST)
    assert seen.message == "some-model at Main answered in 321 ms."


def test_a_paid_probe_is_a_line_of_the_ledger_at_the_models_price(provider, sent):
    check(provider)

    line = UsageRecord.objects.get()
    assert (line.kind_of_use, line.outcome, line.status) == ("probe", "reported", 200)
    assert (line.input_tokens, line.output_tokens, line.cost) == (9, 1, COST)
    assert (line.project, line.provider_public_id) == (provider.project, provider.public_id)
    assert (line.model, line.format, line.latency_ms) == ("some-model", "chat", 321)
    assert (line.key_public_id, line.agent_public_id) == ("", "")
    assert line.started_at == NOON


def test_a_test_is_a_line_of_the_ledger_too(provider, sent):
    connections.test_connection(provider.default_model, now=NOON)

    line = UsageRecord.objects.get()
    assert (line.kind_of_use, line.cost, line.status) == ("test", COST, 200)
    assert not ProbeDay.objects.exists()


def test_a_refused_test_cost_nothing_and_a_lost_answer_cost_what_nobody_knows(
    provider, monkeypatch
):
    refused = Answer(429, {}, b'{"error": {"message": "slow down"}}', 5)
    monkeypatch.setattr(connections.Call, "send", lambda *_, **__: refused)
    connections.ask(provider.default_model, now=NOON)

    def late(*_args, **_options):
        raise CallFailed(ErrorClass.TIMEOUT, "Main did not answer in time.", latency_ms=60_000)

    monkeypatch.setattr(connections.Call, "send", late)
    connections.ask(provider.default_model, now=NOON)

    told = list(UsageRecord.objects.order_by("pk").values_list("status", "error_class", "cost"))
    assert told == [(429, "rate_limited", Decimal(0)), (504, "timeout", None)]


def test_tokens_that_a_provider_does_not_report_are_estimated_and_marked(provider, monkeypatch):
    quiet = Answer(200, {}, json.dumps({"choices": SAID["choices"]}).encode(), 5)
    monkeypatch.setattr(connections.Call, "send", lambda *_, **__: quiet)

    connections.ask(provider.default_model, now=NOON)

    line = UsageRecord.objects.get()
    assert (line.outcome, line.input_tokens, line.output_tokens) == ("estimated", 6, 1)


def test_what_a_probe_may_cost_is_set_aside_and_then_settled(provider, monkeypatch):
    aside = []

    def send(*_args, **_options):
        aside.append(ProbeDay.objects.get().spent_usd)
        return COMPLETED

    monkeypatch.setattr(connections.Call, "send", send)
    check(provider)

    today = ProbeDay.objects.get()
    assert aside == [MOST]
    assert (today.day.isoformat(), today.probes, today.spent_usd) == ("2026-11-20", 1, COST)


def test_a_worker_that_dies_in_a_probe_leaves_what_it_set_aside(provider, monkeypatch):
    def killed(*_args, **_options):
        raise SystemExit

    monkeypatch.setattr(connections.Call, "send", killed)
    with pytest.raises(SystemExit):
        check(provider)

    assert ProbeDay.objects.get().spent_usd == MOST


def test_an_answer_that_was_lost_stays_set_aside(provider, monkeypatch):
    def late(*_args, **_options):
        raise CallFailed(ErrorClass.TIMEOUT, "Main did not answer in time.", latency_ms=15_000)

    monkeypatch.setattr(connections.Call, "send", late)

    seen = check(provider)

    assert (seen.state, seen.is_paid, seen.cost) == (Health.UNREACHABLE, True, None)
    assert ProbeDay.objects.get().spent_usd == MOST


@pytest.mark.parametrize(
    "budget",
    [{"probes_per_day": 1}, {"probe_budget_usd": COST + MOST - Decimal("0.0001")}],
    ids=["number", "USD"],
)
def test_a_budget_that_is_used_up_lets_the_free_probe_stand_in_and_says_so(project, sent, budget):
    provider = make_provider(project, name="Main", **paid(**{"probe_budget_usd": 1} | budget))
    priced(provider)
    ProbeDay.objects.create(provider=provider, day=NOON.date(), probes=1, spent_usd=COST)

    seen = check(provider)

    assert sent == [("GET", 15.0)]
    assert not seen.is_paid
    assert seen.message == (
        "Main answered in 40 ms. "
        "This was the free probe: today's budget for paid probes is used up."
    )


def test_the_budgets_day_is_that_of_utc_and_the_next_day_has_its_own(provider, sent):
    ProbeDay.objects.create(provider=provider, day=NOON.date(), probes=3)
    last_second = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    elsewhere = last_second.astimezone(tz=None)

    assert not check(provider, now=elsewhere).is_paid
    assert check(provider, now=last_second + timedelta(seconds=1)).is_paid
    assert ProbeDay.objects.count() == 2


def test_an_unknown_price_counts_by_the_number_alone_and_is_never_zero(project, sent):
    provider = make_provider(project, **paid(probe_budget_usd=0, probes_per_day=2))

    paid_for = [check(provider).is_paid for _ in range(3)]

    today = ProbeDay.objects.get()
    assert paid_for == [True, True, False]
    assert (today.probes, today.unpriced, today.spent_usd) == (2, 2, 0)
    assert set(UsageRecord.objects.values_list("cost", flat=True)) == {None}


def test_a_model_that_is_free_needs_no_dollar(project, sent):
    provider = make_provider(project, **paid(probe_budget_usd=0))
    priced(provider, input_price=Decimal(0), output_price=Decimal(0))

    assert check(provider).is_paid
    assert (ProbeDay.objects.get().unpriced, UsageRecord.objects.get().cost) == (0, 0)


def test_a_reasoning_model_sets_more_aside(provider):
    provider.models.update(has_reasoning=True)

    assert probes._most(provider.models.get()) == Decimal("0.010304")


def test_a_budget_that_was_lowered_meanwhile_counts_at_once(provider, sent):
    type(provider).objects.update(probes_per_day=1)
    ProbeDay.objects.create(provider=provider, day=NOON.date(), probes=1)

    assert not check(provider).is_paid


def test_a_kind_without_a_free_call_can_be_checked_for_money_alone(project, sent):
    free, chosen = make_provider(project, kind="zai"), make_provider(project, kind="zai", **paid())

    assert not free.can_be_checked
    assert chosen.can_be_checked
    assert check(chosen).state == Health.REACHABLE


def test_a_kind_without_a_free_call_is_unknown_once_its_budget_is_used_up(project, sent):
    provider = make_provider(project, kind="zai", **paid())
    ProbeDay.objects.create(provider=provider, day=NOON.date(), probes=3)

    seen = check(provider)

    assert sent == []
    assert seen.state == Health.UNKNOWN
    assert seen.message == (
        "Not probed: today's budget for paid probes is used up, and Z.ai has no free call."
    )


def test_without_an_enabled_default_model_the_free_probe_stands_in(project, sent):
    provider = make_provider(project, models=(), **paid())

    assert "there is no enabled default model" in check(provider).message
    assert sent == [("GET", 15.0)]


def test_two_probes_at_once_share_one_budget(provider):
    first = ProbeDay.reserve(provider, Decimal("0.06"), now=NOON)
    second = ProbeDay.reserve(provider, Decimal("0.06"), now=NOON)

    assert first is not None
    assert second is None


def test_a_provider_that_is_gone_reserves_and_settles_nothing(provider):
    reserved = ProbeDay.reserve(provider, MOST, now=NOON)
    gone = type(provider).objects.get()
    provider.delete()

    assert ProbeDay.reserve(gone, MOST, now=NOON) is None
    reserved.settle(MOST, COST)
    assert not ProbeDay.objects.exists()


def test_the_choice_is_audited(provider, person):
    draft = draft_of(provider)
    wanted = Probing(has_paid_probes=True, probe_budget_usd=Decimal("0.5"), probes_per_day=10)

    providers.change(provider, dataclasses.replace(draft, probing=wanted), by=person, now=NOON)

    provider.refresh_from_db()
    assert provider.probing == wanted
    event = AuditEvent.objects.filter(action="aiProviders:UpdateAiProvider").get()
    assert event.after["probesPerDay"] == 10


def test_days_of_probes_are_forgotten_after_a_month(provider):
    ProbeDay.objects.create(provider=provider, day=(NOON - timedelta(days=32)).date())
    ProbeDay.objects.create(provider=provider, day=NOON.date())

    health.forget_expired(now=NOON)

    assert [row.day for row in ProbeDay.objects.all()] == [NOON.date()]
    assert HealthCheck.objects.count() == 0
