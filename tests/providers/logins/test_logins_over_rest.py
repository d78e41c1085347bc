"""Logins over REST, and the page that a vendor sends a browser back to."""

import pytest
from celery import Task
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Role
from providers import login_tasks
from providers.models import LoginAttempt
from providers.services.logins import steps
from tests.factories import make_key, make_member
from tests.providers.logins.conftest import begun, provider_at, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(monkeypatch):
    """Let what is queued on commit be done at once, as by a worker that is free."""

    queued = []

    def do(task, kwargs=None, **_more):
        queued.append((task.name.rpartition(".")[2], kwargs))

    monkeypatch.setattr(Task, "apply_async", do)
    return queued


@pytest.fixture
def script(project, owner):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(project, created_by=owner)[1]}")
    return client


@pytest.fixture
def browser(editor):
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    return client


def path(provider, rest="login"):
    return f"/api/v1/ai-providers/{provider.public_id}/{rest}"


def committed(capture, act):
    with capture(execute=True):
        return act()


def test_a_script_signs_in_from_the_beginning_to_the_end(
    server, provider, script, work, django_capture_on_commit_callbacks
):
    capture = django_capture_on_commit_callbacks
    assert script.get(path(provider)).json()["status"] == "none"

    started = script.post(path(provider)).json()
    assert (started["status"], started["needsLogin"]) == ("waiting", True)
    back = server.consent(started["address"])
    handed_in = committed(
        capture, lambda: script.post(path(provider, "login/code"), {"answer": back})
    )
    assert handed_in.json()["status"] == "finishing"
    ((name, kwargs),) = work
    assert name == "advance_login"
    login_tasks.advance_login(**kwargs)

    ended = script.get(path(provider)).json()
    assert (ended["status"], ended["needsLogin"]) == ("connected", False)
    assert ended["tokenExpiresAt"]
    assert "access-" not in str(ended)


def test_a_second_answer_is_refused_by_its_code(server, provider, script, work):
    back = server.consent(script.post(path(provider)).json()["address"])
    script.post(path(provider, "login/code"), {"answer": back})

    again = script.post(path(provider, "login/code"), {"answer": back})

    assert again.status_code == 409
    assert again.json()["error"]["code"] == "LOGIN_ALREADY_USED"


def test_another_key_sees_no_address(provider, script, project, admin, work):
    script.post(path(provider))
    other = APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(project, created_by=admin)[1]}")

    seen = other.get(path(provider)).json()

    assert (seen["status"], seen["address"]) == ("waiting", "")


def test_renewing_by_hand_queues_a_renewal(
    server, provider, script, work, django_capture_on_commit_callbacks
):
    assert script.post(path(provider, "renew-token")).status_code == 409
    login = signed_in(server, provider)

    with django_capture_on_commit_callbacks(execute=True):
        assert script.post(path(provider, "renew-token")).status_code == 200

    assert work == [("renew_login", {"login_id": login.pk})]


def test_a_redirect_finishes_the_login_of_its_session(
    server, provider, browser, work, django_capture_on_commit_callbacks
):
    attempt = begun_in(browser, provider)
    back = server.consent(seen_by(browser, provider)["address"])

    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.get(local(back))

    assert "You can close this tab" in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert work == [("advance_login", {"attempt_id": attempt.pk})]
    assert steps.advance(attempt.pk, now=attempt.created_at).status == "connected"
    assert browser.get(local(back)).status_code == 409


def test_a_redirect_in_another_browser_changes_nothing(server, provider, browser, admin):
    begun_in(browser, provider)
    back = local(server.consent(seen_by(browser, provider)["address"]))
    other = Client()

    assert other.get(back).status_code == 401
    other.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    answer = other.get(back)

    assert answer.status_code == 409
    assert "another session" in answer.content.decode()
    assert LoginAttempt.objects.get().status == "waiting"


def test_who_lost_the_right_meanwhile_finishes_nothing(server, provider, browser, editor, owner):
    begun_in(browser, provider)
    back = local(server.consent(seen_by(browser, provider)["address"]))
    editor.memberships.get().change_role(Role.VIEWER, by=owner)

    assert browser.get(back).status_code == 403
    assert LoginAttempt.objects.get().status == "waiting"


def test_a_denied_redirect_says_so_and_ends_the_login(server, provider, browser):
    begun_in(browser, provider)
    back = local(server.deny(seen_by(browser, provider)["address"]))

    assert "access was denied" in browser.get(back).content.decode()
    assert LoginAttempt.objects.get().status == "denied"


@pytest.mark.parametrize("query", ["", "?state=x", "?code=1&state=%00", "?error=x&state=y"])
def test_a_stray_redirect_is_told_that_it_belongs_to_nothing(browser, query):
    answer = browser.get(f"/oauth/callback/{query}")

    assert answer.status_code == 409
    assert "belongs to no login" in answer.content.decode()


def test_strangers_find_no_login_and_viewers_begin_none(server, provider, project, stranger):
    signed_in(server, provider)
    viewer = make_member(project, Role.VIEWER)
    for person, status in ((stranger, 404), (viewer, 403)):
        client = APIClient()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        assert client.post(path(provider)).status_code == status
        assert client.get(path(provider)).status_code == status


def test_what_a_worker_left_behind_is_sent_again(server, project, work):
    attempt = begun(provider_at(server, project, flow="device"))
    past = attempt.created_at - LoginAttempt.PATIENCE * 2
    LoginAttempt.objects.filter(pk=attempt.pk).update(due_at=past)

    login_tasks.look_after_logins()

    assert work == [("advance_login", {"attempt_id": attempt.pk})]


def begun_in(browser, provider):
    started = browser.post(path(provider))
    assert started.status_code == 200, started.content
    return LoginAttempt.objects.get()


def seen_by(browser, provider):
    return browser.get(path(provider)).json()


def local(address):
    return address[address.index("/oauth/") :]
