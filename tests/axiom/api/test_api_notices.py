"""Notices, what one is told of, and webhooks over REST."""

import pytest

from accounts.models import NoticeChoice, Receipt, Role, Topic, Wanted
from accounts.permissions import API
from providers.models import Webhook, WebhookDelivery
from tests.axiom.api.world import signed_in
from tests.factories import make_notice, make_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def script(here):
    return here.script()


def test_notices_are_narrowed_by_topic_and_by_what_is_unread(here, script):
    spent = make_notice(here.project, topic=Topic.LIMITS)
    script.post(f"{API}/notices/{here.notice.public_id}/read")

    limits = script.get(f"{API}/notices?topic=limits").json()["data"]
    unread = script.get(f"{API}/notices?unread=true").json()["data"]

    assert [row["id"] for row in limits] == [row["id"] for row in unread] == [spent.public_id]
    assert unread[0]["isUnread"] is True


def test_marking_read_is_the_keys_creators_own(here, script):
    answer = script.post(f"{API}/notices/{here.notice.public_id}/read")

    assert (answer.status_code, answer.json()["isUnread"]) == (200, False)
    assert Receipt.objects.get(user=here.people[Role.OWNER]).read_at
    assert Receipt.objects.get(user=here.people[Role.ADMIN]).read_at is None


def test_all_are_marked_and_counted(here, elsewhere, script):
    make_notice(here.project)

    assert script.post(f"{API}/notices/read").json() == {"markedRead": 2}
    assert Receipt.objects.filter(notice__project=elsewhere.project, read_at=None).exists()


def test_a_choice_changes_what_was_sent_alone(here):
    viewer = here.client(Role.VIEWER)
    path = f"{API}/projects/{here.project.public_id}/notice-choices"

    assert viewer.get(path).json() == {"inApp": [], "byEmail": []}
    answer = viewer.patch(path, {"inApp": ["health", "expiry"]})
    wrong = viewer.patch(path, {"byEmail": ["weather"]})

    assert answer.json() == {"inApp": ["health", "expiry"], "byEmail": []}
    assert "byEmail" in wrong.json()["error"]["meta"]["fields"]
    chosen = NoticeChoice.objects.wanted_by(here.people[Role.VIEWER], here.project)
    assert chosen == Wanted(("health", "expiry"), ())


def test_owners_alone_see_how_the_mails_went(here):
    path = f"{API}/email-deliveries?projectId={here.project.public_id}&state=pending"

    told = here.client(Role.OWNER).get(path).json()["data"]

    assert {row["noticeId"] for row in told} == {here.notice.public_id}
    assert here.client(Role.ADMIN).get(path).status_code == 403


def test_a_signing_secret_is_told_once(here, script):
    made = script.post(
        f"{API}/webhooks",
        {"name": "on-call", "url": "http://127.0.0.1:9/hook", "topics": ["limits"]},
        headers={"Idempotency-Key": "made-once"},
    )
    again = script.post(
        f"{API}/webhooks",
        {"name": "on-call", "url": "http://127.0.0.1:9/hook", "topics": ["limits"]},
        headers={"Idempotency-Key": "made-once"},
    )
    path = f"{API}/webhooks/{made.json()['id']}"
    rotated = script.post(f"{path}/rotate").json()["secret"]

    assert made.status_code == 201, made.content
    assert made.json()["secret"].startswith("whsec_")
    assert again.json()["secret"] is None
    assert rotated not in {None, made.json()["secret"]}
    assert "secret" not in script.get(path).json()


def test_a_webhook_to_an_address_that_may_not_be_called_is_refused_at_its_field(script, settings):
    settings.EGRESS_ALLOW_LOOPBACK = False

    answer = script.post(f"{API}/webhooks", {"name": "inside", "url": "http://127.0.0.1/hook"})

    assert answer.status_code == 400
    assert "url" in answer.json()["error"]["meta"]["fields"]


def test_a_test_is_queued_and_listed_among_the_deliveries(
    here, script, queued, django_capture_on_commit_callbacks
):
    webhook, _ = make_webhook(here.project)

    with django_capture_on_commit_callbacks(execute=True):
        begun = script.post(f"{API}/webhooks/{webhook.public_id}/test")
    listed = script.get(f"{API}/webhooks/{webhook.public_id}/deliveries").json()["data"]

    assert begun.status_code == 202, begun.content
    assert queued == ["providers.webhook_tasks.post_webhook"]
    assert [row["id"] for row in listed] == [begun.json()["id"]]
    assert listed[0]["noticeId"] is None


def test_a_webhook_is_changed_in_part_and_deleted(here, script):
    path = f"{API}/webhooks/{here.webhook.public_id}"

    changed = script.patch(path, {"isEnabled": False}).json()
    gone = script.delete(path)

    assert (changed["isEnabled"], changed["url"]) == (False, here.webhook.url)
    assert gone.status_code == 204
    assert not Webhook.objects.filter(pk=here.webhook.pk).exists()
    assert not WebhookDelivery.objects.filter(webhook=here.webhook.pk).exists()


def test_a_strangers_webhook_and_notice_do_not_exist(here, elsewhere):
    owner = signed_in(here.people[Role.OWNER])

    for path in (
        f"{API}/webhooks/{elsewhere.webhook.public_id}",
        f"{API}/webhooks/{elsewhere.webhook.public_id}/deliveries",
        f"{API}/notices/{elsewhere.notice.public_id}",
    ):
        assert owner.get(path).status_code == 404
