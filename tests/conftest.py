"""Fixtures that every test may ask for."""

import pytest
from django.db import connections, transaction
from django.test import TransactionTestCase

from accounts.models import Project, Role, User
from tests import factories
from tests.journeys.fixtures import aimock, installation, upstream

__all__ = ["aimock", "installation", "upstream"]

MADE_BY_MIGRATIONS = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session", autouse=True)
def swept() -> None:
    """Sweep out what a test committed: emptying every table, as Django does, takes a second."""
    TransactionTestCase._fixture_teardown = _sweep


def _sweep(_case: TransactionTestCase) -> None:
    """Delete the few rows that there are; a foreign key is looked at when all of them are gone."""
    connection = connections["default"]
    every = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with transaction.atomic(), connection.cursor() as cursor:
        for table in sorted({*every} - MADE_BY_MIGRATIONS):
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of our own tables


@pytest.fixture
def project(db: None) -> Project:
    return factories.make_project("Aurora")


@pytest.fixture
def owner(project: Project) -> User:
    return project.memberships.owners()[0].user


@pytest.fixture
def admin(project: Project) -> User:
    return factories.make_member(project, Role.ADMIN)


@pytest.fixture
def editor(project: Project) -> User:
    return factories.make_member(project, Role.EDITOR)


@pytest.fixture
def viewer(project: Project) -> User:
    return factories.make_member(project, Role.VIEWER)


@pytest.fixture
def staff(db: None) -> User:
    return factories.make_staff()


@pytest.fixture
def stranger(db: None) -> User:
    """A member of another project, who must never meet the first one."""
    return factories.make_project("Elsewhere").memberships.owners()[0].user
