"""A session is on the server, new at each sign-in, and over when its owner is suspended."""

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import User
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/accounts/user/"
PASSWORD = "a long enough password"


@pytest.fixture
def ada(db):
    return make_staff(email="ada@example.com", password=PASSWORD)


def sign_in(client):
    return client.post("/admin/login/", {"username": "ada@example.com", "password": PASSWORD})


def test_the_cookie_holds_a_key_and_nothing_else(client, ada):
    sign_in(client)

    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]

    assert Session.objects.filter(session_key=cookie.value).exists()
    assert cookie["httponly"]


def test_signing_in_gives_a_new_session(client, ada):
    client.session["before"] = True
    session = client.session
    session["kept"] = "x"
    session.save()
    before = session.session_key

    sign_in(client)

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_suspended_persons_session_is_over_at_once_and_for_good(client, ada):
    sign_in(client)
    person = User.objects.get(pk=ada.pk)

    person.suspend(by=None)
    while_suspended = client.get(PAGE).status_code
    person.reactivate(by=None)
    after = client.get(PAGE).status_code

    assert (while_suspended, after) == (302, 302)
    assert sign_in(Client()).status_code == 302


def test_others_sessions_go_on(client, ada):
    sign_in(client)

    make_staff().suspend(by=None)

    assert client.get(PAGE).status_code == 200
