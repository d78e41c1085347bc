"""A check of a provider: one at a time, kept as a row, and its live health follows."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.refusals import DependencyDown
from providers import tasks
from providers.kinds.vocabulary import ErrorClass, Outcome
from providers.models import Health, HealthCheck, Provider
from providers.services import connections, health
from tests.factories import make_provider

pytestmark = pytest.mark.django_db

WELL = Outcome(True, 412, None, "Main answered in 412 ms.", 200)
REFUSED = Outcome(False, 90, ErrorClass.INVALID_KEY, "OpenAI did not accept the key.", 401)


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main")


@pytest.fixture
def answers(monkeypatch):
    """Let probes answer as told, and count them."""
    asked = []

    def answer_with(outcome, meanwhile=lambda: None):
        def probe(provider, *, now):
            asked.append(provider.public_id)
            meanwhile()
            return outcome

        monkeypatch.setattr(connections, "probe", probe)
        return asked

    return answer_with


def ask(provider, *, age_s=0):
    Provider.objects.filter(pk=provider.pk).ask_check(now=timezone.now() - timedelta(seconds=age_s))


def run(provider):
    tasks.check_provider.apply(kwargs={"provider_id": provider.pk}, throw=True)
    provider.refresh_from_db()


def test_a_check_is_a_row_and_the_live_health_follows(provider, answers):
    answers(WELL)
    ask(provider)

    run(provider)

    check = HealthCheck.objects.get()
    assert (check.provider, check.state, check.latency_ms) == (provider, Health.REACHABLE, 412)
    assert (check.error_class, check.message) == ("", "Main answered in 412 ms.")
    assert (provider.health, provider.health_reason) == (Health.REACHABLE, "")
    assert provider.health_checked_at >= provider.health_asked_at
    assert provider.health_lease_until is None
    assert not provider.is_being_checked(now=timezone.now())


def test_since_when_moves_only_when_the_health_does(provider, answers):
    answers(REFUSED)
    ask(provider)
    run(provider)
    since = provider.health_since
    ask(provider)
    run(provider)

    assert HealthCheck.objects.count() == 2
    assert provider.health_since == since
    assert provider.health_reason == "OpenAI did not accept the key."

    answers(WELL)
    ask(provider)
    run(provider)
    assert provider.health_since > since


def test_a_task_that_nobody_asks_for_any_more_checks_nothing(provider, answers):
    asked = answers(WELL)
    ask(provider)

    run(provider)
    run(provider)

    assert len(asked) == 1


def test_only_one_worker_at_a_time_checks_a_provider(provider, answers):
    asked = answers(WELL, meanwhile=lambda: run(Provider.objects.get()))
    ask(provider)

    run(provider)

    assert len(asked) == 1
    assert HealthCheck.objects.count() == 1


def test_a_lease_that_a_dead_worker_left_runs_out(provider, answers):
    asked = answers(WELL)
    ask(provider)
    gone = timezone.now() - timedelta(seconds=1)
    Provider.objects.update(health_lease_until=gone)

    run(provider)

    assert len(asked) == 1


def test_what_was_asked_while_a_check_ran_is_checked_after_it(provider, answers, monkeypatch):
    queued = []
    monkeypatch.setattr(
        tasks.check_provider, "apply_async", lambda **options: queued.append(options["kwargs"])
    )
    answers(WELL, meanwhile=lambda: ask(provider, age_s=-1))
    ask(provider)

    run(provider)

    assert queued == [{"provider_id": provider.pk}]


def test_a_check_of_what_was_changed_meanwhile_is_dropped(provider, answers):
    def change():
        Provider.objects.update(kind="custom", base_url="http://127.0.0.1:9/v1")

    answers(REFUSED, meanwhile=change)
    ask(provider)

    run(provider)

    assert HealthCheck.objects.count() == 0
    assert provider.health == Health.UNKNOWN
    assert provider.health_lease_until is None


def test_a_check_of_what_was_deleted_meanwhile_ends_quietly(provider, answers):
    answers(WELL, meanwhile=lambda: Provider.objects.get().delete())
    ask(provider)

    tasks.check_provider.apply(kwargs={"provider_id": provider.pk}, throw=True)

    assert HealthCheck.objects.count() == 0


def test_a_provider_over_its_own_threshold_is_degraded(provider, answers):
    Provider.objects.update(degraded_threshold_ms=411)
    answers(WELL)
    ask(provider)

    run(provider)

    assert (provider.health, provider.health_reason) == (Health.DEGRADED, "0.4 s")


def test_asking_twice_joins_the_check_that_is_under_way(
    provider, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    monkeypatch.setattr(tasks.check_provider, "apply_async", lambda **_: queued.append(1))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.begin_check(provider)
    provider.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        tasks.begin_check(provider)

    assert len(queued) == 1


def test_a_kind_without_a_free_call_is_not_checked_by_itself(
    project, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    monkeypatch.setattr(tasks.check_provider, "apply_async", lambda **_: queued.append(1))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.check_soon(make_provider(project, kind="claude-sdk"))

    assert queued == []


def test_saving_goes_on_where_the_queue_is_away_and_pressing_says_so(
    provider, monkeypatch, transactional_db
):
    def away(**_options):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.check_provider, "apply_async", away)

    tasks.check_soon(provider)
    with pytest.raises(DependencyDown):
        tasks.begin_check(provider)

    provider.refresh_from_db()
    assert not provider.is_being_checked(now=timezone.now())


def test_checks_older_than_their_retention_are_forgotten(provider):
    now = timezone.now()
    for age in (HealthCheck.RETENTION + timedelta(hours=1), timedelta(days=29)):
        HealthCheck.objects.create(provider=provider, checked_at=now - age, state="reachable")

    assert health.forget_expired(now=now) == 1
    assert HealthCheck.objects.count() == 1


def test_checks_go_with_their_provider_and_stay_without_their_model(provider):
    model = provider.models.create(upstream_id="other", position=1)
    HealthCheck.objects.create(
        provider=provider, model=model, checked_at=timezone.now(), state="reachable"
    )

    model.delete()
    assert HealthCheck.objects.get().model is None

    provider.delete()
    assert HealthCheck.objects.count() == 0
