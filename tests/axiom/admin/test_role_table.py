"""Who sees and may press what: each page of the admin × each kind of reader, by the registry.

The table is generated: an address without a row in the registry, or a page that answers otherwise
than its row says, fails here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.test import Client

from accounts import audit
from accounts.models import Project, Role
from accounts.permissions import Permission, declared_for_url, reading
from gateway.models import Model
from providers.models import Operation
from tests.canary.addresses import Address, addresses
from tests.factories import make_member
from tests.worlds import furnish

pytestmark = pytest.mark.django_db

OPENED = {200, 204, 302, 405, 409, 422}
MEMBERS = ("viewer", "editor", "admin", "owner")
FOLLOWS = "providers_operation_badges"  # says how far what it is asked about is
GIVES = "gateway_accessgrant_add"  # gives access to what it is asked about
READERS = (*MEMBERS, "stranger", "staff")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the admin, and what the registry asks of its readers."""

    address: Address
    permissions: tuple[Permission, ...]

    @property
    def is_of_an_object(self) -> bool:
        return bool(self.address.places)

    def opens_for(self, reader: str) -> bool:
        return any(holds(reader, permission) for permission in self.permissions)

    def is_writable_by(self, reader: str) -> bool:
        return any(holds(reader, row) for row in self.permissions if not row.is_read)

    def is_known_to(self, reader: str) -> bool:
        """Whether the reader sees the list that the page belongs to, so that a no is a 403."""
        return any(holds(reader, reading(row.model_label)) for row in self.permissions)

    @property
    def only_shows(self) -> bool:
        return all(row.is_read for row in self.permissions)

    @property
    def path(self) -> str:
        path = self.address.paths()[0]
        if self.address.name == FOLLOWS:
            return f"{path}?of={Operation.objects.order_by('pk')[0].public_id}"
        if self.address.name == GIVES:
            return f"{path}?on={Model.objects.order_by('pk')[0].public_id}"
        return path


def holds(reader: str, permission: Permission) -> bool:
    if reader == "staff":
        return True
    role = Role.OWNER if reader == "stranger" else Role(reader)
    return permission.is_held_by(role)


def pages() -> Iterator[Page]:
    for address in addresses():
        declared = declared_for_url(f"admin:{address.name}")
        if address.route.startswith("admin/") and declared and declared.permissions:
            yield Page(address, declared.permissions)


def name_of(value: object) -> str:
    return value.address.name if isinstance(value, Page) else str(value)


@pytest.fixture
def readers(request, project):
    """Make everybody; the first project of the database is the one that is looked at."""
    return {name: request.getfixturevalue(name) for name in READERS}


@pytest.fixture
def world(readers, project):
    """Make one of everything in the project."""
    furnish(project, by=readers["owner"])
    audit.record(readers["owner"], "projects:UpdateProject", project)
    assert Project.objects.order_by("pk").first() == project


def answers_of(browser: Client, page: Page) -> tuple[int, int]:
    return browser.get(page.path).status_code, browser.post(page.path).status_code


def test_every_page_of_the_admin_is_in_the_table():
    named = {page.address.name for page in pages()}
    ours = {
        address.name
        for address in addresses()
        if address.route.startswith("admin/")
        and address.name
        and address.name.split("_")[0] in {"accounts", "providers", "auth", "gateway", "usage"}
    }

    assert len(named) > 50
    assert ours - named == set()


@pytest.mark.parametrize("reader", MEMBERS)
def test_members_meet_each_page_as_the_registry_says(browse, readers, world, reader):
    browser, wrong = browse(readers[reader]), []

    for page in pages():
        refused = 403 if page.is_known_to(reader) else 404
        shown = browser.get(page.path).status_code
        fits = shown in OPENED if page.opens_for(reader) else shown in {refused, 405}
        if not fits:
            wrong.append(f"GET {page.address.name}: {shown}")
        if page.is_writable_by(reader) or page.only_shows:
            continue  # what pressing does is each page's own test
        pressed = browser.post(page.path).status_code
        if pressed not in {refused, 405} and not (pressed == 404 and refused == 403):
            wrong.append(f"POST {page.address.name}: {pressed}")

    assert wrong == []


@pytest.mark.parametrize("role", [Role.OWNER, Role.EDITOR, Role.VIEWER])
def test_for_a_stranger_no_object_exists(browse, readers, world, project, role):
    elsewhere = readers["stranger"].memberships.get().project
    browser, ids, wrong = browse(make_member(elsewhere, role)), ids_of(project), []

    for page in pages():
        if page.is_of_an_object:
            if not set(answers_of(browser, page)) <= {404, 405}:
                wrong.append(page.address.name)
            continue
        said = browser.get(page.path).getvalue().decode()
        if told := [one for one in ids if one in said]:
            wrong.append(f"{page.address.name} tells {told}")

    assert wrong == []


def ids_of(project: Project) -> set[str]:
    """Give the public id of whatever belongs to a project, and its own."""
    owned = [
        model
        for model in apps.get_models()
        if {"project", "public_id"} <= {field.name for field in model._meta.get_fields()}
    ]
    rows = (model._default_manager.filter(project=project) for model in owned)
    ids = {public_id for some in rows for public_id in some.values_list("public_id", flat=True)}
    assert len(ids) > 10
    return {project.public_id, *ids}


def test_staff_open_every_page(browse, readers, world):
    browser = browse(readers["staff"])

    shut = [
        f"{page.address.name}: {status}"
        for page in pages()
        if (status := browser.get(page.path).status_code) not in OPENED
    ]

    assert shut == []


def test_who_is_not_signed_in_opens_nothing(client, readers, world):
    opened = [
        page.address.name
        for page in pages()
        if not all(status in {302, 405} for status in answers_of(client, page))
    ]

    assert opened == []
