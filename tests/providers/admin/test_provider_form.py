"""Adding and editing a provider: the form follows the kind, and loses nothing but credentials."""

import base64
import os

import pytest

from accounts.models import AuditEvent
from foundation.crypto.keys import RootKeyRing
from providers.models import ProjectRouting, Provider
from tests.factories import make_catalog_entry, make_provider, make_secret
from tests.providers.admin.addresses import HTMX, IN_DIALOG, provider_url, text_of

pytestmark = pytest.mark.django_db

KEY = "sk-test-9876543210fedcba"
CUSTOM_URL = "http://127.0.0.1:9/v1"


def filled(**changes):
    return {
        "name": "Main",
        "kind": "openai",
        "api_key": KEY,
        "models.openai": ["gpt-a", "gpt-b"],
        "degraded_threshold_ms": "5000",
    } | changes


@pytest.fixture
def catalog(db):
    make_catalog_entry("gpt-a", input_price="2.5", output_price="15")
    make_catalog_entry("gpt-b")
    make_catalog_entry("text-embedding-c", kind="embedding")
    make_catalog_entry("gpt-old", status="deprecated")


@pytest.fixture
def provider(project, catalog):
    secret = make_secret(project, values={"api_key": KEY})
    return make_provider(project, name="Main", models=("gpt-a", "gpt-b"), secret=secret)


def test_a_provider_is_added_with_its_key_and_ticked_models(browse, editor, project, catalog):
    answer = browse(editor).post(provider_url("add"), filled())

    provider = Provider.objects.get()
    assert answer.headers["Location"] == provider_url("detail", provider)
    assert provider.project == project
    assert provider.secret.prefix == "sk-tes"
    models = list(provider.models.in_form_order())
    assert [model.upstream_id for model in models] == ["gpt-a", "gpt-b"]
    assert str(models[0].input_price) == "2.50000000"
    assert provider.default_model == models[0]
    assert ProjectRouting.objects.get().active_model == models[0]
    added = AuditEvent.objects.filter(action="aiProviders:CreateAiProvider").get()
    assert added.actor_id == editor.public_id


def test_the_catalogs_models_are_offered_with_prices_and_without_the_deprecated(
    browse, editor, catalog
):
    said = text_of(browse(editor).get(provider_url("add")))

    assert "gpt-a" in said
    assert "$2.50 / $15.00" in said
    assert "gpt-old" not in said


@pytest.mark.parametrize("also", [{"_follow": "1"}, {"name": ""}])
def test_a_typed_credential_is_never_written_out(browse, editor, catalog, also):
    answer = browse(editor).post(provider_url("add"), filled(**also), headers=HTMX)

    assert KEY not in answer.content.decode()
    assert 'hx-preserve="true"' in answer.content.decode()


def test_every_error_stands_at_its_field_at_once(browse, editor):
    posted = filled(name="", kind="custom", base_url="ftp://x", degraded_threshold_ms="no")

    answer = browse(editor).post(provider_url("add"), posted)

    errors = answer.context["form"].errors
    assert answer.status_code == 422
    assert set(errors) == {"name", "base_url", "degraded_threshold_ms"}


def test_what_was_typed_stands_after_an_error(browse, editor, catalog):
    posted = filled(name="", organization="org-1", more_models="gpt-x")

    said = browse(editor).post(provider_url("add"), posted).content.decode()

    assert 'value="org-1"' in said
    assert 'value="gpt-b" checked' in said
    assert "gpt-x</textarea>" in said


def test_a_taken_name_is_one_clear_error_at_the_name(browse, editor, provider):
    answer = browse(editor).post(provider_url("add"), filled(name="MAIN"))

    errors = answer.context["form"].errors
    assert errors == {"name": ["This project already has a provider of that name."]}
    assert Provider.objects.count() == 1


def test_a_required_key_is_asked_for(browse, editor):
    answer = browse(editor).post(provider_url("add"), filled(api_key=""))

    assert answer.context["form"].errors["api_key"] == ["API key is required."]


def test_typed_model_ids_are_kept_beside_the_ticked_ones(browse, editor, catalog):
    posted = filled(more_models="gpt-new\n\n gpt-a \ntext-embedding-x")

    browse(editor).post(provider_url("add"), posted)

    models = Provider.objects.get().models.in_form_order()
    assert [(model.upstream_id, model.kind) for model in models] == [
        ("gpt-a", "chat"),
        ("gpt-b", "chat"),
        ("gpt-new", "chat"),
        ("text-embedding-x", "embedding"),
    ]


def test_the_form_opens_in_the_dialog_and_answers_there(browse, editor, catalog):
    browser = browse(editor)

    opened = browser.get(provider_url("add"), headers=IN_DIALOG).content.decode()
    saved = browser.post(provider_url("add"), filled(dialog="1"), headers=HTMX)

    assert "<html" not in opened
    assert '<input type="hidden" name="dialog" value="1">' in opened
    assert "axiom:close-dialog" in saved.headers["HX-Trigger"]
    assert "axiom:changed" in saved.headers["HX-Trigger"]
    assert "Main was added." in saved.content.decode()


def test_errors_stay_in_the_dialog(browse, editor):
    answer = browse(editor).post(provider_url("add"), filled(name="", dialog="1"), headers=HTMX)

    assert answer.status_code == 422
    assert answer.headers["X-Fragment"] == "1"
    assert "<html" not in answer.content.decode()


def test_an_edit_shows_where_the_key_came_from_but_not_the_key(browse, editor, provider):
    said = text_of(browse(editor).get(provider_url("change", provider)))

    assert "Leave empty to keep the stored one. Stored: sk-tes… , set just now ." in said
    assert KEY not in browse(editor).get(provider_url("change", provider)).content.decode()


