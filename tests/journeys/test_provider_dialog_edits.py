"""Working in the dialog: switching types, ordering, linking, colliding with others, leaving."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import violations
from tests.journeys.browser import watched_page
from tests.journeys.portal import Portal
from tests.journeys.provider_dialog import ProviderDialog
from tests.journeys.upstream import MODELS

pytestmark = pytest.mark.journey

KEY = "invented-key-of-a-journey"
CUSTOM = "Custom, OpenAI-compatible"


@pytest.fixture
def portal(page: Page, installation) -> Portal:
    person = Portal(page, installation)
    person.sign_in()
    return person


@pytest.fixture
def added(installation, upstream, portal, request):
    """Add a provider of the test's own over REST, and show it."""
    name = f"Edited {request.node.name[5:45]}"
    installation.add_provider(
        installation.script_token,
        name=name,
        baseUrl=upstream.base_url,
        models=list(MODELS),
        apiKey=KEY,
    )
    portal.open_providers()
    return name


def test_switching_the_type_back_and_forth_keeps_what_was_typed(portal):
    dialog = ProviderDialog.to_add(portal)
    dialog.fill({"Name": "Switched", "API key": KEY, "Organization": "org-1"})
    ticked = dialog.tick_first(2)
    dialog.box.get_by_label("Cline").check()

    dialog.choose_type(CUSTOM)
    expect(dialog.field("API key")).to_have_value("")
    dialog.fill({"Base URL": "http://127.0.0.1:9/v1", "More models": "typed"})
    dialog.choose_type("OpenAI")
    expect(dialog.field("Organization")).to_have_value("org-1")
    expect(dialog.field("More models")).to_have_value("")
    back = dialog.ticked()
    dialog.choose_type(CUSTOM)

    assert back == ticked
    expect(dialog.field("Base URL")).to_have_value("http://127.0.0.1:9/v1")
    expect(dialog.field("More models")).to_have_value("typed")
    expect(dialog.field("Name")).to_have_value("Switched")
    expect(dialog.box.get_by_label("Cline")).to_be_checked()
    expect(dialog.field("Type")).to_be_focused()


def test_models_are_ordered_by_arrow_keys_and_the_new_place_is_told(portal):
    dialog = ProviderDialog.to_add(portal)
    dialog.fill({"Name": "Ordered by keys", "API key": KEY})
    first, second, third = dialog.tick_first(3)

    dialog.grip(third).focus()
    portal.page.keyboard.press("ArrowUp")
    expect(dialog.box.locator("[data-order-told]")).to_have_text(f"{third} is 2 of 3.")
    portal.page.keyboard.press("Home")
    expect(dialog.box.locator("[data-order-told]")).to_have_text(f"{third} is 1 of 3, the default.")

    expect(dialog.grip(third)).to_be_focused()
    assert dialog.ticked() == [third, first, second]
    assert dialog.default() == third
    dialog.save_and_close()
    models = portal.rows_of("Ordered by keys").locator("tr.ax-model .ax-mono")
    expect(models).to_have_text([third, first, second])


def test_models_are_ordered_by_dragging(portal, added):
    dialog = ProviderDialog.to_edit(portal, added)
    grip, target = dialog.grip(MODELS[1]), dialog.grip(MODELS[0])
    grip.hover()
    start, end = grip.bounding_box(), target.bounding_box()
    assert start
    assert end

    mouse = portal.page.mouse
    mouse.move(start["x"] + 10, start["y"] + 10)
    mouse.down()
    mouse.move(end["x"] + 10, end["y"] + 20, steps=4)
    mouse.move(end["x"] + 10, end["y"] + 2, steps=4)
    mouse.up()

    assert dialog.default() == MODELS[1]
    dialog.save_and_close()
    models = portal.rows_of(added).locator("tr.ax-model .ax-mono")
    expect(models).to_have_text([MODELS[1], MODELS[0]])


