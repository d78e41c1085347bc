"""A database that does not answer: each address says 503, and none a wrong key or a wrong page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.canary.addresses import Address, addresses
from tests.factories import make_project, make_staff
from tests.worlds import forget_keys, furnish, lasting

# What needs no database, and answers without one.
NEEDS_NONE = {"healthz", "home", "guide", "guide-home"}


@contextmanager
def database_away() -> Iterator[None]:
    def refuse(*_words: Any, **_options: Any) -> None:
        raise OperationalError("database is locked")

    with mock.patch.object(BaseDatabaseWrapper, "cursor", refuse):
        yield


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of staff: their session, and the token of their script."""

    session: str
    token: str

    def get(self, path: str) -> HttpResponse:
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        headers = {"Authorization": f"Bearer {self.token}"} if path.startswith("/api") else {}
        return client.get(path, headers=headers)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Staff]:
    with lasting(django_db_blocker):
        browser, person = Client(), make_staff()
        browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        session = browser.cookies[settings.SESSION_COOKIE_NAME].value
        yield Staff(session, token=furnish(make_project(), by=person))


@pytest.mark.parametrize("address", addresses(), ids=str)
def test_an_address_answers_503_and_never_401_while_the_database_is_away(
    address: Address, made: Staff, db: None
):
    forget_keys()
    path = address.paths()[0]

    with database_away():
        answer = made.get(path)

    if str(address) in NEEDS_NONE:
        assert answer.status_code in {200, 302, 404}  # a guide that was not built
    else:
        assert answer.status_code == 503
        assert "Traceback" not in answer.content.decode()
