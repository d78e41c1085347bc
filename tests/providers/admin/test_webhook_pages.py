import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import DeliveryState
from providers import webhook_tasks
from providers.models import Webhook, WebhookDelivery
from providers.services import webhooks
from tests.factories import make_notice, make_webhook

pytestmark = pytest.mark.django_db

LIST = "/admin/providers/webhook/"
DRAFT = {
    "name": "on-call",
    "url": "http://127.0.0.1:9/hook",
    "topics": ["health"],
    "is_enabled": "on",
}


def page_of(webhook, page="change"):
    return f"{LIST}{webhook.public_id}/{page}/"


def text_of(answer):
    return answer.content.decode()


def test_the_secret_is_shown_once_when_the_webhook_is_made(browse, project, admin):
    browser = browse(admin)

    answer = browser.post(f"{LIST}add/", DRAFT | {"project": project.public_id})

    webhook = Webhook.objects.get()
    (secret,) = webhook.signing_secrets(now=timezone.now())
    assert secret in text_of(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert (webhook.name, webhook.topics) == ("on-call", ["health"])
    for page in (LIST, page_of(webhook), page_of(webhook, "edit")):
        assert secret not in text_of(browser.get(page))


def test_an_address_that_may_not_be_called_is_told_at_its_field(browse, project, admin, settings):
    settings.EGRESS_ALLOW_LOOPBACK = False

    answer = browse(admin).post(f"{LIST}add/", DRAFT | {"project": project.public_id})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"url"}
    assert 'value="on-call"' in text_of(answer)
    assert not Webhook.objects.exists()


def test_it_is_edited_switched_off_and_deleted(browse, project, admin):
    webhook, _ = make_webhook(project)
    browser = browse(admin)
    changed = {
        "name": "pager",
        "url": webhook.url,
        "topics": ["limits"],
        "project": project.public_id,
    }

    browser.post(page_of(webhook, "edit"), changed)
    webhook.refresh_from_db()
    assert (webhook.name, webhook.topics, webhook.is_enabled) == ("pager", ["limits"], False)

    browser.post(page_of(webhook, "delete"))
    assert not Webhook.objects.exists()


def test_a_rotation_shows_the_new_secret_once(browse, project, admin):
    webhook, old = make_webhook(project)

    answer = browse(admin).post(page_of(webhook, "rotate"))

    new, previous = Webhook.objects.get().signing_secrets(now=timezone.now())
    assert previous == old
    assert new in text_of(answer)
    assert old not in text_of(answer)


def test_a_test_is_queued_and_its_page_shows_what_came_of_it(
    browse, project, admin, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    monkeypatch.setattr(
        webhook_tasks.post_webhook, "apply_async", lambda **sent: queued.append(sent["kwargs"])
    )
    webhook, _ = make_webhook(project)
    browser = browse(admin)

    with django_capture_on_commit_callbacks(execute=True):
        browser.post(page_of(webhook, "test"))
    webhooks.post(WebhookDelivery.objects.get().pk, now=timezone.now())

    assert queued == [{"delivery_id": WebhookDelivery.objects.get().pk}]
    page = text_of(browser.get(page_of(webhook)))
    assert "A test" in page
    assert "connection refused" in page
    assert "failing" in text_of(browser.get(LIST))


def test_its_page_lists_what_went_there(browse, project, admin):
    webhook, _ = make_webhook(project)
    notice = make_notice(project, message="gpt-5.4 is down.")
    webhook.deliveries.update(state=DeliveryState.SENT, finished_at=timezone.now(), attempts=2)

    page = text_of(browse(admin).get(page_of(webhook)))

    assert "gpt-5.4 is down." in page
    assert notice.public_id in page
    assert "sent" in page


def test_whole_addresses_are_shown_in_the_form_alone(browse, project, admin):
    webhook, _ = make_webhook(project, url="http://127.0.0.1:9/T0K3N/hook")
    browser = browse(admin)

    assert "T0K3N" not in text_of(browser.get(LIST)) + text_of(browser.get(page_of(webhook)))
    assert "T0K3N" in text_of(browser.get(page_of(webhook, "edit")))


def test_editors_and_strangers_find_none(browse, project, editor, stranger):
    webhook, _ = make_webhook(project)

    for person in (editor, stranger):
        for page in ("change", "edit", "rotate", "delete"):
            assert browse(person).get(page_of(webhook, page)).status_code == 404


def test_the_list_costs_the_same_with_many(browse, project, admin, django_assert_num_queries):
    browser = browse(admin)
    make_webhook(project)
    make_notice(project)
    browser.get(LIST)
    with CaptureQueriesContext(connection) as few:
        browser.get(LIST)
    for _ in range(4):
        make_webhook(project)
    make_notice(project)

    with django_assert_num_queries(len(few)):
        browser.get(LIST)
