from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, Membership, Role, UserStatus
from accounts.models.invitation import Closed
from accounts.refusals import QuotaExceeded, Refused
from tests.factories import make_invitation, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"


def test_an_invitation_lasts_seven_days(project):
    now = timezone.now()

    invitation, _ = make_invitation(project, now=now)

    assert invitation.state_at(now + timedelta(days=6, hours=23)) == "open"
    assert invitation.state_at(now + timedelta(days=7)) == "expired"
    with pytest.raises(Closed, match="expired"):
        invitation.refuse_closed(now + timedelta(days=7))


def test_it_lets_its_person_in_once(project):
    invitation, _ = make_invitation(project, email=EMAIL, role=Role.EDITOR)
    person, now = make_user(email=EMAIL), timezone.now()

    membership = invitation.accept(person, now=now)

    assert (membership.user, membership.role) == (person, Role.EDITOR)
    with pytest.raises(Closed, match="accepted already"):
        Invitation.objects.get(pk=invitation.pk).accept(person, now=now)


def test_two_at_once_do_not_both_come_in(project):
    invitation, _ = make_invitation(project, email=EMAIL)
    other, now = Invitation.objects.get(pk=invitation.pk), timezone.now()
    person = make_user(email=EMAIL)
    invitation.accept(person, now=now)

    with pytest.raises(Closed):
        other.accept(person, now=now)


def test_it_lets_nobody_else_in(project, stranger):
    invitation, _ = make_invitation(project, email=EMAIL)

    with pytest.raises(Refused, match=EMAIL):
        invitation.accept(stranger, now=timezone.now())

    assert project.role_of(stranger) is None


def test_a_suspended_person_does_not_come_in(project):
    invitation, _ = make_invitation(project, email=EMAIL)
    person = make_user(email=EMAIL, status=UserStatus.SUSPENDED)

    with pytest.raises(Refused, match="suspended"):
        invitation.accept(person, now=timezone.now())


def test_a_member_keeps_the_role_that_they_have(project):
    invitation, _ = make_invitation(project, email=EMAIL, role=Role.OWNER)
    person = make_member(project, Role.VIEWER, email=EMAIL)

    invitation.accept(person, now=timezone.now())

    assert project.role_of(person) == Role.VIEWER


def test_resending_makes_another_link_and_closes_the_old_one(project, owner):
    now = timezone.now()
    invitation, first = make_invitation(project, now=now - timedelta(days=8))

    second = invitation.resend(by=owner, now=now)

    assert not Invitation.objects.with_token(first).exists()
    assert Invitation.objects.with_token(second).get() == invitation
    assert invitation.state_at(now) == "open"


def test_what_was_revoked_opens_nothing_and_is_not_resent(project, owner):
    invitation, _ = make_invitation(project, email=EMAIL)

    invitation.revoke(by=owner, at=timezone.now())

    with pytest.raises(Closed, match="taken back"):
        invitation.accept(make_user(email=EMAIL), now=timezone.now())
    with pytest.raises(Closed):
        invitation.resend(by=owner, now=timezone.now())


def test_what_was_accepted_is_not_revoked(project, owner):
    invitation, _ = make_invitation(project, email=EMAIL)
    invitation.accept(make_user(email=EMAIL), now=timezone.now())

    with pytest.raises(Closed):
        invitation.revoke(by=owner, at=timezone.now())


def test_it_falls_with_the_rights_of_whoever_sent_it(project, admin, owner):
    invitation, _ = make_invitation(project, by=admin)
    Membership.objects.get(user=admin).change_role(Role.VIEWER, by=owner)

    with pytest.raises(Closed, match="no longer stands"):
        Invitation.objects.get(pk=invitation.pk).refuse_closed(timezone.now())


@pytest.mark.parametrize("stop", ["suspended sender", "archived project"])
def test_it_stops_with_its_sender_and_its_project(project, admin, owner, stop):
    invitation, _ = make_invitation(project, by=admin)
    if stop == "suspended sender":
        admin.suspend(by=None)
    else:
        project.archive(by=owner)

    with pytest.raises(Closed, match="no longer stands"):
        Invitation.objects.get(pk=invitation.pk).refuse_closed(timezone.now())


def test_only_owners_and_staff_invite_owners(project, admin, owner, staff):
    with pytest.raises(Refused, match="Only an owner"):
        make_invitation(project, role=Role.OWNER, by=admin)

    make_invitation(project, email="a@example.com", role=Role.OWNER, by=owner)
    made, _ = make_invitation(project, email="b@example.com", role=Role.OWNER, by=staff)
    with pytest.raises(Refused, match="Only an owner"):
        made.revoke(by=admin, at=timezone.now())


def test_an_address_is_invited_once_at_a_time(project, owner):
    first, _ = make_invitation(project, email=EMAIL)
    make_invitation(make_project(), email=EMAIL)

    with pytest.raises(ValidationError, match="invited already"):
        make_invitation(project, email="NEW@example.com")

    first.revoke(by=owner, at=timezone.now())
    make_invitation(project, email=EMAIL)


def test_a_member_is_not_invited(project, viewer):
    with pytest.raises(ValidationError) as refused:
        make_invitation(project, email=viewer.email)

    assert refused.value.message_dict == {"email": ["This person is a member already."]}


def test_nobody_is_invited_into_an_archived_project(project, owner):
    project.archive(by=owner)

    with pytest.raises(ValidationError, match="archived"):
        make_invitation(project)


def test_every_step_is_recorded_and_no_token_with_it(project, owner):
    invitation, token = make_invitation(project, email=EMAIL, by=owner)
    again = invitation.resend(by=owner, now=timezone.now())
    invitation.accept(make_user(email=EMAIL), now=timezone.now())

    events = AuditEvent.objects.filter(action__startswith="invitations:").in_chain_order()

    assert [(event.action, event.actor_name) for event in events] == [
        ("invitations:CreateInvitation", owner.email),
        ("invitations:ResendInvitation", owner.email),
        ("invitations:AcceptInvitation", EMAIL),
    ]
    said = str([event.said() for event in events])
    assert token not in said
    assert again not in said
    assert invitation.token_hash not in said


def test_an_address_is_written_to_five_times_an_hour_by_each_project(project):
    invitation, now = make_invitation(project, email=EMAIL)[0], timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for _ in range(5):
        invitation.resend(by=None, now=hour)
    known = Invitation.objects.get(pk=invitation.pk).token_hash

    with pytest.raises(QuotaExceeded) as refused:
        invitation.resend(by=None, now=hour)

    assert refused.value.retry_after_s == 3600
    assert Invitation.objects.get(pk=invitation.pk).token_hash == known
    make_invitation(make_project(), email=EMAIL, now=hour)
    invitation.resend(by=None, now=hour + timedelta(hours=1))
