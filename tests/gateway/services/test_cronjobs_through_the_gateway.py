"""A run of a cronjob, from its prompt to its output and its line of the ledger."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from gateway import passes, tasks
from gateway.models import CronjobRun, PinPolicy, RunState
from gateway.services import cronjob_runs, cronjobs, inside
from providers.models import ProjectRouting
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.speakers import CHAT, GEMINI, MESSAGES, RESPONSES
from usage.entries import KindOfUse
from usage.models import LimitWindow, UsageRecord

pytestmark = pytest.mark.usefixtures("shared_db")


@pytest.fixture
def run(settings, gateway, aurora, monkeypatch):
    """Run a cronjob of the project now; gives the run as it ended."""
    settings.GATEWAY_INSIDE_URL = f"http://127.0.0.1:{gateway.port}"
    monkeypatch.setattr("celery.Task.apply_async", lambda *_args, **_more: None)

    def run(**fields):
        job = fields.pop("job", None) or factories.make_cronjob(aurora, **fields)
        gateway.notice()
        made = cronjob_runs.run_now(job, by=None, now=timezone.now())
        tasks.run_cronjob(run_id=made.pk)
        return CronjobRun.objects.get(pk=made.pk)

    return run


@pytest.mark.parametrize(
    "speaker", [CHAT, MESSAGES, RESPONSES, GEMINI], ids=lambda speaker: speaker.format
)
def test_the_output_is_kept_whatever_the_provider_speaks(run, speaking, upstream, speaker):
    made = speaking(speaker)
    upstream.next.append(speaker.flow(speaker.preamble, speaker.words, speaker.end))

    ended = run()

    assert (ended.state, ended.output, ended.message) == (RunState.SUCCEEDED, "Hello", "")
    assert (ended.provider_name, ended.attempts) == (made.name, 1)
    assert (ended.input_tokens, ended.output_tokens) == (7, 3)


def test_prompts_and_ledger_name_the_use_and_nobody(run, provider, upstream, aurora):
    upstream.next.append(up.stream("All ", "is well", usage=up.USAGE))

    ended = run(prompt="How is it?", system_prompt="Be short.")

    assert upstream.seen[0].json["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "How is it?"},
    ]
    assert passes.PREFIX not in str(upstream.seen[0].headers)
    row = UsageRecord.objects.get()
    assert (row.kind_of_use, row.project) == (KindOfUse.CRON, aurora)
    assert (row.key_public_id, row.agent_public_id, row.user_public_id) == ("", "", "")
    assert row.public_id == ended.request_id
    assert ended.cost == row.cost > Decimal(0)
    assert ended.duration_s is not None


def test_without_a_pin_the_task_default_answers(run, provider, fallback, spare, aurora):
    ProjectRouting.objects.filter(project=aurora).update(task_model=fallback.default_model)

    assert run().provider_name == "Spare AI"
    assert len(spare.seen) == 1


def test_a_pin_leads_past_the_default(run, provider, fallback):
    assert run(pinned_model=fallback.default_model).provider_name == "Spare AI"


@pytest.mark.parametrize(
    ("policy", "state", "calls"),
    [(PinPolicy.DEFAULT, RunState.SUCCEEDED, 1), (PinPolicy.FAIL, RunState.FAILED, 0)],
)
def test_a_pin_that_is_gone_follows_its_policy(run, provider, upstream, policy, state, calls):
    pin = provider.models.exclude(pk=provider.default_model_id).first()
    job = factories.make_cronjob(provider.project, pinned_model=pin, pin_policy=policy)
    pin.delete()

    ended = run(job=type(job).objects.with_pin().get(pk=job.pk))

    assert ended.state == state
    assert len(upstream.seen) == calls


def test_a_fallback_answers_and_its_attempts_count(run, provider, fallback, upstream):
    upstream.next.append(up.answer({}, status=503))

    ended = run()

    assert (ended.state, ended.attempts, ended.provider_name) == ("succeeded", 2, "Spare AI")


def test_what_went_wrong_is_told_in_the_gateways_words(run, provider, upstream):
    upstream.next.append(up.answer({"error": {"message": "out of order"}}, status=400))

    ended = run()

    assert ended.state == RunState.FAILED
    assert "out of order" in ended.message
    assert ended.request_id == UsageRecord.objects.get().public_id


def test_a_stream_that_breaks_keeps_what_has_come(run, provider, upstream):
    upstream.next.append(up.stream("Hel", ends=False))

    ended = run()

    assert (ended.state, ended.output) == (RunState.FAILED, "Hel")
    assert "before its answer was complete" in ended.message


def test_a_projects_limit_stops_a_run_by_its_name(run, provider, upstream):
    limit = factories.make_limit(
        provider.project, measure="usd_per_day", amount="0.01", name="Budget"
    )
    LimitWindow.objects.filter(limit=limit.public_id).update(spent=1)

    ended = run()

    assert (ended.state, len(upstream.seen)) == (RunState.FAILED, 0)
    assert "Budget" in ended.message


def test_a_gateway_that_is_away_is_named(run, provider, settings, monkeypatch):
    job = factories.make_cronjob(provider.project)
    monkeypatch.setattr(settings, "GATEWAY_INSIDE_URL", "http://127.0.0.1:9")

    ended = run(job=job)

    assert ended.state == RunState.FAILED
    assert "127.0.0.1:9" in ended.message


def test_a_long_output_is_cut_at_a_stated_length(run, provider, upstream, monkeypatch):
    monkeypatch.setattr(cronjob_runs, "MOST_OUTPUT", 10)
    upstream.next.append(up.stream("123456", "789012", "345", usage=up.USAGE))

    ended = run()

    assert (ended.state, ended.output, ended.is_cut) == ("succeeded", "1234567890", True)


def test_numbers_that_came_late_are_filled_in(run, provider, upstream, monkeypatch):
    monkeypatch.setattr(cronjob_runs, "fill_in", lambda *_args, **_more: None)
    ended = run()
    assert ended.cost is None
    monkeypatch.undo()
    ended.refresh_from_db()

    while not UsageRecord.objects.filter(public_id=ended.request_id).exists():
        pass
    cronjob_runs.look_after(now=timezone.now())

    ended.refresh_from_db()
    assert (ended.provider_name, ended.attempts) == ("Near AI", 1)
    assert ended.latency_ms is not None


def test_a_pass_of_a_deleted_cronjob_opens_nothing(gateway, provider, aurora):
    job = factories.make_cronjob(aurora)
    held = passes.Pass("", aurora.public_id, KindOfUse.CRON, cronjob_id=job.public_id)
    gateway.notice()
    assert gateway.chat(passes.issue(held)).status == 200

    cronjobs.remove(job, by=None)
    gateway.notice()

    assert gateway.chat(passes.issue(held)).status == 401


def test_a_pass_ends_by_itself(gateway, provider, aurora, monkeypatch):
    job = factories.make_cronjob(aurora)
    held = passes.Pass("", aurora.public_id, KindOfUse.CRON, cronjob_id=job.public_id)
    monkeypatch.setattr(passes, "GOOD_FOR_S", 0)

    assert gateway.chat(passes.issue(held)).status == 401


def test_an_answer_that_goes_on_for_too_long_is_broken_off(run, provider, upstream, monkeypatch):
    monkeypatch.setattr(cronjob_runs, "LONGEST_S", 0.0)
    upstream.next.append(up.stream("One", "Two", usage=up.USAGE))

    ended = run()

    assert ended.state == RunState.FAILED
    assert "broken off" in ended.message


def test_a_model_that_thinks_for_long_is_not_taken_for_lost(run, provider, upstream, monkeypatch):
    held = []
    monkeypatch.setattr(cronjob_runs, "_NOTED_EVERY_S", 0.0)
    monkeypatch.setattr(CronjobRun, "go_on", lambda _self, *, now: held.append(now))
    upstream.next.append(up.stream("", "", "", "Done", usage=up.USAGE))

    ended = run()

    assert (ended.state, ended.output) == (RunState.SUCCEEDED, "Done")
    assert len(held) >= 5  # when it began, and with each piece, whether it is to be read or not


def test_the_lease_is_longer_than_a_provider_may_be_silent():
    assert timedelta(seconds=inside.SILENCE_S) < CronjobRun.LEASE
