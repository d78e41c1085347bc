"""The form follows the kind, live, and forgets nothing that was typed but credentials."""

import re

import pytest

from providers.models import Provider
from tests.factories import make_catalog_entry, make_provider
from tests.providers.admin.addresses import HTMX, provider_url, text_of

pytestmark = pytest.mark.django_db

KEY = "sk-test-9876543210fedcba"
CUSTOM_URL = "http://127.0.0.1:9/v1"


def filled(**changes):
    return {
        "name": "Main",
        "kind": "openai",
        "fields_of": "openai",
        "api_key": KEY,
        "models.openai": ["gpt-a", "gpt-b"],
        "degraded_threshold_ms": "5000",
    } | changes


def hidden(answer):
    """Give what the form keeps unseen, by name."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()
    )
    return {
        name: value for name, value in found if name.startswith(("kept.", "models.", "listed."))
    }


@pytest.fixture
def catalog(db):
    make_catalog_entry("gpt-a")
    make_catalog_entry("gpt-b")


@pytest.fixture
def follow(browse, editor):
    """Choose another type, as the page does."""

    def choose(kind, **fields):
        posted = filled(**fields) | {"kind": kind, "_follow": "1"}
        return browse(editor).post(provider_url("add"), posted, headers=HTMX)

    return choose


def test_types_are_grouped_in_their_order(browse, editor):
    said = browse(editor).get(provider_url("add")).content.decode()

    groups = re.findall(r'<optgroup label="([^"]+)">', said)
    assert groups == [
        "API key · Primary",
        "API key · Cloud",
        "API key · OpenAI-compatible",
        "Subscription / OAuth",
    ]
    assert '<option value="groq">Groq</option>' in said
    assert 'value="kimi"' not in said


def test_a_kind_with_a_login_asks_for_a_client_id_and_offers_to_connect(browse, editor):
    answer = browse(editor).get(provider_url("add"), {"kind": "github-copilot"})

    assert "The one that the vendor registered for you" in text_of(answer)
    assert "Login & Connect" in text_of(answer)


def test_the_form_of_ollama_says_what_is_done_elsewhere(browse, editor):
    said = text_of(browse(editor).get(provider_url("add"), {"kind": "ollama"}))

    assert "Models are pulled and deleted on this provider's page" in said


def test_a_login_without_a_client_id_is_refused_with_its_reason(browse, editor):
    answer = browse(editor).post(provider_url("add"), filled(kind="github-copilot", fields_of=""))

    assert answer.status_code == 422
    assert answer.context["form"].errors["client_id"] == ["Client ID is required."]
    assert not Provider.objects.exists()


def test_an_alias_opens_the_form_of_its_kind(browse, editor):
    answer = browse(editor).get(provider_url("add"), {"kind": "gemini"})

    assert answer.context["kind"].slug == "google"


def test_following_the_kind_keeps_what_was_typed(browse, editor, catalog):
    posted = filled(kind="custom", fields_of="openai", _follow="1", organization="org-1")

    answer = browse(editor).post(provider_url("add"), posted, headers=HTMX)

    said = answer.content.decode()
    assert answer.status_code == 200
    assert 'placeholder="https://llm.example.com/v1"' in said
    assert '<input type="hidden" name="kept.openai.organization" value="org-1">' in said
    assert '<input type="hidden" name="models.openai" value="gpt-a">' in said
    assert not Provider.objects.exists()


def test_what_waited_is_back_when_its_kind_is_chosen_again(browse, editor, catalog):
    posted = filled(kind="openai", fields_of="custom", _follow="1", base_url=CUSTOM_URL)
    posted |= {"kept.openai.organization": "org-1", "kept.openai.more_models": "gpt-x"}

    answer = browse(editor).post(provider_url("add"), posted, headers=HTMX)

    said = answer.content.decode()
    assert 'name="organization" value="org-1"' in said
    assert "gpt-x</textarea>" in said
    assert f'<input type="hidden" name="kept.custom.base_url" value="{CUSTOM_URL}">' in said
    assert 'value="gpt-b" checked' in said


def test_the_field_of_one_kind_is_not_filled_with_that_of_another(follow):
    answer = follow("vertex", project="proj_openai")

    assert hidden(answer)["kept.openai.project"] == "proj_openai"
    assert 'name="project" value' not in answer.content.decode()


def test_typed_ids_and_fetched_lists_wait_for_their_kind(follow):
    fetched = {"fields_of": "custom", "listed.custom": ["live-a"], "more_models": "typed-b"}

    answer = follow("openai", **fetched)

    assert hidden(answer)["listed.custom"] == "live-a"
    assert hidden(answer)["kept.custom.more_models"] == "typed-b"
    assert "typed-b</textarea>" not in answer.content.decode()


def test_what_belongs_to_all_kinds_stays_in_the_form_outside_the_swapped_part(follow):
    said = follow("anthropic").content.decode()

    assert 'name="name"' not in said
    assert 'name="agent_types"' not in said


def test_no_credential_waits_or_is_carried_to_another_kind(follow):
    waiting = {"kept.groq.api_key": KEY, "secret_headers": f"X: {KEY}"}

    said = follow("anthropic", **waiting).content.decode()

    assert KEY not in said
    assert 'id="id_anthropic_api_key"' in said


def test_saving_right_after_another_type_was_chosen_stores_nothing_yet(browse, editor, catalog):
    posted = filled(kind="anthropic", organization="org-1")

    answer = browse(editor).post(provider_url("add"), posted, headers=HTMX)

    assert answer.status_code == 422
    assert "The type had just changed." in text_of(answer)
    assert hidden(answer)["kept.openai.organization"] == "org-1"
    assert not Provider.objects.exists()


def test_the_types_fields_arrive_with_a_button_that_says_what_it_does(follow):
    saves, connects = follow("anthropic"), follow("github-copilot")

    assert re.search(r'id="save-provider"[^>]* hx-swap-oob="true">', saves.content.decode())
    assert "Add provider" in text_of(saves)
    assert "Login & Connect" in text_of(connects)


def test_an_edit_that_tries_another_type_gets_its_own_back(browse, editor, project, catalog):
    provider = make_provider(project, models=("gpt-a",), config={"organization": "org-1"})
    browser, where = browse(editor), provider_url("change", provider)
    posted = filled(organization="org-1", kind="groq", _follow="1")

    away = browser.post(where, posted, headers=HTMX)
    back = browser.post(
        where, {"kind": "openai", "fields_of": "groq", "_follow": "1"} | hidden(away), headers=HTMX
    )

    assert 'name="organization" value="org-1"' in back.content.decode()


def test_restricted_terms_are_offered_to_staff_alone(browse, editor, staff, project):
    where = provider_url("add")

    asked = browse(staff).get(where, {"kind": "claude-sdk"}).content.decode()
    told = browse(editor).get(where, {"kind": "claude-sdk"})

    assert 'name="accept_terms"' in asked
    assert 'name="accept_terms"' not in told.content.decode()


def personal(**changes):
    given = {"name": "Mine", "kind": "claude-sdk", "oauth_token": "sk-ant-oat01-0123456789"}
    return given | {"degraded_threshold_ms": "5000", "more_models": "claude-a"} | changes


def test_a_restricted_kind_waits_for_staff_and_says_so(browse, editor, project):
    answer = browse(editor).post(provider_url("add"), personal(accept_terms="on"))

    assert "must accept its terms once" in answer.context["form"].errors["kind"][0]
    assert not Provider.objects.exists()


def test_staff_accept_the_terms_once_and_others_use_the_kind_then(browse, editor, staff, project):
    owner = {"owner": project.public_id}
    refused = browse(staff).post(provider_url("add"), personal(**owner))

    browse(staff).post(provider_url("add"), personal(accept_terms="on", **owner))
    again = browse(staff).get(provider_url("add"), {"kind": "claude-sdk"}).content.decode()
    browse(editor).post(provider_url("add"), personal(name="Hers"))

    assert "must accept" in refused.context["form"].errors["accept_terms"][0]
    assert 'name="accept_terms"' not in again
    assert Provider.objects.count() == 2
    assert {row.terms_accepted_by for row in Provider.objects.all()} == {staff}


def test_a_personal_login_is_not_shared_and_the_type_says_why(browse, staff):
    answer = browse(staff).post(provider_url("add"), personal(owner="shared", accept_terms="on"))

    assert "is personal and can't be shared" in answer.context["form"].errors["kind"][0]
    assert not Provider.objects.exists()
