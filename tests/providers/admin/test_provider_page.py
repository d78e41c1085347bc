"""A provider's own page: its cards, its models, and the first request to try."""

import re

import pytest
from django.utils import timezone

from providers.models import HealthCheck, Operation, Provider, Secret, Status
from tests.factories import make_catalog_entry, make_provider, make_secret
from tests.providers.admin.addresses import HTMX, IN_DIALOG, provider_url, text_of

pytestmark = pytest.mark.django_db

KEY = "sk-test-9876543210fedcba"
MOST_QUERIES = 24  # with the sign-in, the project switcher and the charts


@pytest.fixture
def provider(project):
    secret = make_secret(project, name="Main key", values={"api_key": KEY})
    return make_provider(project, name="Main", models=("gpt-a", "gpt-b"), secret=secret)


def shown(browser, provider):
    answer = browser.get(provider_url("detail", provider))
    assert answer.status_code == 200
    return answer


def test_the_cards_tell_kind_status_health_and_credential(browse, editor, provider):
    answer = shown(browse(editor), provider)

    said = text_of(answer)
    for words in ("api.openai.com/v1", "Active", "Unknown", "sk-tes…", "Last used: never"):
        assert words in said
    assert KEY not in answer.content.decode()


@pytest.mark.parametrize(("reader", "is_told"), [("owner", False), ("staff", True)])
def test_the_credential_of_a_shared_provider_is_for_staff_alone(request, browse, reader, is_told):
    browser = browse(request.getfixturevalue(reader))
    secret = make_secret(values={"api_key": KEY})
    Secret.objects.update(project=None)
    shared = Provider.objects.create(project=None, name="For all", kind="openai", secret=secret)

    said = text_of(shown(browser, shared))

    assert ("sk-tes…" in said, "Last used: never" in said) == (is_told, is_told)
    assert ("Credential Stored" in said) is not is_told


def test_disabled_models_are_here_though_the_list_leaves_them_out(browse, editor, provider):
    provider.models.filter(upstream_id="gpt-b").update(status=Status.DISABLED)

    rows = shown(browse(editor), provider).context["page"].models

    assert [row.model.upstream_id for row in rows] == ["gpt-a", "gpt-b"]
    labels = [item.label for item in rows[1].menu]
    assert "Enable" in labels
    assert "Disable" not in labels


def test_the_first_request_names_gateway_provider_and_model(
    browse, editor, provider, settings, activate
):
    settings.GATEWAY_URL = "http://gateway.example.com:8080"
    activate(provider.models.get(upstream_id="gpt-a"))

    said = shown(browse(editor), provider).content.decode()

    assert "curl http://gateway.example.com:8080/v1/chat/completions" in said
    assert "main/gpt-a" in said
    assert '"model": "default"' in said


def test_a_model_id_that_a_shell_would_read_is_not_put_into_a_command(browse, editor, project):
    provider = make_provider(project, models=("x' ; rm -rf ~ #",))

    page = shown(browse(editor), provider).context["page"]

    assert page.try_models == ()


def test_enabling_and_disabling_is_said_and_recorded(browse, editor, provider):
    browser = browse(editor)

    disabled = browser.post(provider_url("disable", provider), headers=HTMX)
    was_active = Provider.objects.get().is_active
    enabled = browser.post(provider_url("enable", provider), headers=HTMX)

    assert "Main is disabled. It keeps everything it has." in text_of(disabled)
    assert "axiom:changed" in disabled.headers["HX-Trigger"]
    assert not was_active
    assert "Main is enabled." in text_of(enabled)
    assert Provider.objects.get().is_active


def test_a_button_without_htmx_leads_back_to_the_page(browse, editor, provider):
    answer = browse(editor).post(provider_url("disable", provider), follow=True)

    assert answer.redirect_chain == [(provider_url("detail", provider), 302)]
    assert "Main is disabled." in text_of(answer)


def test_a_refusal_is_told_where_the_button_was_and_changes_nothing(
    browse, editor, provider, activate
):
    activate(provider.models.first())

    answer = browse(editor).post(provider_url("disable", provider), headers=HTMX)

    assert answer.status_code == 409
    assert answer.headers["X-Fragment"] == "1"
    assert answer.headers["HX-Reswap"] == "none"
    assert "make another model active first" in text_of(answer)
    assert Provider.objects.get().is_active


