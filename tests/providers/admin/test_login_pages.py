"""Login & Connect in the dialog: begun, waited for, pasted into, tried again."""

import pytest
from celery import Task
from django.utils import timezone

from providers.models import LoginAttempt, Provider
from providers.services.logins import steps
from tests.factories import make_login, make_provider
from tests.providers.admin.addresses import provider_url
from tests.providers.logins.authorization_server import AuthorizationServer
from tests.providers.logins.conftest import provider_at

pytestmark = pytest.mark.django_db

DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}
INSIDE = {"HX-Request": "true", "HX-Target": "login-state"}


@pytest.fixture
def server():
    running = AuthorizationServer()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    caught = []
    monkeypatch.setattr(Task, "apply_async", lambda task, *_a, **_k: caught.append(task.name))
    return caught


@pytest.fixture
def provider(server, project):
    return provider_at(server, project)


def filled(server, **fields):
    given = {
        "name": "Initech",
        "kind": "oauth-compatible",
        "fields_of": "oauth-compatible",
        "base_url": "http://127.0.0.1:9/v1",
        "flow": "code",
        "format": "chat",
        "models.oauth-compatible": "m1",
        "degraded_threshold_ms": "5000",
        "dialog": "1",
    }
    return given | server.config | fields


def text_of(answer):
    return answer.content.decode()


def test_the_dialog_offers_to_connect_instead_of_saving(browse, editor):
    page = text_of(browse(editor).get(provider_url("add"), {"kind": "openai-codex"}))

    assert "Login &amp; Connect" in page
    assert "the vendor registered for you" in page
    assert "For a team, use an API key." in page


def test_connecting_stores_the_provider_and_waits_for_the_vendors_page(browse, editor, server):
    answer = browse(editor).post(provider_url("add"), filled(server), headers=DIALOG)

    page = text_of(answer)
    assert answer.status_code == 200
    assert "Waiting for authentication…" in page
    assert f"{server.origin}/auth?" in page
    assert 'name="answer"' in page
    assert Provider.objects.get().needs_sign_in
    assert "axiom:changed" in answer["HX-Trigger"]


def test_a_form_without_a_client_id_says_what_is_missing(browse, editor, server):
    answer = browse(editor).post(provider_url("add"), filled(server, client_id=""), headers=DIALOG)

    assert answer.status_code == 422
    assert "Client ID is required." in text_of(answer)
    assert not Provider.objects.exists()


def test_the_dialog_closes_when_the_tokens_have_come(browse, editor, server, provider):
    browser = browse(editor)
    browser.post(provider_url("login", provider), headers=DIALOG)
    state = provider_url("login_state", provider)
    waiting = browser.get(state, {"dialog": "1"}, headers=INSIDE)
    assert "Waiting for authentication…" in text_of(waiting)

    handed_in = browser.post(
        provider_url("login_code", provider),
        {"answer": server.consent(link_in(waiting)), "dialog": "1"},
        headers=INSIDE,
    )
    assert "Fetching the tokens…" in text_of(handed_in)
    steps.advance(LoginAttempt.objects.get().pk, now=timezone.now())
    done = browser.get(state, {"dialog": "1"}, headers=INSIDE)

    assert "is connected" in text_of(done)
    assert "axiom:close-dialog" in done["HX-Trigger"]


def link_in(answer):
    _, _, rest = text_of(answer).partition('href="')
    return rest.partition('"')[0].replace("&amp;", "&")


def test_what_is_pasted_wrongly_is_told_and_the_login_goes_on(browse, editor, provider):
    browser = browse(editor)
    browser.post(provider_url("login", provider), headers=DIALOG)

    answer = browser.post(
        provider_url("login_code", provider),
        {"answer": "https://x/?code=1&state=no", "dialog": "1"},
        headers=INSIDE,
    )

    assert answer.status_code == 409
    assert answer["X-Fragment"] == "1"
    assert "its state is unknown" in text_of(answer)
    assert "Waiting for authentication…" in text_of(answer)


def test_a_login_that_was_denied_offers_to_try_again(browse, editor, server, provider):
    browser = browse(editor)
    waiting = browser.post(provider_url("login", provider), headers=DIALOG)
    denied = browser.post(
        provider_url("login_code", provider),
        {"answer": server.deny(link_of_vendor(waiting, server)), "dialog": "1"},
        headers=INSIDE,
    )

    assert "access was denied" in text_of(denied)
    assert "Try again" in text_of(denied)
    again = browser.post(provider_url("login", provider), headers=DIALOG)
    assert "Waiting for authentication…" in text_of(again)


def link_of_vendor(answer, server):
    _, _, rest = text_of(answer).partition(f'href="{server.origin}')
    return server.origin + rest.partition('"')[0].replace("&amp;", "&")


def test_opening_the_dialog_again_resumes_the_login(browse, editor, server, provider):
    browser = browse(editor)
    first = link_of_vendor(browser.post(provider_url("login", provider), headers=DIALOG), server)

    again = browser.get(provider_url("login", provider), headers=DIALOG)

    assert link_of_vendor(again, server) == first


def test_a_device_code_is_shown_with_its_address(browse, editor, server, project):
    provider = provider_at(server, project, flow="device")
    browser = browse(editor)
    asking = browser.post(provider_url("login", provider), headers=DIALOG)
    assert "Asking the authorization server…" in text_of(asking)

    steps.advance(LoginAttempt.objects.get().pk, now=timezone.now())
    page = text_of(browser.get(provider_url("login_state", provider), headers=INSIDE))

    assert "WDJB-MJHT" in page
    assert f"{server.origin}/activate?user_code=WDJB-MJHT" in page
    assert "data-takes-answer" not in page


def test_another_person_sees_that_a_login_is_under_way_and_begins_their_own(
    browse, editor, admin, server, provider
):
    browse(editor).post(provider_url("login", provider), headers=DIALOG)
    other = browse(admin)

    page = text_of(other.get(provider_url("login", provider), headers=DIALOG))

    assert "begun in another session" in page
    assert "state=" not in page
    mine = text_of(other.post(provider_url("login", provider), headers=DIALOG))
    assert "state=" in mine


def test_edit_has_renew_token_at_the_left_and_saves_as_ever(browse, editor, provider):
    make_login(provider)

    page = text_of(browse(editor).get(provider_url("change", provider)))

    assert page.index("Renew Token") < page.index("Cancel") < page.index(">Save<")


def test_the_page_says_that_nobody_has_signed_in(browse, editor, viewer, provider):
    page = text_of(browse(editor).get(provider_url("detail", provider)))
    assert "Nobody has signed in to it yet." in page
    assert "Login &amp; Connect" in page
    assert "Login &amp; Connect" not in text_of(
        browse(viewer).get(provider_url("detail", provider))
    )


def test_the_page_says_since_when_somebody_is_signed_in(browse, editor, provider):
    make_login(provider)

    page = text_of(browse(editor).get(provider_url("detail", provider)))

    assert "Signed in <time" in page
    assert "Requests go out without one." not in page


def test_a_provider_with_a_key_has_no_login_page(browse, editor, project):
    provider = make_provider(project)

    answer = browse(editor).get(provider_url("login", provider))

    assert answer.status_code == 302


@pytest.mark.parametrize("page", ["login", "login_state", "login_code"])
def test_viewers_may_not_and_strangers_find_nothing(browse, viewer, stranger, provider, page):
    where = provider_url(page, provider)
    for person, status in ((viewer, 403), (stranger, 404)):
        browser = browse(person)
        assert {browser.get(where).status_code, browser.post(where).status_code} <= {status, 405}
