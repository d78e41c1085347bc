"""The pages of cronjobs: list, form, live words, history, buttons."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from gateway.models import Cronjob, CronjobRun, RunState
from gateway.services import cronjobs
from tests.factories import make_cronjob, make_member, make_project, make_provider

pytestmark = pytest.mark.django_db

LIST = "/admin/gateway/cronjob/"
HTMX = {"HX-Request": "true"}
FORM = {
    "name": "Digest",
    "schedule": "30 9 * * MON-FRI",
    "time_zone": "Europe/Berlin",
    "prompt": "Sum up.",
    "pin_policy": "default",
    "overlap": "skip",
}


@pytest.fixture
def project():
    return make_project()


def browser_of(project, role=Role.ADMIN):
    browser = Client()
    browser.force_login(
        make_member(project, role), backend="django.contrib.auth.backends.ModelBackend"
    )
    return browser


@pytest.fixture
def browser(project):
    return browser_of(project)


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    caught = []
    monkeypatch.setattr(
        "celery.Task.apply_async", lambda _task, kwargs=None, **_more: caught.append(kwargs)
    )
    return caught


def at(job, page="change"):
    return reverse(f"admin:gateway_cronjob_{page}", args=[job.public_id])


def text(answer):
    return answer.content.decode()


def ended(job, **fields):
    now = timezone.now()
    given = {"scheduled_for": now, "queued_at": now, "state": RunState.SUCCEEDED} | fields
    return CronjobRun.objects.create(cronjob=job, **given)


def test_the_list_says_schedule_next_run_pin_and_last_result(project, browser):
    model = make_provider(project, name="Groq").models.get()
    job = make_cronjob(project, name="Digest", schedule="0 9 * * MON", pinned_model=model)
    ended(job, scheduled_for=timezone.now() - timedelta(days=1), state=RunState.SUCCEEDED)
    ended(job, state=RunState.FAILED, message="out of order")

    page = text(browser.get(LIST))

    for words in ("Digest", "At 09:00 on Monday", "Groq: some-model", "failed", "out of order"):
        assert words in page
    assert "succeeded" not in page


def test_an_empty_list_says_what_cronjobs_are_for(browser):
    assert "No cronjobs yet." in text(browser.get(LIST))


def test_the_list_asks_no_more_as_it_grows(project, browser, django_assert_max_num_queries):
    provider = make_provider(project)
    for number in range(3):
        ended(make_cronjob(project, name=f"Job {number}", pinned_model=provider.models.get()))
    with django_assert_max_num_queries(40) as few:
        browser.get(LIST)
    for number in range(3, 12):
        ended(make_cronjob(project, name=f"Job {number}", pinned_model=provider.models.get()))

    with django_assert_max_num_queries(len(few)):
        browser.get(LIST)


def test_a_cronjob_is_added_in_a_dialog(project, browser):
    asked = text(browser.get(f"{LIST}add/", headers=HTMX))
    assert "Add cronjob" in asked

    answer = browser.post(f"{LIST}add/", FORM | {"project": project.public_id, "dialog": "1"})

    assert answer.status_code in {200, 302}
    job = Cronjob.objects.get()
    assert (job.name, job.project, job.created_by is None) == ("Digest", project, False)
    assert job.pinned_model is None


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(project, browser):
    typed = FORM | {"project": project.public_id, "schedule": "61 * * * *"}

    answer = browser.post(f"{LIST}add/", typed, headers=HTMX)

    assert answer.status_code == 422
    assert "Bad minute" in text(answer)
    assert "Sum up." in text(answer)
    assert not Cronjob.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"schedule": "30 9 * * MON-FRI"}, "At 09:30 on Monday through Friday"),
        ({"schedule": "30 9 * * MON-FRI", "time_zone": "Asia/Tokyo"}, "JST"),
        ({"schedule": "nonsense"}, "Write five fields"),
        ({"schedule": "0 9 * * *", "time_zone": "Mars"}, "Choose a time zone"),
        ({"schedule": ""}, "Five fields"),
    ],
)
def test_a_schedule_is_said_in_words_while_it_is_typed(browser, typed, words):
    said = text(browser.get(f"{LIST}preview/", typed, headers=HTMX))

    assert words in said
    if "Next:" in said:
        assert said.count("ax-whole") == 3


def test_the_page_shows_runs_with_their_output_and_cost(project, browser):
    job = make_cronjob(project, system_prompt="Be short.")
    ended(job, output="All is well.<b>", cost="0.0123", model="gpt-4o", provider_name="OpenAI")

    page = text(browser.get(at(job)))

    for words in ("All is well.&lt;b&gt;", "gpt-4o", "$0.0123", "Be short.", "Every hour"):
        assert words in page or words == "Every hour"


def test_run_now_queues_a_run_and_says_so(
    project, browser, sent, django_capture_on_commit_callbacks
):
    job = make_cronjob(project)

    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(at(job, "run"), headers=HTMX)
    again = browser.post(at(job, "run"), headers=HTMX)

    assert answer.status_code == 200
    assert sent == [{"run_id": job.runs.get().pk}]
    assert again.status_code == 409
    assert "is running already" in text(again)


def test_pause_and_resume(project, browser):
    job = make_cronjob(project)

    browser.post(at(job, "pause"), headers=HTMX)
    assert "paused" in text(browser.get(LIST))
    job.refresh_from_db()
    assert job.next_run_at is None

    browser.post(at(job, "resume"), headers=HTMX)
    job.refresh_from_db()
    assert not job.is_paused
    assert job.next_run_at


def test_a_pin_that_is_gone_is_told_with_what_happens_then(project, browser):
    model = make_provider(project, name="Groq", models=("a", "b")).models.get(upstream_id="b")
    job = make_cronjob(project, pinned_model=model, pin_policy="hold")
    model.delete()

    page = text(browser.get(at(job)))

    assert "Groq: b is gone or disabled: nothing runs until you choose another model." in page
    assert "on hold" in page


def test_editing_keeps_what_it_is(project, browser):
    job = make_cronjob(project, name="Digest")
    asked = text(browser.get(at(job, "edit"), headers=HTMX))
    assert "0 * * * *" in asked

    browser.post(at(job, "edit"), FORM | {"project": project.public_id, "name": "Weekly"})

    job.refresh_from_db()
    assert (job.name, job.schedule) == ("Weekly", "30 9 * * MON-FRI")


def test_deleting_asks_first(project, browser):
    job = make_cronjob(project, name="Digest")

    assert "its runs with their output go along" in text(browser.get(at(job, "delete")))
    browser.post(at(job, "delete"), {"dialog": "1"})

    assert not Cronjob.objects.exists()


def test_viewers_read_and_strangers_find_nothing(project):
    job = make_cronjob(project)
    viewer, stranger = browser_of(project, Role.VIEWER), browser_of(make_project())

    assert viewer.get(at(job)).status_code == 200
    assert stranger.get(at(job)).status_code == 404
    for page in ("run", "pause", "resume"):
        assert viewer.post(at(job, page)).status_code == 403
        assert stranger.post(at(job, page)).status_code == 404
    assert viewer.get(at(job, "edit")).status_code == 403
    cronjobs.remove(job, by=None)


def test_a_pin_that_is_gone_stays_chosen_in_the_form_until_another_is(project, browser):
    model = make_provider(project, name="Groq", models=("a", "b")).models.get(upstream_id="b")
    job = make_cronjob(project, pinned_model=model, pin_policy="hold")
    model.delete()
    typed = FORM | {"project": project.public_id, "pin_policy": "hold"}

    asked = text(browser.get(at(job, "edit"), headers=HTMX))
    assert '<option value="gone" selected>Groq: b (gone)</option>' in asked

    browser.post(at(job, "edit"), typed | {"name": "Renamed", "pinned_model": "gone"})
    job = Cronjob.objects.with_pin().get()
    assert (job.name, job.pin_name, job.is_held) == ("Renamed", "Groq: b", True)

    browser.post(at(job, "edit"), typed | {"pinned_model": ""})
    assert not Cronjob.objects.get().has_pin
