"""Secrets: what is known of each, another value for it, never a look at the value."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from providers import tasks
from providers.models import Secret
from tests.factories import make_provider, make_secret
from tests.providers.admin.addresses import HTMX, IN_DIALOG, text_of

pytestmark = pytest.mark.django_db

OLD, NEW = "sk-old-0123456789abcdefgh", "sk-new-0123456789abcdefgh"
LIST = "admin:providers_secret_changelist"


@pytest.fixture
def secret(project):
    return make_secret(project, name="Main key", values={"api_key": OLD})


def address(page, secret):
    return reverse(f"admin:providers_secret_{page}", args=[secret.public_id])


def test_the_list_tells_all_but_the_value(browse, viewer, secret, project):
    make_provider(project, name="Main", secret=secret)

    answer = browse(viewer).get(reverse(LIST))

    said = text_of(answer)
    for words in ("Main key", "OpenAI", "sk-old…", "Main", "just now", "never"):
        assert words in said
    assert OLD not in answer.content.decode()


def test_the_page_of_one_tells_where_it_goes_and_who_uses_it(browse, viewer, secret, project):
    provider = make_provider(project, name="Main", secret=secret)

    answer = browse(viewer).get(address("change", secret))

    assert "api.openai.com alone" in text_of(answer)
    assert f"/provider/{provider.public_id}/detail/" in answer.content.decode()
    assert OLD not in answer.content.decode()


def test_a_value_is_replaced_and_what_uses_it_is_untested_again(browse, editor, secret, project):
    provider = make_provider(project, secret=secret)
    provider.models.update(test_status="connected", tested_at=timezone.now())

    answer = browse(editor).post(
        address("replace", secret), {"api_key": NEW, "dialog": "1"}, headers=HTMX
    )

    secret = Secret.objects.with_key().get()
    assert "Main key has its new value." in text_of(answer)
    assert secret.open(purpose="test", now=timezone.now()) == {"api_key": NEW}
    assert provider.models.get().test_status == "untested"
    assert NEW not in answer.content.decode()
    assert NEW not in str(list(AuditEvent.objects.values()))


def test_an_empty_value_replaces_nothing(browse, editor, secret):
    before = bytes(secret.ciphertext)

    answer = browse(editor).post(address("replace", secret), {"api_key": " "}, headers=HTMX)

    assert answer.status_code == 422
    assert "API key is required." in text_of(answer)
    assert bytes(Secret.objects.get().ciphertext) == before


def test_a_secret_in_use_is_not_deleted_and_its_users_are_named(browse, owner, secret, project):
    make_provider(project, name="Main", secret=secret)
    browser = browse(owner)
    reason = "“Main key” is used by 1 provider: “Main”. Give them another secret"

    asked = browser.get(address("delete", secret), headers=IN_DIALOG)
    forced = browser.post(address("delete", secret), {"dialog": "1"}, headers=HTMX)
    in_list = browser.get(reverse(LIST))

    assert all(reason in text_of(answer) for answer in (asked, forced, in_list))
    assert "Delete secret" not in text_of(asked)
    assert forced.status_code == 409
    assert Secret.objects.exists()


def test_an_unused_secret_is_deleted(browse, owner, secret):
    answer = browse(owner).post(address("delete", secret))

    assert answer.headers["Location"] == reverse(LIST)
    assert not Secret.objects.exists()


def test_there_is_no_page_to_add_one_by_hand(browse, owner):
    answer = browse(owner).get("/admin/providers/secret/add/", follow=True)

    assert answer.status_code == 404


def test_the_list_costs_the_same_with_many(browse, editor, secret, project, queries_of):
    browser = browse(editor)
    before = queries_of(browser, reverse(LIST))

    for _ in range(8):
        make_provider(project, secret=make_secret(project))

    assert queries_of(browser, reverse(LIST)) == before


def test_what_uses_a_replaced_value_is_looked_at_soon(
    browse, editor, secret, project, monkeypatch, django_capture_on_commit_callbacks
):
    provider = make_provider(project, secret=secret)
    make_provider(project, secret=secret, status="disabled")
    asked = []
    monkeypatch.setattr(tasks.check_provider, "apply_async", lambda **call: asked.append(call))

    with django_capture_on_commit_callbacks(execute=True):
        browse(editor).post(address("replace", secret), {"api_key": NEW})

    assert asked == [{"kwargs": {"provider_id": provider.pk}}]
