from smtplib import SMTPException

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Invitation, Role, User, UserStatus
from accounts.refusals import Refused
from accounts.services import invitations
from tests.factories import make_invitation, make_user

pytestmark = pytest.mark.django_db

EMAIL = "new@example.com"
PASSWORD = "a long enough password"


def test_inviting_mails_a_link_whose_token_is_stored_as_a_hash(project, owner, settings):
    sent = invitations.invite(
        project, email=" New@Example.com", role=Role.EDITOR, by=owner, now=timezone.now()
    )

    (letter,) = mail.outbox
    token = letter.body.partition("?token=")[2].split()[0]
    assert letter.to == [EMAIL]
    assert letter.subject == "You are invited to Aurora on Axiom"
    assert f"{settings.PORTAL_URL}/invitation/?token=" in letter.body
    assert Invitation.objects.with_token(token).get() == sent.invitation
    assert token not in str(Invitation.objects.values())


def test_a_mail_that_does_not_go_leaves_an_invitation_to_resend(project, owner, monkeypatch):
    def fail(*_args, **_options):
        raise SMTPException("no such server")

    monkeypatch.setattr("accounts.services.mail.send_mail", fail)

    sent = invitations.invite(project, email=EMAIL, role=Role.VIEWER, by=owner, now=timezone.now())

    assert not sent.is_sent
    assert "did not go out" in sent.sentence
    monkeypatch.undo()
    again = invitations.resend(sent.invitation, by=owner, now=timezone.now())
    assert again.is_sent


def test_a_newcomer_gets_an_account_and_is_in(project):
    invitation, _ = make_invitation(project, email=EMAIL, role=Role.ADMIN)

    user = invitations.accept_as_newcomer(
        invitation, name="Nia", password=PASSWORD, now=timezone.now()
    )

    assert project.role_of(user) == Role.ADMIN
    assert User.objects.get(email=EMAIL).check_password(PASSWORD)


def test_somebody_who_was_added_by_staff_sets_a_password_that_way(project):
    make_user(email=EMAIL, status=UserStatus.INVITED)
    invitation, _ = make_invitation(project, email=EMAIL)

    user = invitations.accept_as_newcomer(
        invitation, name="Nia", password=PASSWORD, now=timezone.now()
    )

    user.refresh_from_db()
    assert user.is_active
    assert user.check_password(PASSWORD)


def test_an_account_that_exists_is_not_taken_over(project):
    make_user(email=EMAIL, password=PASSWORD)
    invitation, _ = make_invitation(project, email=EMAIL)

    with pytest.raises(Refused, match="sign in"):
        invitations.accept_as_newcomer(
            invitation, name="Eve", password="another password", now=timezone.now()
        )

    assert User.objects.get(email=EMAIL).check_password(PASSWORD)