def test_deleting_asks_by_name_and_says_what_goes(browse, owner, provider):
    said = text_of(browse(owner).get(provider_url("delete", provider), headers=IN_DIALOG))

    assert "Delete Main?" in said
    assert "Main and its 2 models can't be called through Axiom any more." in said
    assert "Nothing is uninstalled" in said
    assert "1 secret : Main key" in said
    assert "No requests in the last 7 days." in said
    assert Provider.objects.exists()


def test_a_secret_that_others_use_stays_and_the_dialog_says_so(browse, owner, provider, project):
    make_provider(project, secret=provider.secret)

    said = text_of(browse(owner).get(provider_url("delete", provider), headers=IN_DIALOG))

    assert "Its secret “Main key” stays: other providers use it." in said


def test_the_owner_of_the_active_model_has_no_delete_button(browse, owner, provider, activate):
    activate(provider.models.first())
    browser = browse(owner)

    asked = browser.get(provider_url("delete", provider), headers=IN_DIALOG)
    forced = browser.post(provider_url("delete", provider), headers=HTMX)

    assert "Delete provider" not in text_of(asked)
    assert forced.status_code == 409
    assert Provider.objects.exists()


@pytest.mark.parametrize("page", ["detail", "changelist"])
def test_after_a_deletion_the_reader_stands_on_a_page_that_exists(browse, owner, provider, page):
    here = provider_url(page, provider if page == "detail" else None)
    headers = HTMX | {"HX-Current-URL": f"http://testserver{here}"}

    answer = browse(owner).post(provider_url("delete", provider), {"dialog": "1"}, headers=headers)

    leaves = answer.headers.get("HX-Redirect") == provider_url("changelist")
    assert leaves == (page == "detail")
    assert not Provider.objects.exists()


def test_all_models_are_tested_at_once(browse, editor, provider):
    provider.models.create(upstream_id="off", status=Status.DISABLED, position=9)

    answer = browse(editor).post(provider_url("test", provider), headers=HTMX)

    assert "Testing 2 models: 0 of 2" in text_of(answer)
    assert Operation.objects.filter(verb=Operation.Verb.TEST_MODEL).count() == 2


def test_an_import_runs_as_an_operation_and_is_followed(browse, editor, provider):
    make_catalog_entry("gpt-new")
    browser = browse(editor)

    started = browser.post(provider_url("import_catalog", provider), headers=HTMX)
    again = browser.post(provider_url("import_catalog", provider), headers=HTMX)

    operation = Operation.objects.get()
    assert f"/operation/{operation.public_id}/badge/" in started.content.decode()
    assert started.content == again.content
    assert "Importing…" in text_of(shown(browser, provider))


def test_the_end_of_an_import_says_how_many_and_reloads_the_page(browse, editor, provider):
    operation = Operation.start(Operation.Verb.IMPORT_CATALOG, provider, by=editor)
    operation.finish(Operation.State.SUCCEEDED, message="3 added, 2 already there.")
    where = f"/admin/providers/operation/{operation.public_id}/badge/"

    answer = browse(editor).get(where, headers=HTMX)

    assert "Imported. 3 added, 2 already there." in text_of(answer)
    assert "axiom:changed" in answer.headers["HX-Trigger"]


def test_a_viewers_page_has_no_buttons_that_change(browse, viewer, provider):
    make_catalog_entry("gpt-new")

    said = shown(browse(viewer), provider).content.decode()

    posts = set(re.findall(r'hx-post="([^"]+)"', said))
    assert posts == {provider_url("freshen", provider)}  # the page's own, once it has loaded
    assert "Add custom model" not in said


def test_the_page_costs_the_same_with_many_models(browse, editor, provider, queries_of):
    browser, where = browse(editor), provider_url("detail", provider)
    before = queries_of(browser, where)

    for number in range(20):
        model = provider.models.create(upstream_id=f"m{number}", position=10 + number)
        model.test_status, model.tested_at = "connected", timezone.now()
        model.save()
        Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)
        HealthCheck.objects.create(
            provider=provider, checked_at=timezone.now(), state="reachable", latency_ms=number
        )

    assert queries_of(browser, where) == before
    assert before <= MOST_QUERIES
