import re

import pytest
from django.urls import reverse

from accounts import audit, tasks
from accounts.models import AuditEvent, AuditHead
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/auditevent/"


def test_an_admin_reads_what_happened_in_the_project(browse, admin, owner, project):
    event = audit.record(
        owner, "projects:UpdateProject", project, before={"name": "<Old>"}, after={"name": "New"}
    )
    where = reverse("admin:accounts_auditevent_change", args=[event.public_id])

    shown = browse(admin).get(where).content.decode()

    assert owner.email in shown
    assert "&lt;Old&gt;" in shown
    assert "New" in shown
    assert 'name="_save"' not in shown


def test_the_audit_of_another_project_is_not_listed(browse, admin, project):
    foreign = make_project("Faraway")
    event = AuditEvent.objects.get(project_id=foreign.public_id)

    assert event.public_id not in browse(admin).get(LIST).content.decode()


def test_before_and_after_stand_side_by_side_the_changes_first(browse, admin, owner, project):
    event = audit.record(
        owner,
        "projects:UpdateProject",
        project,
        before={"slug": "aurora", "name": "Old"},
        after={"slug": "aurora", "name": "New"},
    )
    where = reverse("admin:accounts_auditevent_change", args=[event.public_id])

    shown = browse(admin).get(where).content.decode()

    assert shown.index(">name</th>") < shown.index(">slug</th>")
    assert re.search(r">Old</td>\s*<td[^>]*>New</td>", shown)


def rows_of(answer):
    return answer.content.decode().count("data-row-link")


@pytest.fixture
def events(project, owner, viewer):
    """Give two events besides the project's own start and the viewer's joining."""
    audit.record(viewer, "projects:UpdateProject", project, outcome="denied")
    audit.record(owner, "apiKeys:CreateApiKey", project)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 4),
        ({"about": "apiKeys"}, 1),
        ({"outcome": "denied"}, 1),
        ({"when": "1"}, 4),
        ({"who": "system"}, 2),
        ({"q": "CreateApiKey"}, 1),
        ({"q": "nothing of the kind"}, 0),
        ({"about": "projects", "outcome": "allowed"}, 1),
    ],
)
def test_the_audit_is_searched_and_narrowed(browse, admin, project, events, query, count):
    before = 1  # the admin of this test joined as well

    answer = browse(admin).get(LIST, query)

    assert answer.status_code == 200
    joined = before if query in ({}, {"when": "1"}, {"who": "system"}) else 0
    assert rows_of(answer) == count + joined


def test_it_is_narrowed_to_one_person(browse, admin, project, events, viewer):
    answer = browse(admin).get(LIST, {"who": viewer.public_id})

    assert rows_of(answer) == 1
    assert "projects:UpdateProject" in answer.content.decode()


def test_the_people_offered_are_those_of_the_project(browse, admin, project, viewer):
    foreign = make_member(make_project())

    shown = browse(admin).get(LIST).content.decode()

    assert viewer.public_id in shown
    assert foreign.public_id not in shown


def test_times_are_relative_with_the_exact_one_on_hover(browse, admin, project):
    shown = browse(admin).get(LIST).content.decode()

    assert re.search(r'<time datetime="[^"]+" title="[^"]+ UTC">just now</time>', shown)


def test_the_list_says_how_far_the_chain_was_verified(browse, staff, project):
    before = browse(staff).get(LIST).content.decode()
    tasks.verify_audit()
    after = browse(staff).get(LIST).content.decode()

    assert "The chain was not verified yet" in before
    count = AuditEvent.objects.count()
    assert f"verified up to event {count} of {count}" in after


def test_a_broken_chain_is_told_in_red(browse, staff, project):
    AuditHead.objects.update(hash="0" * 64)

    tasks.verify_audit()

    assert "The chain is broken</b>:" in browse(staff).get(LIST).content.decode()


def test_how_long_the_chain_of_all_projects_is_and_where_it_breaks_is_no_projects_to_know(
    browse, admin, project
):
    tasks.verify_audit()
    holds = browse(admin).get(LIST).content.decode()
    AuditHead.objects.update(broken="aud_0000000000000000 was changed")
    broken = browse(admin).get(LIST).content.decode()

    assert "The chain holds: verified <time" in holds
    assert "The chain is broken</b>. Tell whoever runs" in broken
    assert "aud_0000" not in broken


def test_staff_have_the_chain_walked_by_a_worker(
    browse, staff, admin, project, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr(tasks.verify_audit, "apply_async", lambda: asked.append("walk"))
    where = reverse("admin:accounts_auditevent_verify")

    refused = browse(admin).post(where)
    with django_capture_on_commit_callbacks(execute=True):
        answer = browse(staff).post(where)

    assert refused.status_code == 403
    assert answer.status_code == 302
    assert asked == ["walk"]
