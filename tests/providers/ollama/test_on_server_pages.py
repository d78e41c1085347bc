"""The panel of an Ollama server, and the same over REST."""

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role
from providers import ollama_tasks, tasks
from providers.models import Operation
from tests.factories import make_key, make_member, make_provider
from tests.providers.admin.addresses import IN_DIALOG, provider_url, text_of

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
HTMX = {"HX-Request": "true"}


def browser_of(person):
    browser = Client()
    browser.force_login(person, backend=BACKEND)
    return browser


@pytest.fixture
def script(project, owner):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(project, created_by=owner)[1]}")
    return client


def refreshed(provider, by):
    operation = tasks.begin_refresh(provider, by=by)
    tasks.refresh_models.apply(kwargs={"operation_id": operation.pk}, throw=True)


def panel(person, provider):
    return text_of(browser_of(person).get(provider_url("on_server", provider), headers=HTMX))


def rest(provider, more=""):
    return f"/api/v1/ai-providers/{provider.public_id}/installed-models{more}"


def test_the_table_shows_what_tags_show(provider, editor):
    assert "Nobody has asked this server" in panel(editor, provider)

    refreshed(provider, editor)

    said = panel(editor, provider)
    for word in ("llama3.3:70b", "70.6B", "Q4_K_M", "39.6 GB", "embedding", "137M", "F16"):
        assert word in said


def test_ticking_a_model_enables_it(provider, editor):
    refreshed(provider, editor)

    answer = browser_of(editor).post(
        provider_url("add_from_server", provider), {"add": "llama3.3:70b"}, headers=HTMX
    )

    assert answer.status_code == 200
    assert provider.models.get(upstream_id="llama3.3:70b").is_enabled


def test_a_model_that_is_enabled_without_its_tag_is_ticked(ollama, project, editor):
    provider = make_provider(
        project, kind="ollama", base_url=ollama.origin, models=("nomic-embed-text",)
    )
    refreshed(provider, editor)

    where = provider_url("on_server", provider)
    said = browser_of(editor).get(where, headers=HTMX).content.decode()

    assert 'checked aria-label="Enabled: nomic-embed-text:latest"' in said
    assert 'name="add" value="llama3.3:70b"' in said


def test_an_unreachable_server_is_a_banner_with_the_address_and_a_retry(ollama, provider, editor):
    ollama.stop()
    refreshed(provider, editor)

    said = panel(editor, provider)

    assert f"Could not reach Ollama at {provider.base_url}" in said
    assert "Retry" in said


def test_a_pull_is_begun_shown_and_cancelled(provider, editor):
    browser = browser_of(editor)
    browser.post(provider_url("pull", provider), {"model": "qwen3:8b"}, headers=HTMX)
    operation = Operation.objects.get(verb="pull_model")
    Operation.objects.filter(pk=operation.pk).update(
        state="running", result={"stage": "pulling aaaa", "percent": 42, "total": 5000}
    )

    said = panel(editor, provider)
    assert "Pulling qwen3:8b" in said
    assert "42 % of 4.9 KB" in said
    assert "pulling aaaa" in said

    browser.post(
        provider_url("cancel_pull", provider), {"operation": operation.public_id}, headers=HTMX
    )
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    assert "Pulling" not in panel(editor, provider)


def test_a_pull_that_failed_says_why(ollama, provider, editor):
    ollama.error = "pull model manifest: file does not exist"
    operation = ollama_tasks.begin_pull(provider, "nothing", by=editor)
    ollama_tasks.pull_model.apply(kwargs={"operation_id": operation.pk}, throw=True)

    assert "file does not exist" in panel(editor, provider)


def test_a_name_that_is_none_is_refused_in_a_banner(provider, editor):
    answer = browser_of(editor).post(provider_url("pull", provider), {"model": "a b"}, headers=HTMX)

    assert answer.status_code == 409
    assert not Operation.objects.exists()


def test_deleting_asks_first_and_names_the_server(provider, admin, editor):
    where = provider_url("delete_from_server", provider)
    browser = browser_of(admin)

    asked = browser.get(where, {"model": "llama3.3:70b"}, headers=IN_DIALOG)
    assert "is deleted from the disk of Attic" in text_of(asked)
    browser.post(where, {"model": "llama3.3:70b", "dialog": "1"}, headers=HTMX)

    assert Operation.objects.get().target_name == "llama3.3:70b"
    assert browser_of(editor).get(where, {"model": "x"}).status_code == 403


def test_the_panel_is_on_an_ollama_providers_page_alone(provider, project, editor):
    where = provider_url("on_server", provider)
    assert where in browser_of(editor).get(provider_url("detail", provider)).content.decode()

    other = make_provider(project)
    page = browser_of(editor).get(provider_url("detail", other)).content.decode()
    assert "on-server" not in page


def test_the_same_over_rest(ollama, provider, script, queued, django_capture_on_commit_callbacks):
    listed = script.get(rest(provider)).json()["data"]
    assert listed[0] == {
        "id": "llama3.3:70b",
        "kind": "chat",
        "size": 42520413916,
        "parameters": "70.6B",
        "quantization": "Q4_K_M",
    }

    with django_capture_on_commit_callbacks(execute=True):
        pulled = script.post(rest(provider), {"model": "hf.co/team/model:Q4"})
    assert pulled.status_code == 202
    assert pulled.json()["targetName"] == "hf.co/team/model:Q4"
    deleted = script.delete(rest(provider, "/hf.co/team/model:Q4"))
    assert deleted.status_code == 202
    assert deleted.json()["targetName"] == "hf.co/team/model:Q4"
    assert [name for name, _ in queued][:1] == ["pull_model"]


def test_rest_refuses_other_kinds_and_names(project, provider, script):
    other = make_provider(project)

    assert script.get(rest(other)).status_code == 409
    assert script.post(rest(provider), {"model": "a b"}).status_code == 400


def test_strangers_find_no_panel_and_viewers_none(provider, project, stranger):
    viewer = make_member(project, Role.VIEWER)
    for page in ("on_server", "pull", "cancel_pull", "add_from_server", "delete_from_server"):
        where = provider_url(page, provider)
        for person, status in ((stranger, 404), (viewer, 403)):
            browser = browser_of(person)
            assert {browser.get(where).status_code, browser.post(where).status_code} <= {
                status,
                405,
            }


def test_a_list_that_was_made_long_ago_says_when(provider, editor):
    refreshed(provider, editor)
    Operation.objects.update(finished_at=timezone.now())

    assert "Listed" in panel(editor, provider)