def test_an_edit_with_an_empty_credential_keeps_the_stored_one(portal, added, installation):
    query = "SELECT ciphertext FROM providers_secret WHERE name = ?"
    before = installation.rows(query, f"{added} key")
    dialog = ProviderDialog.to_edit(portal, added)
    expect(dialog.field("API key")).to_have_value("")
    expect(dialog.box).to_contain_text("to keep the stored one")
    dialog.fill({"Degraded threshold in ms": "900"})

    dialog.save_and_close()

    portal.banner("was changed")
    assert installation.rows(query, f"{added} key") == before
    expect(portal.page.get_by_role("link", name=added, exact=True)).to_be_focused()


def test_unticking_a_model_is_asked_about_and_what_was_typed_stays(portal, added):
    dialog = ProviderDialog.to_edit(portal, added)
    dialog.fill({"API key": "another-invented-key"})
    dialog.boxes.last.uncheck()
    dialog.save()

    asked = dialog.box.get_by_role("alert")
    expect(asked).to_contain_text(f"{MODELS[1]} at {added}")
    expect(asked).to_be_focused()
    expect(dialog.field("API key")).to_have_value("another-invented-key")
    dialog.save_and_close()
    expect(portal.row_of(added, MODELS[1])).to_have_count(0)


def test_a_stored_credential_is_linked_and_goes_to_its_own_host_alone(portal, added, upstream):
    dialog = ProviderDialog.to_add(portal, CUSTOM)
    dialog.fill({"Name": f"{added} too", "Base URL": "http://127.0.0.1:9/v1"})
    dialog.field("Name").focus()
    expect(dialog.box).to_contain_text("entered for another host")
    expect(dialog.box.get_by_text("Use a stored one")).to_have_count(0)

    dialog.fill({"Base URL": upstream.base_url})
    dialog.field("Name").focus()
    dialog.box.get_by_role("radio", name="Use a stored one").check()
    expect(dialog.field("API key")).to_be_hidden()
    choice = dialog.field("Stored credential")
    label = choice.locator("option", has_text=f"{added} key").inner_text()
    choice.select_option(label=label)
    dialog.fill({"More models": "linked-model"})
    dialog.save_and_close()

    expect(portal.rows_of(f"{added} too")).to_be_visible()


def test_everything_wrong_is_told_at_its_field_and_stays(portal):
    dialog = ProviderDialog.to_add(portal, CUSTOM)
    wrong = {"Base URL": "ftp://example.com", "Extra headers": "no colon"}
    dialog.fill(wrong | {"API key": KEY, "Degraded threshold in ms": "0", "More models": "typed"})

    dialog.save()

    expect(dialog.error_at("Name")).to_contain_text("required")
    expect(dialog.error_at("Base URL")).to_be_visible()
    expect(dialog.error_at("Extra headers")).to_contain_text("Name: value")
    expect(dialog.error_at("Degraded threshold in ms")).to_be_visible()
    expect(dialog.field("Name")).to_be_focused()
    for label, text in wrong.items():
        expect(dialog.field(label)).to_have_value(text)
    expect(dialog.field("More models")).to_have_value("typed")
    expect(dialog.field("API key")).to_have_value(KEY)


def test_who_is_slower_reviews_what_the_other_stored(portal, added):
    dialog = ProviderDialog.to_edit(portal, added)
    dialog.fill({"Degraded threshold in ms": "700", "More models": "typed-model"})
    other = Portal(portal.page.context.new_page(), portal.installation)
    other.open_providers()
    theirs = ProviderDialog.to_edit(other, added)
    theirs.fill({"Degraded threshold in ms": "1234"})
    theirs.save_and_close()

    dialog.save()
    notice = dialog.box.locator("[data-notice]")
    expect(notice).to_contain_text("Somebody changed this provider while you were editing.")
    expect(notice).to_contain_text("1234 ms")
    expect(notice).to_be_focused()
    expect(dialog.field("More models")).to_have_value("typed-model")
    dialog.save_and_close()

    expect(portal.row_of(added, "typed-model")).to_be_visible()


