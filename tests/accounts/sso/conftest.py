import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from accounts.models import Role
from tests.factories import make_member, make_project

PASSWORD = "a long enough password"
SIGN_IN = "/admin/login/"
INSIDE = "/admin/providers/provider/"


@pytest.fixture(autouse=True)
def _nobody_tried():
    cache.clear()


@pytest.fixture
def ada(db):
    return make_member(
        make_project("Aurora"), Role.EDITOR, email="ada@example.com", password=PASSWORD
    )


def code_of(secret, *, periods=0):
    """Give the code that an app shows now, or some periods from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def enter(email="ada@example.com", password=PASSWORD, client=None):
    client = client or Client()
    return client, client.post(SIGN_IN, {"username": email, "password": password})


def confirmed(email="ada@example.com"):
    """Give a browser in which somebody signed in, and entered the password again just now."""
    client, _ = enter(email)
    client.post("/sign-in/again/", {"password": PASSWORD})
    return client


def set_up_app(client):
    """Set an authenticator app up, and give its secret."""
    secret = client.get("/sign-in/mine/app/").context["form"].secret
    answer = client.post("/sign-in/mine/app/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    return secret