def test_an_empty_key_keeps_the_stored_one(browse, editor, provider):
    before = bytes(provider.secret.ciphertext)

    browse(editor).post(provider_url("change", provider), filled(name="Renamed", api_key=""))

    provider = Provider.objects.get()
    assert provider.name == "Renamed"
    assert bytes(provider.secret.ciphertext) == before


def test_unticking_removes_a_model_but_never_the_active_one(browse, editor, provider, activate):
    activate(provider.models.get(upstream_id="gpt-a"))
    browser, where = browse(editor), provider_url("change", provider)

    spare = provider.models.get(upstream_id="gpt-b")
    unticked = filled(api_key="", confirmed=spare.public_id, **{"models.openai": ["gpt-a"]})
    refused = browser.post(where, filled(api_key="", **{"models.openai": ["gpt-b"]}))
    accepted = browser.post(where, unticked)

    assert "gpt-a is the active model" in text_of(refused)
    assert accepted.status_code == 302
    assert [model.upstream_id for model in provider.models.all()] == ["gpt-a"]


def test_a_disabled_model_stays_ticked_so_that_saving_keeps_it(browse, editor, provider):
    provider.models.filter(upstream_id="gpt-b").update(status="disabled")

    said = browse(editor).get(provider_url("change", provider)).content.decode()

    assert 'value="gpt-b" checked' in said
    assert "disabled</span>" in said


def test_a_chosen_default_survives_an_edit_of_something_else(browse, editor, provider):
    provider.default_model = provider.models.get(upstream_id="gpt-b")
    provider.save(update_fields=["default_model"])

    browse(editor).post(provider_url("change", provider), filled(name="Other", api_key=""))

    assert Provider.objects.get().default_model.upstream_id == "gpt-b"


def test_the_first_ticked_becomes_the_default_when_the_order_changes(browse, editor, provider):
    ticked = {"models.openai": ["gpt-b", "gpt-a"]}

    browse(editor).post(provider_url("change", provider), filled(api_key="", **ticked))

    assert Provider.objects.get().default_model.upstream_id == "gpt-b"


def test_a_stored_key_is_never_sent_to_another_host(browse, editor, project):
    secret = make_secret(project, kind="custom", host="llm.example.com")
    provider = make_provider(
        project, kind="custom", secret=secret, base_url="https://llm.example.com/v1"
    )
    posted = {"name": provider.name, "kind": "custom", "base_url": CUSTOM_URL}
    posted |= {"models.custom": ["some-model"], "degraded_threshold_ms": "5000"}

    answer = browse(editor).post(provider_url("change", provider), posted)

    errors = answer.context["form"].errors
    assert "Enter the credential again" in errors["base_url"][0]
    assert Provider.objects.get().base_url == "https://llm.example.com/v1"


def test_staff_may_share_a_provider_with_every_project(browse, staff, project, catalog):
    browser = browse(staff)

    offered = text_of(browser.get(provider_url("add")))
    browser.post(provider_url("add"), filled(owner="shared"))

    assert "Shared with every project" in offered
    assert Provider.objects.get().project is None


def test_a_tenant_is_not_asked_for_the_owner_and_can_not_choose_one(browse, editor, project):
    browser = browse(editor)

    offered = text_of(browser.get(provider_url("add")))
    answer = browser.post(provider_url("add"), filled(owner="shared"))

    assert "Shared with every project" not in offered
    assert answer.status_code == 404
    assert not Provider.objects.exists()


def test_a_key_that_no_longer_opens_is_asked_for_again(browse, editor, provider, settings):
    settings.ROOT_KEYS = RootKeyRing.from_text(base64.b64encode(os.urandom(32)).decode())

    said = text_of(browse(editor).get(provider_url("change", provider)))

    assert "can't be opened with the present keys: enter it again" in said


def test_the_form_costs_the_same_with_many_models(browse, editor, provider, queries_of):
    browser, where = browse(editor), provider_url("change", provider)
    before = queries_of(browser, where)

    for number in range(20):
        provider.models.create(upstream_id=f"m{number}", position=10 + number)
        make_catalog_entry(f"c{number}")

    assert queries_of(browser, where) == before


def test_paid_probes_are_chosen_in_the_form_with_their_budgets(browse, editor, provider):
    page = browse(editor).get(provider_url("change", provider)).content.decode()
    paid = filled(has_paid_probes="on", probe_budget_usd="0.5")
    paid |= {"probes_per_day": "12"}

    answer = browse(editor).post(provider_url("change", provider), paid)

    assert 'name="probe_budget_usd" value="0.1"' in page
    assert answer.status_code == 302, text_of(answer)
    provider.refresh_from_db()
    assert provider.has_paid_probes
    assert (str(provider.probe_budget_usd), provider.probes_per_day) == ("0.5000", 12)


def test_a_budget_that_cannot_be_is_told_at_its_field(browse, editor, project):
    wrong = filled(has_paid_probes="on", probe_budget_usd="-1", probes_per_day="0")

    answer = browse(editor).post(provider_url("add"), wrong)

    assert answer.status_code == 422
    assert {"probe_budget_usd", "probes_per_day"} == set(answer.context["form"].errors)


def test_a_budget_that_is_left_empty_is_the_usual_one(browse, editor, catalog, project):
    browse(editor).post(provider_url("add"), filled(probe_budget_usd="", probes_per_day=""))

    provider = Provider.objects.get()
    assert not provider.has_paid_probes
    assert (str(provider.probe_budget_usd), provider.probes_per_day) == ("0.1000", 288)
