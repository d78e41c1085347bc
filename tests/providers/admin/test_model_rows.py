"""What the rows of models do: choose, switch, edit, remove."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from providers.models import ProjectRouting, Provider, ProviderModel, Status
from tests.factories import make_catalog_entry, make_grant, make_project, make_provider
from tests.providers.admin.addresses import HTMX, IN_DIALOG, model_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("m1", "m2"))


@pytest.fixture
def model(provider):
    return provider.models.get(upstream_id="m1")


def test_a_model_is_made_active_and_fallback_from_its_row(browse, editor, provider, model):
    other = provider.models.get(upstream_id="m2")
    browser = browse(editor)

    active = browser.post(model_url("set_active", model), headers=HTMX)
    fallback = browser.post(model_url("set_fallback", other), headers=HTMX)

    routing = ProjectRouting.objects.get()
    assert (routing.active_model, routing.fallback_model) == (model, other)
    assert "Requests to “default” now go to m1 at Main." in text_of(active)
    assert "m2 at Main answers while the active model can't." in text_of(fallback)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"aiProviders:SetActiveModel", "aiProviders:SetFallbackModel"} <= actions


def test_a_fallback_is_removed_from_its_row(browse, editor, provider, model, activate):
    activate(model).set_fallback(provider.models.get(upstream_id="m2"))

    browse(editor).post(model_url("remove_fallback", provider.models.last()), headers=HTMX)

    assert ProjectRouting.objects.get().fallback_model is None


def test_an_old_page_does_not_remove_another_models_fallback(
    browse, editor, provider, model, activate
):
    activate(model).set_fallback(provider.models.get(upstream_id="m2"))

    answer = browse(editor).post(model_url("remove_fallback", model), headers=HTMX)

    assert answer.status_code == 200
    assert ProjectRouting.objects.get().fallback_model.upstream_id == "m2"


def test_the_active_model_can_not_be_the_fallback_too(browse, editor, model, activate):
    activate(model)

    answer = browse(editor).post(model_url("set_fallback", model), headers=HTMX)

    assert answer.status_code == 409
    assert "The active model and the fallback must differ." in text_of(answer)


def test_a_shared_model_is_made_active_in_the_readers_own_project(browse, owner, project):
    shared = Provider.objects.create(project=None, name="For all", kind="openai")
    model = ProviderModel.objects.create(provider=shared, upstream_id="m")

    refused = browse(owner).post(model_url("set_active", model), headers=HTMX)
    assert "shared, and not granted to this project" in refused.content.decode()
    assert ProjectRouting.of(project).active_model is None

    make_grant(project=project, provider=shared)
    browse(owner).post(model_url("set_active", model), headers=HTMX)
    assert ProjectRouting.objects.get().project == project


def test_staff_choose_a_project_before_a_shared_model_is_made_active(browse, staff):
    make_project()
    shared = Provider.objects.create(project=None, name="For all", kind="openai")
    model = ProviderModel.objects.create(provider=shared, upstream_id="m")

    answer = browse(staff).post(f"{model_url('set_active', model)}?project=all", headers=HTMX)

    assert answer.status_code == 409
    assert "Choose a project first" in text_of(answer)


def test_removing_asks_by_model_and_provider(browse, editor, model):
    said = text_of(browse(editor).get(model_url("delete", model), headers=IN_DIALOG))

    assert "Remove m1?" in said
    assert "m1 at Main can't be called through Axiom any more." in said
    assert "Nothing is uninstalled" in said
    assert "Remove model" in said
    assert ProviderModel.objects.count() == 2


def test_a_model_is_removed_from_its_dialog(browse, editor, model):
    answer = browse(editor).post(model_url("delete", model), {"dialog": "1"}, headers=HTMX)

    assert "m1 at Main was removed." in text_of(answer)
    assert [model.upstream_id for model in ProviderModel.objects.all()] == ["m2"]


def test_the_last_model_stays(browse, editor, project):
    model = make_provider(project, name="One", models=("only",)).models.get()

    answer = browse(editor).post(model_url("delete", model), {"dialog": "1"}, headers=HTMX)

    assert answer.status_code == 409
    assert "delete the provider instead" in text_of(answer)
    assert ProviderModel.objects.exists()


def test_a_model_is_disabled_and_enabled(browse, editor, model):
    browser = browse(editor)

    browser.post(model_url("disable", model), headers=HTMX)
    disabled = ProviderModel.objects.get(pk=model.pk).status
    browser.post(model_url("enable", model), headers=HTMX)

    assert disabled == Status.DISABLED
    assert ProviderModel.objects.get(pk=model.pk).status == Status.ACTIVE


def test_a_models_prices_are_edited_and_recorded(browse, editor, model):
    posted = {"input_price": "1.25", "output_price": "", "has_tools": "on", "dialog": "1"}

    answer = browse(editor).post(model_url("change", model), posted, headers=HTMX)

    model.refresh_from_db()
    assert "m1 at Main was changed." in text_of(answer)
    assert (str(model.input_price), model.output_price, model.has_tools) == (
        "1.25000000",
        None,
        True,
    )
    assert AuditEvent.objects.filter(action="aiProviders:UpdateProviderModel").exists()


def test_a_negative_price_is_refused_at_its_field(browse, editor, model):
    answer = browse(editor).post(model_url("change", model), {"input_price": "-1"}, headers=HTMX)

    assert answer.status_code == 422
    assert "greater than or equal to 0" in text_of(answer)


def test_a_model_of_ones_own_is_added_at_the_end(browse, editor, provider):
    where = reverse("admin:providers_providermodel_add", args=[provider.public_id])
    posted = {"upstream_id": "mine", "kind": "chat", "input_price": "0", "dialog": "1"}

    answer = browse(editor).post(where, posted, headers=HTMX)

    assert "mine at Main was added." in text_of(answer)
    mine = provider.models.get(upstream_id="mine")
    assert (mine.position, mine.source, mine.input_price) == (2, "Custom", 0)


def test_a_model_that_is_there_already_is_one_clear_error(browse, editor, provider):
    where = reverse("admin:providers_providermodel_add", args=[provider.public_id])

    answer = browse(editor).post(where, {"upstream_id": "m1", "kind": "chat"}, headers=HTMX)

    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "upstream_id": ["This provider already has that model."]
    }


def test_a_model_gets_the_catalogs_values_back(browse, editor, model):
    make_catalog_entry("m1", input_price="3")

    browse(editor).post(model_url("reset", model), headers=HTMX)

    model.refresh_from_db()
    assert (str(model.input_price), model.source) == ("3.00000000", "Catalog 2026.11.20")


def test_a_model_that_the_catalog_lacks_keeps_its_values(browse, editor, model):
    answer = browse(editor).post(model_url("reset", model), headers=HTMX)

    assert answer.status_code == 409
    assert "The catalog has no m1" in text_of(answer)
