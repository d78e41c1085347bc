"""What forms ask before they remove or switch a model along the way."""

import pytest

from accounts.grants import grant
from accounts.models import AuditEvent
from providers.models import ProjectRouting, ProviderModel, Status
from tests.factories import make_agent, make_provider, make_secret
from tests.providers.admin.addresses import HTMX, IN_DIALOG, model_url, provider_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(project):
    secret = make_secret(project, values={"api_key": "sk-test-9876543210fedcba"})
    return make_provider(project, name="Main", models=("gpt-a", "gpt-b", "gpt-c"), secret=secret)


@pytest.fixture
def spare(provider, activate):
    """Give the model that is the fallback and the task default of its project."""
    model = provider.models.get(upstream_id="gpt-b")
    routing = activate(provider.models.get(upstream_id="gpt-a"))
    routing.set_fallback(model)
    routing.task_model = model
    routing.save()
    return model


def edited(provider, *models, **changes):
    """Give what the form of a provider sends with these models ticked."""
    return {
        "name": "Main",
        "kind": "openai",
        "fields_of": "openai",
        "degraded_threshold_ms": "5000",
        "version": provider.version(),
        "models.openai": models,
        "dialog": "1",
    } | changes


def send(browser, provider, form):
    return browser.post(provider_url("change", provider), form, headers=HTMX)


def test_a_form_names_the_models_that_it_would_remove_and_their_impact(
    browse, editor, provider, spare
):
    answer = send(browse(editor), provider, edited(provider, "gpt-a", "gpt-c", name="Renamed"))

    said = text_of(answer)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#form-question"  # what was typed stays untouched
    assert "This removes 1 model." in said
    assert "gpt-b at Main" in said
    assert "1 project (fallback model)" in said
    assert provider.models.count() == 3
    assert 'name="name"' not in answer.content.decode()


def test_saving_again_removes_what_was_asked_about(browse, editor, provider, spare):
    form = edited(provider, "gpt-a", "gpt-c", confirmed=spare.public_id)

    answer = send(browse(editor), provider, form)

    assert answer.status_code == 200
    assert not provider.models.filter(upstream_id="gpt-b").exists()
    assert AuditEvent.objects.filter(action="aiProviders:DeleteProviderModel").count() == 1


def test_unticking_another_one_after_the_question_is_asked_about_anew(
    browse, editor, provider, spare
):
    answer = send(browse(editor), provider, edited(provider, "gpt-a", confirmed=spare.public_id))

    assert "This removes 2 models." in text_of(answer)
    assert provider.models.count() == 3


def test_a_page_of_its_own_asks_with_all_that_was_typed(browse, editor, provider, spare):
    form = edited(provider, "gpt-a", "gpt-c", name="Renamed")
    del form["dialog"]

    answer = browse(editor).post(provider_url("change", provider), form)

    assert "This removes 1 model." in text_of(answer)
    assert 'value="Renamed"' in answer.content.decode()


def test_a_model_that_an_agent_is_pinned_to_is_refused_at_the_models(
    browse, editor, provider, project, spare
):
    make_agent(project, name="Codex", routing="pinned", pinned_model=spare)

    answer = send(browse(editor), provider, edited(provider, "gpt-a", "gpt-c"))

    (error,) = answer.context["form"].model_errors
    assert answer.status_code == 422
    assert "1 agent is pinned to “gpt-b at Main”: “Codex”." in error


def test_who_may_not_remove_models_is_told_so_on_record(browse, stranger, provider, spare):
    for verb in ("view", "change"):
        grant(stranger, verb, provider)

    answer = send(
        browse(stranger),
        provider,
        edited(provider, "gpt-a", "gpt-c", name="Renamed"),
    )

    (error,) = answer.context["form"].model_errors
    assert error == "This needs the permission aiProviders:DeleteProviderModel."
    assert 'value="Renamed"' in answer.content.decode()
    assert provider.models.count() == 3
    denied = AuditEvent.objects.get(outcome="denied")
    assert denied.action == "aiProviders:DeleteProviderModel"


def test_disabling_asks_in_a_dialog_that_says_what_is_cleared(browse, editor, spare):
    asked = browse(editor).get(model_url("disable", spare), headers=IN_DIALOG)

    said = text_of(asked)
    assert "gpt-b at Main is the fallback of Aurora, which is cleared." in said
    assert "gpt-b at Main is the task default of Aurora, which is cleared." in said
    assert ProviderModel.objects.get(pk=spare.pk).is_enabled


def test_the_question_whether_to_disable_the_active_model_says_why_not(
    browse, editor, provider, spare
):
    active = provider.models.get(upstream_id="gpt-a")

    said = text_of(browse(editor).get(model_url("disable", active), headers=IN_DIALOG))

    assert "gpt-a is the active model and can't be disabled" in said
    assert "Disable model" not in said


def test_the_tick_that_disables_asks_before_routing_loses_the_model(browse, editor, spare):
    browser = browse(editor)
    shown = browser.get(model_url("change", spare), headers=IN_DIALOG).context["form"]
    form = {"version": shown["version"].value(), "input_price": "3.5", "dialog": "1"}

    asked = browser.post(model_url("change", spare), form, headers=HTMX)
    kept = ProviderModel.objects.get(pk=spare.pk)
    form |= {"confirmed": spare.public_id}
    answer = browser.post(model_url("change", spare), form, headers=HTMX)

    assert asked.status_code == 409
    assert "gpt-b at Main is the fallback of Aurora, which is cleared." in text_of(asked)
    assert kept.is_enabled
    assert answer.status_code == 200
    assert ProviderModel.objects.get(pk=spare.pk).status == Status.DISABLED
    assert ProjectRouting.objects.get().fallback_model is None


def test_making_the_fallback_active_says_that_there_is_no_fallback_any_more(browse, editor, spare):
    answer = browse(editor).post(model_url("set_active", spare), headers=HTMX)

    assert "There is no fallback any more: it was this one." in text_of(answer)
