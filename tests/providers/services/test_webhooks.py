"""Notices that are posted: signed, checked by the egress policy, tried again, given up."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AuditEvent, DeliveryState, Notice, Topic
from accounts.models.delivery import GIVEN_UP_AFTER
from providers import webhook_tasks
from providers.models import Webhook, WebhookDelivery
from providers.models.webhook import MOST_WEBHOOKS, OVERLAP
from providers.services import webhooks
from tests.factories import make_notice, make_project, make_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def listening(httpserver):
    """Give where a server listens, and what it was sent."""
    httpserver.expect_request("/hook", method="POST").respond_with_data("", status=204)
    return httpserver


def send_due(now=None):
    now = now or timezone.now()
    for pk in WebhookDelivery.objects.hand_out(now=now):
        webhooks.post(pk, now=now)


def sent_to(server):
    return [request for request, _ in server.log]


def is_signed_by(secret, request):
    """Check it as a receiver does, by the letter of the convention."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = request.headers
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.data
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{digest}" in head["webhook-signature"].split()


def test_a_notice_is_posted_as_json_and_signed(project, listening):
    webhook, secret = make_webhook(project, url=listening.url_for("/hook"))
    notice = make_notice(project, about="aip_1", message="It is down.")

    send_due()

    (request,) = sent_to(listening)
    assert is_signed_by(secret, request)
    assert not is_signed_by("whsec_" + base64.b64encode(bytes(32)).decode(), request)
    assert abs(int(request.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert request.headers["webhook-id"] == notice.public_id
    told = json.loads(request.data)
    assert told.pop("url").endswith(f"/{notice.public_id}/change/")
    assert told == {
        "id": notice.public_id,
        "topic": "health",
        "message": "It is down.",
        "project": {"id": project.public_id, "name": project.name},
        "at": notice.at.isoformat(),
        "about": "aip_1",
    }
    assert webhook.deliveries.get().state == DeliveryState.SENT


def test_telling_posts_nothing_itself_and_each_notice_goes_once(project, listening):
    make_webhook(project, url=listening.url_for("/hook"))
    make_notice(project, key="once")
    assert sent_to(listening) == []

    make_notice(project, key="once")
    send_due()
    send_due(timezone.now() + timedelta(hours=1))

    assert len(sent_to(listening)) == 1


def test_only_the_chosen_topics_of_the_own_project_go_there(project):
    webhook, _ = make_webhook(project, topics=("limits",))
    off, _ = make_webhook(project, is_enabled=False)

    make_notice(project, topic=Topic.HEALTH)
    make_notice(project, topic=Topic.LIMITS, key="spent")
    make_notice(make_project(), topic=Topic.LIMITS)
    make_notice(None, topic=Topic.LIMITS)

    assert [row.notice.key for row in webhook.deliveries.all()] == ["spent"]
    assert not off.deliveries.exists()


def test_an_address_that_may_not_be_called_is_refused_at_its_field(project, settings):
    settings.EGRESS_ALLOW_LOOPBACK = False
    draft = replace(webhooks.usual_draft(), name="inside", url="http://127.0.0.1/hook")

    with pytest.raises(ValidationError) as refusal:
        webhooks.check(draft, project=project)

    assert set(refusal.value.message_dict) == {"url"}


def test_the_policy_is_asked_again_at_each_delivery(project, listening, settings):
    make_webhook(project, url=listening.url_for("/hook"))
    make_notice(project)
    settings.EGRESS_ALLOW_LOOPBACK = False

    send_due()

    delivery = WebhookDelivery.objects.get()
    assert sent_to(listening) == []
    assert delivery.state == DeliveryState.PENDING
    assert delivery.message


def test_what_is_not_taken_is_tried_again_under_the_same_id(project, httpserver):
    httpserver.expect_ordered_request("/hook").respond_with_data("no", status=503)
    httpserver.expect_ordered_request("/hook").respond_with_data("yes")
    make_webhook(project, url=httpserver.url_for("/hook"))
    make_notice(project)

    send_due()
    waiting = WebhookDelivery.objects.get()
    assert (waiting.state, waiting.message) == (DeliveryState.PENDING, "It answered HTTP 503.")
    send_due(waiting.due_at)

    assert WebhookDelivery.objects.get().state == DeliveryState.SENT
    assert len({request.headers["webhook-id"] for request in sent_to(httpserver)}) == 1


def test_after_a_day_it_is_given_up_and_said_in_the_portal_once(project):
    webhook, _ = make_webhook(project)
    for key in ("first", "second"):
        make_notice(project, key=key)

    send_due(timezone.now() + GIVEN_UP_AFTER)

    assert {row.state for row in webhook.deliveries.all()} == {DeliveryState.FAILED}
    notice = Notice.objects.get(topic=Topic.DELIVERIES)
    assert notice.about == webhook.public_id
    assert "connection refused" in notice.message
    assert not notice.webhook_deliveries.exists()


def test_a_test_says_that_it_is_one_and_is_tried_once(project, listening):
    webhook, secret = make_webhook(project, url=listening.url_for("/hook"), is_enabled=False)
    deaf, _ = make_webhook(project)
    now = timezone.now()

    begun = webhooks.begin_test(webhook, by=None, now=now)
    assert webhooks.begin_test(webhook, by=None, now=now) == begun
    webhooks.begin_test(deaf, by=None, now=now)
    send_due(now)

    (request,) = sent_to(listening)
    assert is_signed_by(secret, request)
    assert json.loads(request.data)["topic"] == "test"
    assert deaf.deliveries.get().state == DeliveryState.FAILED


def test_for_a_day_after_a_rotation_both_secrets_sign(project, listening):
    webhook, old = make_webhook(project, url=listening.url_for("/hook"))
    now = timezone.now()
    new = webhooks.rotate(webhook, by=None, now=now)
    make_notice(project, key="soon", at=now)
    send_due(now)
    make_notice(project, key="later", at=now + OVERLAP)
    send_due(now + OVERLAP)

    soon, later = sent_to(listening)
    assert is_signed_by(old, soon)
    assert is_signed_by(new, soon)
    assert not is_signed_by(old, later)
    assert is_signed_by(new, later)


def test_the_secret_and_the_path_of_the_address_are_in_no_record(project):
    webhook, secret = make_webhook(project, url="http://127.0.0.1:9/T0K3N/hook")
    webhooks.rotate(webhook, by=None, now=timezone.now())

    told = json.dumps([[event.before, event.after] for event in AuditEvent.objects.all()])

    assert "T0K3N" not in told
    assert secret.removeprefix("whsec_") not in told
    assert secret.encode() not in bytes(Webhook.objects.get().ciphertext)


def test_what_is_on_its_way_stops_with_the_switch_and_goes_with_the_webhook(project, listening):
    webhook, _ = make_webhook(project, url=listening.url_for("/hook"))
    make_notice(project)
    webhooks.change(webhook, replace(webhooks.draft_of(webhook), is_enabled=False), by=None)

    send_due()

    assert webhook.deliveries.get().message == "The webhook was switched off."
    webhooks.remove(webhook, by=None)
    assert not WebhookDelivery.objects.exists()


def test_an_archived_project_posts_nothing(project, listening):
    make_webhook(project, url=listening.url_for("/hook"))
    make_notice(project)
    project.archive(by=None)

    send_due()

    assert sent_to(listening) == []
    assert WebhookDelivery.objects.get().message == "The project is archived."


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"url": ""}, "url"),
        ({"topics": ()}, "topics"),
        ({"topics": ("weather",)}, "topics"),
        ({"topics": ("deliveries",)}, "topics"),
    ],
    ids=str,
)
def test_what_does_not_do_is_refused_at_its_field(project, wrong, field):
    with pytest.raises(ValidationError) as refusal:
        make_webhook(project, **wrong)

    assert set(refusal.value.message_dict) == {field}
    assert not Webhook.objects.exists()


def test_a_name_is_taken_once_and_a_project_has_so_many(project):
    make_webhook(project, name="on-call")
    with pytest.raises(ValidationError, match="already has a webhook"):
        make_webhook(project, name="on-call")
    for _ in range(MOST_WEBHOOKS - 1):
        make_webhook(project)

    with pytest.raises(ValidationError, match="at most"):
        make_webhook(project)


def test_the_scheduler_hands_each_to_a_task(project, monkeypatch):
    queued = []
    monkeypatch.setattr(
        webhook_tasks.post_webhook, "apply_async", lambda **sent: queued.append(sent["kwargs"])
    )
    make_webhook(project)
    make_notice(project)

    webhook_tasks.send_due_webhooks()
    webhook_tasks.send_due_webhooks()

    assert queued == [{"delivery_id": WebhookDelivery.objects.get().pk}]
