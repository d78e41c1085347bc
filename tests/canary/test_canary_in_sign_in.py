"""An app's secret and recovery codes stand on the one page that shows them, and nowhere else."""

import re
import time
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.canary.canaries import PASSWORD, Canary, leaks, plain
from tests.canary.driving import Driven
from tests.canary.stores import Place, database_file, tables

pytestmark = pytest.mark.django_db

APP = "/sign-in/mine/app/"
CODES = "/sign-in/mine/codes/"
PAGES = (
    "/sign-in/mine/",
    APP,
    f"{APP}remove/",
    CODES,
    f"{CODES}new/",
    "/admin/",
    "/sign-in/again/",
)


def confirmed(world) -> Client:
    client = Client()
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/sign-in/again/", {"password": PASSWORD.value})
    return client


def secret_on(page) -> str:
    found = re.search(r'id="secret" value="(\w+)"', plain(page.content))
    assert found
    return found[1]


def kept(logged: list[object], driven: Driven) -> list[Place]:
    said = [("log", str(vars(record))) for record in logged]
    return [*tables(), *database_file(), *said, *driven.places]


def test_an_apps_secret_is_on_the_page_that_shows_it_alone(world, logged):
    client, driven = confirmed(world), Driven()
    secret = secret_on(client.get(APP))
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    driven.note("set up", client.post(APP, {"code": code}))
    for page in PAGES:
        driven.note(page, client.get(page, follow=True))

    canaries = [Canary("secret", secret), Canary("secret in a link", quote(secret))]
    assert leaks(kept(logged, driven), canaries) == []


def test_recovery_codes_are_on_the_page_that_shows_them_alone(world, logged):
    client, driven = confirmed(world), Driven()
    secret = secret_on(client.get(APP))
    client.post(APP, {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})
    shown = client.get(CODES)
    codes = re.findall(r"\b\d{8}\b", plain(shown.content))

    for page in PAGES:
        driven.note(page, client.get(page, follow=True))
    entered = Client()
    entered.post("/admin/login/", {"username": world.owner.email, "password": PASSWORD.value})
    driven.note("used", entered.post("/sign-in/second-step/", {"code": codes[0]}))

    assert len(codes) == 10
    assert leaks(kept(logged, driven), [Canary("code", code) for code in codes]) == []


def test_what_is_typed_at_a_door_that_stays_shut_is_not_kept(world, logged):
    typed = Canary("typed", "Typed0In1The2Wrong3Field4")
    form = {"username": world.owner.email, "password": typed.value, "code": typed.value}

    answer = Client().post("/admin/login/", form)

    driven = Driven()
    driven.note("refused", answer)
    assert leaks(kept(logged, driven), [typed]) == []
