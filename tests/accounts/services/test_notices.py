from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Notice, NoticeChoice, Receipt, Role, Topic, Wanted
from accounts.principal import Principal
from accounts.services import notices
from tests.factories import make_member, make_project, make_staff

pytestmark = pytest.mark.django_db


def tell(project, key="limit reached", **sides):
    plain = {"topic": Topic.LIMITS, "message": "The budget is used up.", "at": timezone.now()}
    return notices.tell(project, key=key, **(plain | sides))


def told(user, project):
    """Give the keys of what somebody finds unread."""
    mine = Receipt.objects.unread_of(Principal(user, project)).for_project(project)
    return sorted(mine.values_list("notice__key", flat=True))


def test_the_same_transition_is_never_told_twice(project, owner):
    first = tell(project)
    again = tell(project, message="Said otherwise.")

    assert again == first
    assert Notice.objects.get().message == "The budget is used up."
    assert told(owner, project) == ["limit reached"]


def test_another_project_and_the_instance_have_keys_of_their_own(project):
    rows = {tell(project).pk, tell(make_project()).pk, tell(None).pk, tell(None).pk}

    assert len(rows) == 3


def test_owners_and_admins_are_told_by_themselves_and_others_when_they_ask(
    project, owner, admin, editor, viewer
):
    NoticeChoice.objects.choose(viewer, project, Wanted(in_app=("limits",)), by=viewer)

    tell(project)

    assert told(owner, project) == told(admin, project) == ["limit reached"]
    assert told(editor, project) == []
    assert told(viewer, project) == ["limit reached"]


def test_a_choice_counts_for_its_topics_and_its_project_alone(project, owner):
    other = make_project(owner=owner)
    NoticeChoice.objects.choose(owner, project, Wanted(in_app=("health",)), by=owner)

    for each in (project, other):
        tell(each, key="spent")
        tell(each, key="down", topic=Topic.HEALTH)

    assert told(owner, project) == ["down"]
    assert told(owner, other) == ["down", "spent"]


def test_a_topic_that_there_is_not_is_refused_at_its_field(project, owner):
    with pytest.raises(ValidationError) as refusal:
        NoticeChoice.objects.choose(owner, project, Wanted(by_email=("weather",)), by=owner)
    with pytest.raises(ValueError, match="weather"):
        tell(project, topic="weather")

    assert refusal.value.message_dict == {"by_email": ["There is no topic weather."]}
    assert not NoticeChoice.objects.exists()


def test_a_choice_is_on_record_once(project, owner):
    wanted = Wanted(in_app=("limits", "health"))

    for _ in range(2):
        NoticeChoice.objects.choose(owner, project, wanted, by=owner)

    event = AuditEvent.objects.get(action="notices:UpdateNoticeChoices")
    assert event.after == {"inApp": ["health", "limits"], "byEmail": []}


def test_what_is_about_the_instance_is_for_staff_alone(project, owner):
    staff = make_staff()

    tell(None)

    assert Receipt.objects.get().user == staff
    assert not Notice.objects.visible_to(owner).exists()
    assert Notice.objects.visible_to(staff).exists()


def test_who_has_left_or_is_suspended_is_told_nothing(project, owner):
    gone, suspended = make_member(project, Role.ADMIN), make_member(project, Role.ADMIN)
    tell(project, key="before")
    project.memberships.get(user=gone).remove(by=owner)
    suspended.suspend(by=make_staff())

    tell(project, key="after")

    assert told(gone, project) == told(suspended, project) == []
    assert set(Receipt.objects.filter(notice__key="after").values_list("user", flat=True)) == {
        owner.pk
    }


def test_a_notice_goes_with_the_transaction_that_it_tells_of(project):
    class Undone(Exception):
        pass

    def change():
        tell(project)
        raise Undone

    with pytest.raises(Undone), transaction.atomic():
        change()

    assert not Notice.objects.exists()


def test_marking_read_is_each_persons_own(project, owner, admin):
    notice, now = tell(project), timezone.now()

    assert Notice.objects.mark_read(owner, at=now) == 1
    assert Notice.objects.mark_read(owner, at=now) == 0

    assert told(owner, project) == []
    assert told(admin, project) == ["limit reached"]
    assert not Notice.objects.with_unread(owner).get(pk=notice.pk).is_unread
    assert list(Notice.objects.unread_by(admin)) == [notice]


def test_old_notices_are_forgotten(project):
    now = timezone.now()
    tell(project, key="old", at=now - Notice.RETENTION)
    tell(project, key="new", at=now)

    notices.forget_expired(now=now + timedelta(seconds=1))

    assert Notice.objects.get().key == "new"


def test_telling_many_people_costs_no_more_queries(project, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        tell(project, key="few")
    for _ in range(5):
        make_member(project, Role.ADMIN)

    with django_assert_num_queries(len(few)):
        tell(project, key="many")
