"""The port of this machine that a vendor insists on, asked as a browser asks it."""

import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from providers.models import LoginAttempt
from providers.services.logins import attempts, loopback
from tests.journeys.installation import free_port
from tests.providers.admin.addresses import provider_url, text_of
from tests.providers.logins.conftest import address_of, begun, provider_at

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST_S = 15.0


@pytest.fixture
def port(monkeypatch, settings):
    settings.EMBEDDED = True
    monkeypatch.setattr(loopback._Listener, "timeout", 0.05)
    number = free_port()
    yield number
    LoginAttempt.objects.all().delete()
    until(lambda: number not in loopback._ports)


@pytest.fixture
def provider(server, project, port):
    return provider_at(server, project, redirect_url=f"http://localhost:{port}/auth/callback")


def until(is_so):
    ends = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.02)


def got(address):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=LONGEST_S)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def is_listened_at(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_a_browser_is_sent_on_to_the_callback_with_all_that_it_brought(server, provider, port):
    attempt = begun(provider)
    assert loopback.listen_for(attempt) == ""
    back = server.consent(address_of(attempt), iss="x y")
    assert back.startswith(f"http://localhost:{port}/auth/callback?")

    status, headers = got(back)

    assert status == 302
    assert headers["location"] == f"{attempts.callback_url()}?{urlsplit(back).query}"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["server"] == "Axiom"
    assert got(f"http://localhost:{port}/favicon.ico")[0] == 404


def test_the_whole_login_by_the_dialog_and_the_port(server, provider, port, editor, monkeypatch):
    monkeypatch.setattr("providers.login_tasks.advance_soon", lambda _attempt: None)
    browser = Client()
    browser.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    browser.post(provider_url("login", provider), headers={"HX-Request": "true"})
    attempt = LoginAttempt.objects.get()
    back = server.consent(address_of(attempt, session=f"session {browser.session.session_key}"))

    landed = urlsplit(got(back)[1]["location"])
    answer = browser.get(f"{landed.path}?{landed.query}")

    assert "Axiom is connecting" in text_of(answer)
    attempt.refresh_from_db()
    assert attempt.status == "finishing"


def test_nothing_listens_once_nobody_waits(server, provider, port):
    attempt = begun(provider)
    loopback.listen_for(attempt)
    assert loopback.listen_for(attempt) == ""
    assert is_listened_at(port)

    attempt.end(LoginAttempt.Status.DENIED, "", now=timezone.now())

    until(lambda: not is_listened_at(port))
    assert not loopback.is_awaited(port)


def test_a_login_that_ran_out_is_not_waited_for(provider, port):
    begun(provider, now=timezone.now() - LoginAttempt.LASTS)

    assert not loopback.is_awaited(port)


def test_two_processes_of_a_portal_share_the_port(provider, port):
    loopback.listen_for(begun(provider))

    loopback._Listener(port).server_close()


def test_a_port_that_another_program_has_is_told_in_the_dialog(provider, port, editor, monkeypatch):
    monkeypatch.setattr("providers.login_tasks.advance_soon", lambda _attempt: None)
    browser = Client()
    browser.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        page = text_of(browser.post(provider_url("login", provider), {"dialog": "1"}, follow=True))

    assert f"Port {port} of this machine is taken by another program" in page
    assert "Paste that address below." in page


def test_nobody_listens_for_browsers_on_other_machines(provider, port, settings):
    settings.EMBEDDED = False

    assert loopback.listen_for(begun(provider)) == ""
    assert not is_listened_at(port)


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("http://localhost:1455/auth/callback", 1455),
        ("http://127.0.0.1:1455/", 1455),
        ("https://localhost:1455/auth/callback", None),
        ("http://localhost/auth/callback", None),
        ("http://axiom.example.com:1455/", None),
        ("", None),
    ],
)
def test_a_port_of_this_machine_is_told_by_its_address(address, port):
    assert loopback.port_of(address) == port
    assert loopback.port_of(attempts.callback_url()) is None