def test_what_was_typed_survives_the_deletion_of_its_provider(browser, installation, upstream):
    name = "Deleted meanwhile"
    with watched_page(browser) as (page, wrong):
        portal = Portal(page, installation)
        portal.sign_in()
        token = installation.script_token
        installation.add_provider(token, name=name, baseUrl=upstream.base_url, models=["a"])
        portal.open_providers()
        dialog = ProviderDialog.to_edit(portal, name)
        dialog.fill({"More models": "typed-model"})
        delete = f"from providers.models import Provider; Provider.objects.get(name={name!r})"
        installation.manage("shell", "--command", f"{delete}.delete()")

        dialog.save()
        notice = dialog.box.locator("[data-notice]")
        expect(notice).to_contain_text("This provider is no longer there.")
        expect(dialog.field("More models")).to_have_value("typed-model")
        dialog.save_and_close()

        expect(portal.row_of(name, "typed-model")).to_be_visible()
    assert all("404" in line for line in wrong)


def test_escape_asks_before_it_throws_typed_text_away(portal):
    page = portal.page
    dialog = ProviderDialog.to_add(portal)
    page.keyboard.press("Escape")
    expect(dialog.box).to_be_hidden()
    opener = page.get_by_role("link", name="Add Provider").first
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    expect(dialog.box.get_by_role("heading", name="Add a provider")).to_be_visible()
    dialog.settle()
    dialog.fill({"Name": "Half typed"})
    page.keyboard.press("Escape")
    question = page.get_by_role("dialog", name="Throw away what you typed?")
    expect(question).to_be_visible()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(dialog.field("Name")).to_have_value("Half typed")

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(dialog.box).to_be_visible()
    page.keyboard.press("Escape")
    question.get_by_role("button", name="Throw it away").click()
    expect(dialog.box).to_be_hidden()
    expect(opener).to_be_focused()


def test_work_that_ends_in_the_background_closes_no_form(portal, added, upstream):
    with upstream.held():
        portal.test(added, MODELS[0])
        upstream.wait_for_requests(1)
        dialog = ProviderDialog.to_add(portal)
        dialog.fill({"Name": "Half typed"})

    expect(portal.badge_of(added, MODELS[0])).to_contain_text("Connected")
    expect(dialog.field("Name")).to_have_value("Half typed")


def test_a_second_press_of_save_makes_no_second_provider(portal, upstream):
    dialog = ProviderDialog.to_add(portal, CUSTOM)
    dialog.fill({"Name": "Pressed twice", "Base URL": upstream.base_url, "More models": "a"})

    dialog.box.locator("#save-provider").dblclick()

    expect(dialog.box).to_be_hidden()
    expect(portal.rows_of("Pressed twice")).to_have_count(1)


@pytest.mark.parametrize("kind", ["OpenAI", "Amazon Bedrock", CUSTOM])
def test_the_dialog_never_scrolls_sideways_on_a_phone(phone, installation, kind):
    portal = Portal(phone, installation)
    portal.sign_in()
    phone.set_viewport_size({"width": 320, "height": 700})

    dialog = ProviderDialog.to_add(portal, kind)

    assert dialog.box.evaluate("d => d.scrollWidth <= d.clientWidth && d.clientWidth <= innerWidth")


@pytest.mark.parametrize("kind", ["OpenAI", CUSTOM, "Claude CLI (Max or Pro)", "GitHub Copilot"])
def test_the_dialog_keeps_nobody_out(dark, installation, kind):
    portal = Portal(dark, installation)
    portal.sign_in()
    dialog = ProviderDialog.to_add(portal, kind)
    found = violations(dark)

    if dialog.box.locator("#save-provider").is_enabled():
        dialog.save()
        expect(dialog.error_at("Name")).to_be_visible()
        found += violations(dark)

    assert found == []
