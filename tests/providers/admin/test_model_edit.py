"""Editing a model: its values, its switch, and somebody who was faster."""

import pytest

from accounts.models import AuditEvent
from providers.models import ProviderModel, Status
from tests.factories import make_catalog_entry, make_provider
from tests.providers.admin.addresses import HTMX, IN_DIALOG, model_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(project):
    provider = make_provider(project, name="Main", models=("m1", "m2"))
    return provider.models.get(upstream_id="m2")


def filled(browser, model, **changes):
    """Give what the form would send as it was opened, with some changes."""
    form = browser.get(model_url("change", model), headers=IN_DIALOG).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in shown.items() if value not in (None, False)}
    return {name: "on" if value is True else value for name, value in sent.items()} | changes


def sent(browser, model, form):
    return browser.post(model_url("change", model), form | {"dialog": "1"}, headers=HTMX)


def test_an_unset_price_stays_unknown_and_a_zero_is_free(browse, editor, model):
    browser = browse(editor)

    sent(browser, model, filled(browser, model, input_price="0", output_price=""))

    model.refresh_from_db()
    assert model.input_price == 0
    assert model.output_price is None


def test_the_dialog_switches_a_model_and_the_audit_has_it(browse, editor, model):
    browser = browse(editor)
    form = filled(browser, model)
    del form["is_enabled"]

    answer = sent(browser, model, form)

    assert "m2 at Main was changed." in text_of(answer)
    model.refresh_from_db()
    assert model.status == Status.DISABLED
    after = AuditEvent.objects.filter(target_id=model.public_id).order_by("-pk")[0].after
    assert after["status"] == "disabled"


def test_the_active_model_is_not_switched_off_and_nothing_typed_is_lost(
    browse, editor, model, activate
):
    activate(model)
    browser = browse(editor)
    form = filled(browser, model, input_price="3.5")
    del form["is_enabled"]

    answer = sent(browser, model, form)

    assert answer.status_code == 422
    assert "make another one active first" in text_of(answer)
    assert 'value="3.5"' in answer.content.decode()
    model.refresh_from_db()
    assert (model.status, model.input_price) == (Status.ACTIVE, None)


def test_who_saves_second_sees_what_is_stored_now_and_may_replace_it(browse, editor, model):
    browser = browse(editor)
    form = filled(browser, model, input_price="3")
    ProviderModel.objects.filter(pk=model.pk).update(input_price="2", context_window=128_000)

    told = sent(browser, model, form)
    stored = ProviderModel.objects.get(pk=model.pk).input_price
    again = sent(browser, model, form | {"version": told.context["form"]["version"].value()})

    said = text_of(told)
    assert told.status_code == 409
    assert "Somebody changed m2 while you were editing it." in said
    assert "Input price : 2 is stored, 3 is yours" in said
    assert "Context window : 128000 is stored, unknown is yours" in said
    assert 'value="3"' in told.content.decode()
    assert stored == 2
    assert "was changed" in text_of(again)
    assert ProviderModel.objects.get(pk=model.pk).input_price == 3


def test_a_test_that_ends_meanwhile_is_no_change_of_the_model(browse, editor, model):
    browser = browse(editor)
    form = filled(browser, model, input_price="3")
    ProviderModel.objects.filter(pk=model.pk).update(test_status="connected", position=7)

    assert sent(browser, model, form).status_code == 200


def test_a_model_that_was_removed_meanwhile_is_not_there(browse, editor, model):
    browser = browse(editor)
    form = filled(browser, model)
    model.delete()

    assert sent(browser, model, form).status_code == 404


def test_a_reset_first_shows_what_would_change(browse, editor, model):
    make_catalog_entry("m2", input_price="2.5", context_window=128_000)
    ProviderModel.objects.filter(pk=model.pk).update(input_price="0")

    asked = text_of(browse(editor).get(model_url("reset", model), headers=IN_DIALOG))

    assert "Reset m2 to the catalog?" in asked
    assert "Input price Free $2.50" in asked
    assert "Context window — 128K" in asked
    assert ProviderModel.objects.get(pk=model.pk).input_price == 0


def test_a_model_that_the_catalog_lacks_has_nothing_to_be_reset_to(browse, editor, model):
    asked = text_of(browse(editor).get(model_url("reset", model), headers=IN_DIALOG))

    assert "The catalog has no m2 for this type" in asked
    assert "Keep them" not in asked
