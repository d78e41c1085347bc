"""What is given once stands where it was given, and nowhere else: links, addresses, secrets."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import CalendarFeed, Role
from accounts.services import invitations, passwords
from providers.services import webhooks
from tests.canary.canaries import TYPED, Canary, leaks, plain, token_canary
from tests.canary.stores import Place, database_file, tables
from tests.factories import make_notice, make_webhook

pytestmark = pytest.mark.django_db


def kept(logged: list[object], *answers: object) -> list[Place]:
    said = [("log", str(vars(record))) for record in logged]
    shown = [
        ("page", f"{plain(answer.content)} {answer.headers} {answer.cookies}") for answer in answers
    ]
    return [*tables(), *database_file(), *said, *shown]


def token_in_mail() -> str:
    return mail.outbox[-1].body.partition("token=")[2].split()[0]


def test_an_invitations_token_is_in_its_mail_alone(world, logged):
    invitations.invite(
        world.project, email="a@example.com", role=Role.VIEWER, by=world.owner, now=timezone.now()
    )
    token, client = token_in_mail(), Client()

    opened = client.get("/invitation/", {"token": token})
    shown = client.get("/invitation/")
    weak = client.post("/invitation/", {"name": "Nia", "password": "short"})
    entered = client.post("/invitation/", {"name": "Nia", "password": TYPED.value})

    assert entered.status_code == 302
    places = kept(logged, opened, shown, weak, entered)
    assert leaks(places, [token_canary(token), TYPED]) == []


def test_a_password_links_token_is_in_its_mail_alone(world, logged):
    passwords.send_link(world.viewer)
    token, client = token_in_mail(), Client()

    opened = client.get("/new-password/", {"who": world.viewer.public_id, "token": token})
    shown = client.get("/new-password/")
    entered = client.post("/new-password/", {"password": TYPED.value})

    assert entered.status_code == 302
    places = kept(logged, opened, shown, entered)
    assert leaks(places, [token_canary(token), TYPED]) == []


def test_a_calendars_token_is_in_the_one_answer_that_gives_it(world, logged):
    token = CalendarFeed.objects.rotate(
        world.owner, world.project, by=world.owner, now=timezone.now()
    )

    read = Client().get("/expiry.ics", {"token": token})

    assert read.status_code == 200
    assert leaks(kept(logged, read), [token_canary(token)]) == []


def test_a_signing_secret_stays_sealed_whatever_is_posted(world, logged):
    webhook, secret = make_webhook(world.project, url=world.upstream.url_for("/v1/models"))
    make_notice(world.project)
    for delivery in webhook.deliveries.all():
        webhooks.post(delivery.pk, now=timezone.now())

    assert webhook.deliveries.get().message == "It answered HTTP 401."
    canary = Canary("signing secret", secret.removeprefix("whsec_").rstrip("="))
    assert leaks(kept(logged), [canary]) == []
