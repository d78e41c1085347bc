"""A new password by mail: asked for, mailed, set once."""

import pytest
from django.core import mail

from accounts import tasks
from accounts.models import User
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db

ASK, SET = "/forgotten/", "/new-password/"
PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """Run what is queued at once, and keep what was asked for."""
    asked = []

    def run(*, kwargs):
        asked.append(kwargs)
        tasks.mail_password_link(**kwargs)

    monkeypatch.setattr(tasks.mail_password_link, "apply_async", run)
    return asked


def link():
    return mail.outbox[-1].body.partition("http://127.0.0.1:8000")[2].split()[0]


def test_a_forgotten_password_is_set_by_a_mailed_link(client, viewer, queued):
    client.post(ASK, {"email": viewer.email.upper()})
    client.get(link())
    answer = client.post(SET, {"password": PASSWORD}, follow=True)

    viewer.refresh_from_db()
    assert queued == [{"user_id": viewer.pk}]
    assert viewer.check_password(PASSWORD)
    assert "Sign in with it" in answer.content.decode()


def test_the_answer_does_not_say_who_has_an_account(client, viewer, queued):
    known = client.post(ASK, {"email": viewer.email})
    unknown = client.post(ASK, {"email": "ghost@example.com"})

    assert known.content == unknown.content
    assert len(queued) == 2
    assert [letter.to for letter in mail.outbox] == [[viewer.email]]


def test_a_suspended_person_gets_no_link(client, viewer):
    viewer.suspend(by=None)

    client.post(ASK, {"email": viewer.email})

    assert mail.outbox == []


def test_a_link_works_once(client, viewer):
    client.post(ASK, {"email": viewer.email})
    client.get(link())
    client.post(SET, {"password": PASSWORD})

    again = client.get(link())

    assert again.status_code == 410
    assert client.get(SET).status_code == 410


def test_a_kept_link_closes_when_the_password_changes(client, viewer):
    client.post(ASK, {"email": viewer.email})
    client.get(link())
    viewer.change_password("another good password", by=None)

    assert client.post(SET, {"password": PASSWORD}).status_code == 410


def test_a_weak_password_is_said_at_its_field(client, viewer):
    client.post(ASK, {"email": viewer.email})
    client.get(link())

    answer = client.post(SET, {"password": "short"})

    assert answer.status_code == 422
    assert "too short" in answer.content.decode()


def test_whoever_was_added_without_a_password_becomes_active_by_it(client, project):
    person = make_user(email="ada@example.com", status="invited")
    client.post(ASK, {"email": person.email})
    client.get(link())

    client.post(SET, {"password": PASSWORD})

    assert User.objects.get(pk=person.pk).is_active


def test_asking_too_often_is_refused_for_any_address_alike(client, project):
    known = make_member(project).email
    for email in (known, "ghost@example.com"):
        answers = [client.post(ASK, {"email": email}).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
    assert len(mail.outbox) == 3


def test_guessing_links_is_stopped(client, viewer):
    where = f"{SET}?who={viewer.public_id}&token=x-y"

    answers = [client.get(where).status_code for _ in range(21)]

    assert answers == [410] * 20 + [429]
