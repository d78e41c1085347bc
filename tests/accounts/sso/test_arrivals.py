"""Whom a company's identity provider brings in, and whom not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, Role, User, UserStatus
from accounts.refusals import Refused
from accounts.sso import arrivals
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db


def let_in(email, *, is_verified=True, name="Nia"):
    return arrivals.let_in(email, is_verified=is_verified, name=name, now=timezone.now())


def invite(project, email, role=Role.EDITOR):
    invitation = Invitation(project=project, email=email, role=role)
    invitation.begin(by=None, now=timezone.now())
    return invitation


def test_an_address_that_was_not_checked_opens_nothing(ada):
    with pytest.raises(Refused, match="has checked your email address"):
        let_in(ada.email, is_verified=False)


def test_whoever_is_known_comes_in(ada):
    assert let_in(ada.email) == ada


def test_a_stranger_stays_out_and_no_account_is_made(project):
    with pytest.raises(Refused, match="Nobody has invited nia"):
        let_in("nia@example.com")

    assert not User.objects.filter(email="nia@example.com").exists()


def test_an_invitation_is_accepted_by_arriving(project):
    invite(project, "nia@example.com")

    nia = let_in("nia@example.com")

    assert (nia.name, nia.is_active, nia.has_usable_password()) == ("Nia", True, False)
    assert project.role_of(nia) == Role.EDITOR
    assert Invitation.objects.get().accepted_at


def test_an_invitation_that_has_expired_opens_nothing(project):
    invitation = invite(project, "nia@example.com")
    Invitation.objects.filter(pk=invitation.pk).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )

    with pytest.raises(Refused, match="Nobody has invited"):
        let_in("nia@example.com")


def test_a_person_with_the_status_invited_becomes_active(project):
    make_member(project, email="nia@example.com", status=UserStatus.INVITED)

    assert let_in("nia@example.com").status == UserStatus.ACTIVE


def test_a_suspended_person_stays_out(ada):
    ada.suspend(by=None)

    with pytest.raises(Refused, match="suspended"):
        let_in(ada.email)


def test_somebody_without_a_project_stays_out():
    make_user(email="nia@example.com")

    with pytest.raises(Refused, match="not a member of any project"):
        let_in("nia@example.com")


def test_newcomers_come_in_where_a_setting_says_into_which_project(project, settings):
    settings.OIDC_NEWCOMERS = (project.slug, "viewer")

    nia = let_in("nia@example.com")

    assert project.role_of(nia) == Role.VIEWER
    actions = AuditEvent.objects.filter(actor_id=nia.public_id).values_list("action", flat=True)
    assert set(actions) == {"users:CreateUser", "invitations:AcceptInvitation"}


def test_newcomers_stay_out_where_that_project_is_gone(settings, db):
    settings.OIDC_NEWCOMERS = ("gone", "viewer")

    with pytest.raises(Refused, match="AXIOM_OIDC_NEWCOMERS"):
        let_in("nia@example.com")

    assert not User.objects.filter(email="nia@example.com").exists()
