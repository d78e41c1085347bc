"""Notices by email: one for each person who wants it, tried again, kept as rows."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail as outbox
from django.test import override_settings
from django.utils import timezone

from accounts import tasks
from accounts.models import DeliveryState, EmailDelivery, NoticeChoice, Role, Wanted
from accounts.services import mail, notices
from tests.factories import make_member, make_notice, make_staff

pytestmark = pytest.mark.django_db


def send_all(now=None):
    for pk in EmailDelivery.objects.hand_out(now=now or timezone.now()):
        notices.mail_out(pk, now=now or timezone.now())


def test_whoever_wants_it_gets_one_mail_with_a_link(project, owner, admin, viewer, settings):
    notice = make_notice(project, message="gpt-5.4 is down.")

    send_all()
    send_all(timezone.now() + timedelta(hours=1))

    assert sorted(each.to[0] for each in outbox.outbox) == sorted([owner.email, admin.email])
    first = outbox.outbox[0]
    assert first.subject == f"{project}: gpt-5.4 is down."
    link = f"{settings.PORTAL_URL}/admin/accounts/notice/{notice.public_id}/change/"
    assert link in first.body


def test_telling_sends_nothing_itself(project):
    make_notice(project)

    assert outbox.outbox == []
    assert EmailDelivery.objects.get().state == DeliveryState.PENDING


def test_who_wants_no_mail_gets_none(project, owner):
    NoticeChoice.objects.choose(owner, project, Wanted(in_app=("health",)), by=owner)

    make_notice(project)

    assert not EmailDelivery.objects.exists()


def test_without_a_mail_server_nothing_waits_for_one(project):
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend"):
        make_notice(project)

    assert not EmailDelivery.objects.exists()


def test_a_failure_is_kept_with_its_reason_and_tried_again(project, monkeypatch):
    def fail(*_words):
        raise SMTPServerDisconnected("smtp.example.com said something secret")

    make_notice(project)
    with monkeypatch.context() as broken:
        broken.setattr(mail, "send_mail", fail)
        send_all()
    failed = EmailDelivery.objects.get()
    assert (failed.state, failed.attempts) == (DeliveryState.PENDING, 1)
    assert failed.message == "The mail server did not take it (SMTPServerDisconnected)."

    send_all(failed.due_at)

    assert EmailDelivery.objects.get().state == DeliveryState.SENT
    assert len(outbox.outbox) == 1


def test_who_has_left_meanwhile_gets_no_mail(project, owner):
    leaver = make_member(project, Role.ADMIN)
    make_notice(project)
    project.memberships.get(user=leaver).remove(by=owner)

    send_all()

    assert [each.to for each in outbox.outbox] == [[owner.email]]
    assert EmailDelivery.objects.get(user=leaver).message == "They may no longer see it."


def test_a_message_of_many_lines_is_one_subject(project):
    make_notice(project, message="down:\r\nBcc: everybody@example.com\n\nreally")

    send_all()

    assert outbox.outbox[0].subject == f"{project}: down: Bcc: everybody@example.com really"


def test_the_scheduler_hands_each_to_a_task(project, monkeypatch):
    queued = []
    monkeypatch.setattr(
        tasks.mail_notice, "apply_async", lambda **sent: queued.append(sent["kwargs"])
    )
    make_notice(project)

    tasks.send_due_mails()
    tasks.send_due_mails()

    assert queued == [{"delivery_id": EmailDelivery.objects.get().pk}]


def test_owners_see_how_the_mails_went_and_admins_do_not(client, project, owner, admin):
    make_notice(project)
    for person, status in ((owner, 200), (admin, 404), (make_staff(), 200)):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/admin/accounts/emaildelivery/").status_code == status
