"""How failed sign-ins add up, and whom they are counted for."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import Client, RequestFactory

from accounts.sign_in import client_address
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

SIGN_IN = "/admin/login/"
PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def quick(settings):
    settings.SIGN_IN_FAILURES_OF_ACCOUNT = 7
    settings.SIGN_IN_FAILURES_OF_ADDRESS = 9


@pytest.fixture
def ada():
    return make_staff(email="ada@example.com", password=PASSWORD)


def attempt(*, email="ada@example.com", password="wrong", address="192.0.2.1", **headers):
    return Client().post(
        SIGN_IN, {"username": email, "password": password}, REMOTE_ADDR=address, **headers
    )


def test_one_account_from_one_address_is_shut_after_five_failures(ada):
    answers = [attempt().status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 429]
    assert attempt(password=PASSWORD).status_code == 429


def test_whoever_is_shut_out_is_told_how_long_in_words(ada):
    for _ in range(5):
        attempt()

    said = attempt(password=PASSWORD).content.decode()

    assert "Too many attempts" in said
    assert "Wait a quarter of an hour" in said


def test_the_owner_gets_in_from_elsewhere_meanwhile(ada):
    for _ in range(5):
        attempt()

    assert attempt(password=PASSWORD, address="198.51.100.7").status_code == 302


def test_guessing_one_account_from_many_addresses_is_stopped(ada):
    for number in range(7):
        attempt(address=f"192.0.2.{number}")

    assert attempt(password=PASSWORD, address="198.51.100.7").status_code == 429


def test_trying_many_accounts_from_one_address_is_stopped(ada):
    for number in range(9):
        attempt(email=f"person{number}@example.com")

    assert attempt(password=PASSWORD).status_code == 429
    assert attempt(password=PASSWORD, address="198.51.100.7").status_code == 302


def test_the_door_opens_again_after_the_cool_off(ada, settings):
    for _ in range(5):
        attempt()
    passed = timedelta(hours=settings.AXES_COOLOFF_TIME, minutes=1)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - passed)

    assert attempt(password=PASSWORD).status_code == 302


def test_a_success_forgets_ones_own_failures_and_nobody_elses(ada):
    attempt()
    attempt(email="bob@example.com")

    attempt(password=PASSWORD)

    left = AccessAttempt.objects.values_list("username", flat=True)
    assert list(left) == ["bob@example.com"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "nonsense", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded}
    )

    assert client_address(request) == address


def test_an_invented_header_does_not_buy_more_tries(ada, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        attempt(headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"})

    locked = attempt(password=PASSWORD, headers={"X-Forwarded-For": "198.51.100.77, 203.0.113.9"})

    assert locked.status_code == 429
