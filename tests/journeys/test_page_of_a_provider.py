"""A provider's own page, as people use it: look, check, fill its list, switch it, delete it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.axe import violations
from tests.journeys.portal import Portal
from tests.journeys.upstream import MODELS

pytestmark = pytest.mark.journey

SOON_MS = 30_000  # the worker shares this machine with everything else that runs


@pytest.fixture
def portal(installation, page):
    portal = Portal(page, installation)
    portal.sign_in()
    return portal


def stand_on(portal: Portal, name: str, **fields: object) -> None:
    """Add a provider over REST, and open its page."""
    token = portal.installation.script_token
    added = portal.installation.add_provider(token, name=name, **fields)
    portal.page.goto(
        f"{portal.installation.portal_url}/admin/providers/provider/{added['id']}/detail/"
    )
    expect(portal.heading(name)).to_be_visible()


def row(portal: Portal, model: str) -> Locator:
    name = portal.page.get_by_text(model, exact=True)
    return portal.page.locator(".ax-page-models tbody tr", has=name)


def choose(portal: Portal, model: str, item: str) -> None:
    portal.menu_of(row(portal, model)).get_by_role("menuitem", name=item).click()
    expect(portal.dialog).to_be_visible()


def press(portal: Portal, name: str) -> None:
    portal.page.get_by_role("button", name=name, exact=True).first.click()


def test_health_is_seen_by_itself_and_again_when_asked(portal, upstream):
    stand_on(portal, "Watched", baseUrl=upstream.base_url, models=[MODELS[0]])
    card = portal.page.locator("#health-card")

    expect(card).to_contain_text("Reachable", timeout=SOON_MS)
    expect(card.locator(".ax-samples li")).to_have_count(1, timeout=SOON_MS)
    with portal.late("**/check/"):
        card.get_by_role("button", name="Check now").click()
        portal.load_anew()

    expect(card.locator(".ax-samples li")).to_have_count(2, timeout=SOON_MS)
    expect(portal.page.locator("#charts")).to_contain_text("2 checks, 2 answered")


def test_a_refresh_tells_what_is_new_and_takes_over_what_is_ticked(portal, upstream):
    gone = "retired-model"
    stand_on(portal, "Refreshed", baseUrl=upstream.base_url, models=[MODELS[0], gone])

    press(portal, "Refresh from provider")
    note = portal.page.locator(".ax-listed")
    expect(note).to_contain_text("1 new, 1 unchanged, 1 no longer listed", timeout=SOON_MS)
    note.get_by_role("link", name="Choose what to take over").click()
    portal.dialog.get_by_role("checkbox", name=MODELS[1]).check()
    portal.dialog.get_by_role("checkbox", name=gone).check()
    portal.dialog.get_by_role("button", name="Take over").click()
    expect(portal.dialog.get_by_role("alert")).to_contain_text(f"{gone} at Refreshed")
    portal.dialog.get_by_role("button", name="Take over").click()

    portal.banner("Refreshed: 1 added, 1 removed.")
    expect(row(portal, MODELS[1])).to_be_visible()
    expect(row(portal, gone)).to_have_count(0)
    expect(note).to_contain_text("0 new, 2 unchanged, 0 no longer listed")


def test_importing_twice_adds_once_and_counts_both_times(portal):
    stand_on(portal, "Imported", provider="openai", apiKey="invented-key", models=["gpt-5.4"])

    press(portal, "Import from catalog")
    first = portal.banner("already there.").inner_text()
    expect(row(portal, "gpt-5.4-mini")).to_be_visible()
    press(portal, "Import from catalog")
    portal.banner(" 0 added, ")

    assert re.search(r"Imported\.\s+[1-9]\d* added, 1 already there\.", first)


def test_a_model_of_ones_own_is_added_edited_and_switched(portal, upstream):
    stand_on(portal, "Edited", baseUrl=upstream.base_url, models=[MODELS[0]])
    portal.page.get_by_role("link", name="Add custom model").click()
    portal.dialog.get_by_label("Model id").fill("my-tune")
    portal.dialog.get_by_label("Input price", exact=True).fill("0")
    portal.dialog.get_by_role("button", name="Add model").click()
    portal.banner("my-tune at Edited was added.")

    choose(portal, "my-tune", "Edit")
    portal.dialog.get_by_label("Output price", exact=True).fill("1.5")
    portal.dialog.get_by_label("Enabled").uncheck()
    portal.dialog.get_by_role("button", name="Save").click()

    portal.banner("my-tune at Edited was changed.")
    expect(row(portal, "my-tune")).to_contain_text("Free / $1.50")
    expect(row(portal, "my-tune")).to_contain_text("disabled")
    expect(row(portal, "my-tune")).to_contain_text("Custom")


def test_a_reset_shows_what_it_changes_and_gives_the_catalogs_values_back(portal):
    stand_on(portal, "Reset", provider="openai", apiKey="invented-key", models=["gpt-5.4"])
    before = row(portal, "gpt-5.4").locator(".ax-at-cost").inner_text()
    choose(portal, "gpt-5.4", "Edit")
    portal.dialog.get_by_label("Input price", exact=True).fill("99")
    portal.dialog.get_by_role("button", name="Save").click()
    expect(row(portal, "gpt-5.4")).to_contain_text("$99.00")

    choose(portal, "gpt-5.4", "Reset to catalog")
    expect(portal.dialog).to_contain_text("$99.00")
    portal.dialog.get_by_role("button", name="Reset to catalog").click()

    portal.banner("has the catalog's values again.")
    expect(row(portal, "gpt-5.4").locator(".ax-at-cost")).to_have_text(before)


def test_impact_delete_refused_and_delete_allowed(portal, upstream):
    stand_on(portal, "Doomed", baseUrl=upstream.base_url, models=list(MODELS))
    portal.menu_of(row(portal, MODELS[0])).get_by_role("menuitem", name="Set active").click()
    expect(row(portal, MODELS[0]).get_by_text("Active", exact=True)).to_be_visible()

    portal.page.get_by_role("link", name="Impact", exact=True).first.click()
    expect(portal.dialog).to_contain_text("Stands in the way")
    expect(portal.dialog).to_contain_text("make another model active first")
    portal.page.keyboard.press("Escape")
    expect(portal.dialog).to_be_hidden()
    menu = portal.menu_of(portal.page.locator("#page-actions"))
    expect(menu.get_by_role("menuitem", name="Delete")).to_have_attribute("aria-disabled", "true")
    portal.page.keyboard.press("Escape")

    stand_on(portal, "Spare", baseUrl=upstream.base_url, models=[MODELS[0]])
    portal.menu_of(row(portal, MODELS[0])).get_by_role("menuitem", name="Set active").click()
    expect(row(portal, MODELS[0]).get_by_text("Active", exact=True)).to_be_visible()
    portal.search("Doomed")
    portal.open_provider("Doomed")
    menu = portal.menu_of(portal.page.locator("#page-actions"))
    menu.get_by_role("menuitem", name="Delete").click()
    expect(portal.dialog).to_contain_text("2 models")
    portal.dialog.get_by_role("button", name="Delete provider").click()

    portal.banner("Doomed was deleted.")
    expect(portal.heading("Providers")).to_be_visible()


def test_a_provider_is_disabled_and_enabled_from_its_page(portal, upstream):
    stand_on(portal, "Kept", baseUrl=upstream.base_url, models=[MODELS[0]])
    stand_on(portal, "Switched", baseUrl=upstream.base_url, models=[MODELS[0]])

    portal.page.locator("#page-actions").get_by_text("Disable", exact=True).click()
    portal.dialog.get_by_role("button", name=re.compile("^Disable")).click()
    portal.banner("Switched is disabled.")
    expect(portal.page.locator(".ax-cards")).to_contain_text("left out of routing")
    portal.page.locator("#page-actions").get_by_role("button", name="Enable").click()

    portal.banner("Switched is enabled.")
    expect(portal.page.locator(".ax-cards")).to_contain_text("Routing and pickers offer its models")


def test_the_keyboard_alone_reaches_a_models_menu_and_its_dialog(portal, upstream):
    stand_on(portal, "Keyed", baseUrl=upstream.base_url, models=list(MODELS))
    expect(portal.page.locator(".ax-samples li")).to_have_count(1, timeout=SOON_MS)
    opener = row(portal, MODELS[1]).get_by_role("button", name=re.compile("^Actions for"))

    opener.focus()
    portal.page.keyboard.press("ArrowDown")
    expect(portal.page.get_by_role("menuitem", name="Remove model")).to_be_visible()
    portal.page.keyboard.press("End")
    portal.page.keyboard.press("Enter")

    expect(portal.dialog).to_contain_text(f"Remove {MODELS[1]}?")
    portal.page.keyboard.press("Escape")
    expect(portal.dialog).to_be_hidden()
    expect(row(portal, MODELS[1])).to_be_visible()


def test_a_list_that_loads_anew_brings_its_open_menu_along(portal, upstream):
    stand_on(portal, "Reloaded", baseUrl=upstream.base_url, models=list(MODELS))
    page, name = portal.page, re.compile("^Edit")
    menu = portal.menu_of(row(portal, MODELS[1]))
    item = menu.get_by_role("menuitem", name=name)
    item.focus()

    with page.expect_response(re.compile("/detail/$")):
        page.evaluate("() => htmx.trigger(document.body, 'axiom:changed')")

    expect(item).to_be_focused()
    page.keyboard.press("Enter")
    expect(portal.dialog.get_by_role("heading", name=f"Edit {MODELS[1]}")).to_be_visible()


@pytest.mark.parametrize("kind_of_page", ["page", "dark"])
def test_nobody_is_kept_out_of_the_page_and_its_dialogs(
    kind_of_page, request, installation, upstream
):
    seen_on = Portal(request.getfixturevalue(kind_of_page), installation)
    seen_on.sign_in()
    stand_on(seen_on, f"Axe {kind_of_page}", baseUrl=upstream.base_url, models=[*MODELS, "gone"])
    expect(seen_on.page.locator(".ax-samples li")).to_have_count(1, timeout=SOON_MS)
    press(seen_on, "Refresh from provider")
    expect(seen_on.page.locator(".ax-listed")).to_be_visible(timeout=SOON_MS)
    seen_on.page.locator(".ax-chart details summary").first.click()

    found = violations(seen_on.page)
    for link in ("Impact", "Choose what to take over", "Add custom model"):
        seen_on.page.get_by_role("link", name=link, exact=True).first.click()
        expect(seen_on.dialog).to_be_visible()
        found += [f"{link}: {line}" for line in violations(seen_on.page)]
        seen_on.page.keyboard.press("Escape")
        expect(seen_on.dialog).to_be_hidden()

    assert found == []
