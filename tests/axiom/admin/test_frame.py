"""The frame around every page: the door, the sidebar, the project switcher."""

import re
from html import unescape

import pytest
from django.urls import reverse

from accounts.models import Role
from tests.factories import make_member, make_project, make_provider, make_user

pytestmark = pytest.mark.django_db

PROVIDERS = "/admin/providers/provider/"
CHOOSE = "/admin/choose-project/"
PASSWORD = "correct horse battery staple"
OF_A_PROJECT = ["Dashboard", "Providers", "Secrets", "Usage", "Members", "API keys", "Audit"]
OF_THE_INSTANCE = ["Projects", "Users", "Catalog", "Egress", "Encryption", "Operations"]


def links_of(answer):
    sidebar = answer.content.decode().split('<nav class="ax-nav"', 1)[1].split("</nav>", 1)[0]
    return re.findall(r"<a [^>]*>([^<]+)</a>", sidebar)


def projects_offered(answer):
    return re.findall(
        r'name="project" value="([^"]+)" aria-checked="(\w+)"', answer.content.decode()
    )


def test_whoever_has_a_project_signs_in(client, project):
    make_member(project, email="vic@example.com", password=PASSWORD)

    answer = client.post(
        reverse("admin:login"), {"username": "vic@example.com", "password": PASSWORD}, follow=True
    )

    assert answer.redirect_chain[-1][0] == "/admin/dashboard/"


def test_somebody_without_a_project_is_told_whom_to_ask(client, db):
    make_user(email="new@example.com", password=PASSWORD)

    answer = client.post(
        reverse("admin:login"), {"username": "new@example.com", "password": PASSWORD}
    )

    assert "You are not a member of any project yet." in answer.content.decode()


def test_a_wrong_password_is_told_without_saying_which_half_was_wrong(client, project, owner):
    answer = client.post(reverse("admin:login"), {"username": owner.email, "password": "x"})

    assert "Email or password is not right." in unescape(answer.content.decode())


def test_after_five_wrong_passwords_the_door_stays_shut_for_a_while(client, project):
    make_member(project, email="vic@example.com", password=PASSWORD)
    where = reverse("admin:login")
    for _ in range(5):
        client.post(where, {"username": "vic@example.com", "password": "wrong"})

    answer = client.post(where, {"username": "vic@example.com", "password": PASSWORD})

    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()


def test_after_signing_in_one_stands_where_one_wanted_to_go(client, project):
    make_member(project, email="vic@example.com", password=PASSWORD)
    where = "/admin/providers/secret/"

    asked = client.get(where)
    answer = client.post(
        asked.headers["Location"], {"username": "vic@example.com", "password": PASSWORD}
    )

    assert answer.headers["Location"] == where


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (Role.VIEWER, OF_A_PROJECT[:-1]),
        (Role.ADMIN, OF_A_PROJECT),
    ],
)
def test_the_sidebar_offers_what_the_role_may_open(browse, project, role, pages):
    answer = browse(make_member(project, role)).get(PROVIDERS)

    known = {*OF_A_PROJECT, *OF_THE_INSTANCE}
    assert [name for name in links_of(answer) if name in known] == pages


def test_staff_have_the_instance_below(browse, staff, project):
    assert links_of(browse(staff).get(PROVIDERS))[-6:] == OF_THE_INSTANCE


def test_every_page_of_the_sidebar_opens(browse, staff, project):
    browser = browse(staff)
    sidebar = browser.get(PROVIDERS).content.decode().split('<nav class="ax-nav"', 1)[1]

    hrefs = re.findall(r'<a href="([^"]+)"', sidebar.split("</nav>", 1)[0])

    assert len(hrefs) >= len(OF_A_PROJECT + OF_THE_INSTANCE)
    assert {browser.get(href).status_code for href in hrefs} == {200}


def test_the_page_that_one_stands_on_is_marked(browse, editor):
    answer = browse(editor).get("/admin/providers/secret/")

    assert '<a href="/admin/providers/secret/" aria-current="page">' in answer.content.decode()


def test_the_switcher_changes_what_every_list_shows(browse, editor, project):
    other = make_project("Boreal", owner=editor)
    make_provider(project, name="In Aurora")
    make_provider(other, name="In Boreal")
    browser = browse(editor)

    before = browser.get(PROVIDERS).content.decode()
    after = browser.post(
        CHOOSE, {"project": other.public_id, "next": PROVIDERS}, follow=True
    ).content.decode()

    assert "In Aurora" in before
    assert "In Boreal" not in before
    assert "In Boreal" in after
    assert "In Aurora" not in after


def test_the_switcher_offers_ones_own_projects_alone(browse, editor, project, stranger):
    other = make_project("Boreal", owner=editor)

    offered = projects_offered(browse(editor).get(PROVIDERS))

    assert offered == [("all", "false"), (project.public_id, "true"), (other.public_id, "false")]


def test_with_one_project_there_is_nothing_to_switch(browse, editor):
    answer = browse(editor).get(PROVIDERS)

    assert projects_offered(answer) == []
    assert "<b>Aurora</b>" in answer.content.decode()


def test_a_strangers_project_can_not_be_chosen(browse, editor, stranger):
    theirs = stranger.memberships.get().project

    assert browse(editor).post(CHOOSE, {"project": theirs.public_id}).status_code == 404


def test_a_project_is_not_chosen_by_a_link(browse, editor, project):
    answer = browse(editor).get(CHOOSE, {"project": project.public_id})

    assert answer.status_code == 405


@pytest.mark.parametrize("onward", ["https://evil.example.com/", "//evil.example.com/", ""])
def test_switching_leads_nowhere_else(browse, editor, project, onward):
    answer = browse(editor).post(CHOOSE, {"project": project.public_id, "next": onward})

    assert answer.headers["Location"] == reverse("admin:index")


def test_a_page_per_app_leads_to_the_first_page(browse, editor):
    assert browse(editor).get("/admin/providers/").headers["Location"] == "/admin/"
    assert browse(editor).get("/admin/nonsense/").status_code == 404


def test_members_of_an_archived_project_land_on_what_is_left_of_it(browse, project, owner):
    member = make_member(project)
    project.archive(by=owner)

    answer = browse(member).get("/admin/", follow=True)

    assert answer.status_code == 200
    assert links_of(answer) == ["Members"]


def test_with_many_projects_the_switcher_searches_on_the_server(browse, editor, project, stranger):
    for number in range(12):
        make_project(f"Cirrus {number}", owner=editor)
    browser = browse(editor)

    menu = browser.get(PROVIDERS).content.decode()
    found = browser.get("/admin/find-projects/", {"q": "cirrus 1"})
    theirs = browser.get("/admin/find-projects/", {"q": "Elsewhere"})

    assert 'aria-label="Find a project"' in menu
    assert re.findall(r">(Cirrus \d+)</button>", found.content.decode()) == [
        "Cirrus 1",
        "Cirrus 10",
        "Cirrus 11",
    ]
    assert "No project has that in its name." in theirs.content.decode()


def test_a_page_offers_a_bounded_number_of_projects(browse, staff, project):
    for number in range(60):
        make_project(f"Nimbus {number}", owner=staff)

    offered = projects_offered(browse(staff).get(PROVIDERS))

    assert len(offered) == 51
