"""Each page of accounts, asked for by everybody who might."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Project
from tests.factories import make_key, make_user

pytestmark = pytest.mark.django_db

PAGES = ("project", "apikey", "auditevent", "user")


def address(page, name, row=None):
    return reverse(f"admin:accounts_{page}_{name}", args=[row.public_id] if row else [])


@pytest.fixture
def rows(project):
    return {
        "project": project,
        "apikey": make_key(project)[0],
        "auditevent": AuditEvent.objects.filter(project_id=project.public_id).earliest("sequence"),
        "user": make_user(),
    }


@pytest.mark.parametrize("page", PAGES)
def test_staff_open_every_page(browse, staff, rows, page):
    browser = browse(staff)

    assert browser.get(address(page, "changelist")).status_code == 200
    assert browser.get(address(page, "change", rows[page])).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_strangers_object_does_not_exist(browse, stranger, rows, page):
    browser = browse(stranger)

    assert browser.get(address(page, "change", rows[page])).status_code == 404
    assert browser.post(address(page, "change", rows[page]), {}).status_code == 404
    assert browser.get(address(page, "history", rows[page])).status_code == 404


@pytest.mark.parametrize("page", ["project", "apikey"])
def test_a_strangers_list_is_without_it(browse, stranger, rows, page):
    listed = browse(stranger).get(address(page, "changelist"))

    assert listed.status_code == 200
    assert rows[page].public_id not in listed.content.decode()


@pytest.mark.parametrize("page", ["auditevent", "user"])
def test_pages_without_the_list_permission_do_not_exist_for_a_viewer(browse, viewer, rows, page):
    browser = browse(viewer)

    assert browser.get(address(page, "changelist")).status_code == 404
    assert browser.get(address(page, "change", rows[page])).status_code == 404
    assert browser.get(f"{address(page, 'changelist')}add/").status_code == 404


@pytest.mark.parametrize("page", ["project", "user"])
def test_a_strangers_object_is_not_there_to_be_deleted(browse, stranger, rows, page):
    browser, where = browse(stranger), address(page, "delete", rows[page])

    assert browser.get(where).status_code == 404
    assert browser.post(where, {"post": "yes", "typed_name": "Aurora"}).status_code == 404


@pytest.mark.parametrize("page", ["project", "apikey"])
def test_a_viewer_reads_and_is_refused_to_write(browse, viewer, rows, page):
    browser = browse(viewer)

    assert browser.get(address(page, "change", rows[page])).status_code == 200
    assert browser.get(address(page, "add")).status_code == 403
    assert browser.post(address(page, "add"), {}).status_code == 403
    assert browser.post(address(page, "change", rows[page]), {}).status_code == 403
    refusals = AuditEvent.objects.filter(outcome="denied", actor_id=viewer.public_id)
    assert refusals.count() == 3


@pytest.mark.parametrize(
    ("page", "button"), [("project", "archive"), ("apikey", "revoke"), ("user", "password")]
)
def test_a_button_is_walled_like_its_page(browse, viewer, stranger, rows, page, button):
    where = address(page, button, rows[page])
    expected = 404 if page == "user" else 403

    assert browse(stranger).post(where).status_code == 404
    assert browse(viewer).post(where).status_code == expected


@pytest.mark.parametrize(("page", "button"), [("project", "archive"), ("user", "link")])
def test_a_button_that_changes_something_answers_to_post_alone(browse, staff, rows, page, button):
    assert browse(staff).get(address(page, button, rows[page])).status_code == 405


def test_a_project_is_deleted_by_its_owner_alone(browse, admin, project):
    assert browse(admin).get(address("project", "delete", project)).status_code == 403
    assert browse(admin).post(address("project", "delete", project)).status_code == 403


def test_keys_and_events_can_not_be_deleted_at_all(browse, staff, rows):
    browser = browse(staff)

    for page in ("apikey", "auditevent"):
        shown = address(page, "change", rows[page])
        assert browser.post(shown.replace("/change/", "/delete/")).status_code == 404
    assert browser.get(address("auditevent", "changelist") + "add/").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_nobody_who_is_not_signed_in_sees_a_page(client, rows, page):
    for name, row in (("changelist", None), ("change", rows[page])):
        answer = client.get(address(page, name, row))

        assert answer.status_code == 302
        assert "/admin/login/" in answer.url


@pytest.mark.parametrize("page", PAGES)
def test_addresses_and_pages_name_rows_by_public_id_alone(browse, staff, rows, page):
    browser, row = browse(staff), rows[page]
    by_key = reverse(f"admin:accounts_{page}_change", args=[row.pk])

    listed = browser.get(address(page, "changelist")).content.decode()

    assert browser.get(by_key).status_code == 404
    assert address(page, "change", row) in listed
    assert f"{by_key}" not in listed
    assert f"{by_key}" not in browser.get(address(page, "change", row)).content.decode()


def test_a_page_does_not_link_to_rows_by_database_key(browse, staff, rows):
    shown = browse(staff).get(address("apikey", "change", rows["apikey"])).content.decode()

    assert rows["apikey"].created_by.email in shown
    assert f"/admin/accounts/user/{rows['apikey'].created_by_id}/" not in shown
    assert f"/admin/accounts/project/{rows['project'].pk}/" not in shown


@pytest.mark.parametrize(
    "probe",
    ["token_hash__startswith=a", "created_by__password__startswith=p", "policy__contains=x"],
)
def test_a_list_can_not_be_asked_about_hidden_values(browse, viewer, rows, probe):
    answer = browse(viewer).get(f"{address('apikey', 'changelist')}?{probe}")

    assert answer.status_code == 400


@pytest.mark.parametrize("start", ["3A", "5F", "2F", "25"])
def test_an_id_that_looks_quoted_is_found_all_the_same(browse, staff, project, start):
    Project.objects.filter(pk=project.pk).update(public_id=f"prj_{start}AAAAAAAAAAAAAA")
    project = Project.objects.get(pk=project.pk)
    browser, where = browse(staff), address("project", "change", project)

    shown = browser.get(where)

    assert shown.status_code == 200
    assert address("project", "delete", project) in shown.content.decode()
    assert browser.get(address("project", "delete", project)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_the_history_of_an_object_is_what_the_audit_says_of_it(browse, staff, rows, page):
    answer = browse(staff).get(address(page, "history", rows[page]))

    assert answer.status_code == 302
    assert answer.url.endswith(f"/admin/accounts/auditevent/?q={rows[page].public_id}")
