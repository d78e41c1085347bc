from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice, NoticeChoice, Receipt, Role, Topic, Wanted
from accounts.services import notices
from tests.factories import make_member, make_project, make_provider

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/notice/"
CHOICES = f"{LIST}choices/"


def tell(project, key="down", **sides):
    plain = {"topic": Topic.HEALTH, "message": f"{key} has happened", "at": timezone.now()}
    return notices.tell(project, key=key, **(plain | sides))


def text_of(answer):
    return answer.content.decode()


def test_the_list_shows_what_happened_the_newest_first(browse, project, owner):
    now = timezone.now()
    tell(project, "older", at=now - timedelta(days=1))
    tell(project, "newer", at=now)

    page = text_of(browse(owner).get(LIST))

    assert page.index("newer has happened") < page.index("older has happened")
    assert page.count("Not read:") == 2


def test_the_bell_counts_what_one_has_not_read_in_all_projects(browse, project, owner, viewer):
    tell(project)
    tell(make_project(owner=owner))

    assert "Notices, 2 not read" in text_of(browse(owner).get("/admin/dashboard/"))
    assert "Notices, 2 not read" in text_of(browse(owner).get(f"{LIST}bell/"))
    assert 'aria-label="Notices"' in text_of(browse(viewer).get(f"{LIST}bell/"))


def test_the_bell_leads_to_what_is_unread_in_every_project(browse, project, owner):
    other = make_project("Elsewhere too", owner=owner)
    tell(project, "here")
    tell(other, "there")
    Notice.objects.filter(key="here").mark_read(owner, at=timezone.now())

    page = text_of(browse(owner).get(f"{LIST}?project=all&unread=1"))

    assert "there has happened" in page
    assert "here has happened" not in page.replace("there", "")


def test_reading_marks_it_for_its_reader_alone(browse, project, owner, admin):
    notice = tell(project)

    answer = browse(owner).post(f"{LIST}{notice.public_id}/read/")

    assert answer.status_code == 204
    assert answer.headers["HX-Trigger"]
    assert Receipt.objects.get(user=owner).read_at
    assert Receipt.objects.get(user=admin).read_at is None


def test_opening_one_shows_what_it_is_about(browse, project, owner):
    provider = make_provider(project)
    notice = tell(project, about=provider.public_id)

    page = text_of(browse(owner).get(f"{LIST}{notice.public_id}/change/"))

    assert reverse("admin:providers_provider_detail", args=[provider.public_id]) in page
    assert f"{LIST}{notice.public_id}/read/" in page


@pytest.mark.parametrize("about", ["", "//evil.example", "javascript:alert(1)", "xyz_1"])
def test_what_has_no_page_of_ours_is_no_link(browse, project, owner, about):
    notice = tell(project, about=about)

    assert "See what it is about" not in text_of(
        browse(owner).get(f"{LIST}{notice.public_id}/change/")
    )


def test_all_are_marked_in_the_current_project_alone(browse, project, owner):
    other = make_project("Zebra", owner=owner)
    tell(project)
    tell(other)
    browser = browse(owner)

    browser.get(f"{LIST}?project={project.public_id}")
    answer = browser.post(f"{LIST}read/?project={project.public_id}", follow=True)

    assert "1 notice marked as read" in text_of(answer)
    assert Receipt.objects.get(notice__project=other).read_at is None


def test_a_person_chooses_topics_and_places(browse, project, viewer):
    chosen = {"in_app": ["health", "expiry"], "by_email": ["health"]}

    answer = browse(viewer).post(CHOICES, chosen, follow=True)

    assert "was saved" in text_of(answer)
    assert NoticeChoice.objects.wanted_by(viewer, project) == Wanted(
        ("health", "expiry"), ("health",)
    )


def test_no_tick_at_all_is_a_choice(browse, project, owner):
    browse(owner).post(CHOICES, {})

    assert NoticeChoice.objects.wanted_by(owner, project) == Wanted()


def test_the_choice_says_where_mails_go_and_that_none_goes_without_a_server(browse, owner):
    assert f"Mails go to {owner.email}" in text_of(browse(owner).get(CHOICES))
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend"):
        assert "No mail server is set" in text_of(browse(owner).get(CHOICES))
    assert outbox.outbox == []


def test_who_is_no_member_is_told_why_they_can_t_choose(browse, project, staff):
    browser = browse(staff)

    answer = browser.post(f"{CHOICES}?project={project.public_id}", {}, follow=True)

    assert "Only members of" in text_of(answer)


def test_a_strangers_notice_does_not_exist(browse, project, stranger):
    notice = tell(project)
    browser = browse(stranger)

    for answer in (
        browser.get(f"{LIST}{notice.public_id}/change/"),
        browser.post(f"{LIST}{notice.public_id}/read/"),
    ):
        assert answer.status_code == 404
    assert notice.message not in text_of(browser.get(f"{LIST}?project=all"))


def test_notices_of_a_project_that_one_has_left_are_gone(browse, project, owner):
    leaver = make_member(project, Role.ADMIN)
    make_project(owner=leaver)
    tell(project)
    project.memberships.get(user=leaver).remove(by=owner)

    assert 'aria-label="Notices"' in text_of(browse(leaver).get(f"{LIST}bell/"))
