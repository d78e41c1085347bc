"""Records that many tests look at: made once for a file, and put back after each test."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from accounts.known_keys import known_keys
from accounts.models import Project, User
from providers.models import EgressRule, Operation
from tests.factories import (
    make_agent,
    make_catalog_entry,
    make_cronjob,
    make_invitation,
    make_key,
    make_limit,
    make_model,
    make_notice,
    make_provider,
    make_secret,
    make_webhook,
)
from tests.usage.lines import use


@contextmanager
def lasting(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep what is made inside until the end; what a test changes is rolled back to it.

    Django closes the connection after each test, which would end the transaction around them all.
    """
    with blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(connections["default"], "close", lambda: None)
        yield
        transaction.set_rollback(True)


def forget_keys() -> None:
    """Forget what was remembered of keys: each test has the same ones, as they were."""
    known_keys._keys.clear()


def furnish(project: Project, *, by: User) -> str:
    """Make one of everything that an address can be about; give the token of an API key."""
    provider = make_provider(project, models=("m1", "m2"), secret=make_secret(project))
    Operation.start(Operation.Verb.TEST_MODEL, provider.models.first(), by=by)
    use(provider, at=timezone.now())
    _, token = make_key(project)
    make_limit(make_agent(project)[0], measure="concurrent", amount=5)
    make_agent(project)
    make_cronjob(project)
    make_model(project, provider.models.first())
    make_invitation(project)
    make_notice(project)
    make_webhook(project)
    make_catalog_entry("gpt-5.4")
    Group.objects.create(name="Analysts")
    EgressRule.objects.create(target="10.1.2.3", reason="a GPU box")
    return token
