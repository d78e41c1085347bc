"""The list of providers, as hands and eyes use it: tests, menus, keys, search, stale pages."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import watched_page
from tests.journeys.installation import Installation, free_port
from tests.journeys.portal import Portal
from tests.journeys.upstream import MODELS

pytestmark = pytest.mark.journey

DELETE = "from providers.models import Provider; Provider.objects.get(name='Fleeting one').delete()"


@pytest.fixture
def add(installation, upstream):
    def add(name, models=MODELS, base_url=""):
        installation.add_provider(
            installation.script_token,
            name=name,
            baseUrl=base_url or upstream.base_url,
            models=list(models),
        )

    return add


@pytest.fixture
def portal(page: Page, installation: Installation) -> Portal:
    person = Portal(page, installation)
    person.sign_in()
    return person


def place_of(locator):
    box = locator.bounding_box()
    assert box is not None
    return box


def test_a_badge_turns_and_back_while_nothing_moves_and_the_green_banner_goes(
    portal, add, upstream
):
    add("Turning")
    portal.search("Turning")
    cell = portal.row_of("Turning", MODELS[0]).locator(".ax-at-test")
    before = place_of(cell)

    with upstream.held():
        portal.test("Turning", MODELS[0])
        expect(portal.badge_of("Turning", MODELS[0])).to_have_text("Testing…")
        during = place_of(cell)
    banner = portal.banner("Connected.")
    expect(banner).to_contain_text(re.compile(r"answered in \d+ ms\."))
    expect(banner).to_have_count(0)
    expect(portal.badge_of("Turning", MODELS[0])).to_have_text("Connected")

    assert during == before
    assert place_of(cell) == before


def test_a_red_banner_stays_until_it_is_closed(portal, add):
    add("Silent", ["mute"], f"http://127.0.0.1:{free_port()}/v1")
    portal.search("Silent")

    portal.test("Silent", "mute")

    banner = portal.banner("mute at Silent:")
    expect(portal.badge_of("Silent", "mute")).to_have_text("Error")
    banner.get_by_role("button", name="Close this message").click()
    expect(banner).to_have_count(0)


def test_an_open_menu_stays_beside_its_button_when_a_banner_goes(portal, add):
    add("Moving")
    portal.search("Moving")
    portal.test("Moving", MODELS[0])
    banner = portal.banner("Connected.")
    row = portal.row_of("Moving", MODELS[1])
    button = row.get_by_role("button")
    menu = portal.menu_of(row)

    banner.get_by_role("button", name="Close this message").evaluate("b => b.click()")
    expect(banner).to_have_count(0)

    portal.page.wait_for_function(
        """([menu, button]) => {
          const [m, b] = [menu, button].map((e) => e.getBoundingClientRect());
          return Math.abs(m.top - b.bottom - 4) < 2;
        }""",
        arg=[menu.element_handle(), button.element_handle()],
    )


def test_a_list_that_loads_anew_leaves_an_open_menu_and_a_held_button_alone(portal, add):
    add("Reloading")
    portal.search("Reloading")
    page, row = portal.page, portal.row_of("Reloading", MODELS[0])

    menu = portal.menu_of(row)
    page.keyboard.press("ArrowDown")
    portal.load_anew()
    expect(row.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    expect(menu.get_by_role("menuitem", name="Set active")).to_be_focused()
    page.keyboard.press("Escape")

    row.get_by_role("button").hover()
    page.mouse.down()
    portal.load_anew()
    page.mouse.up()
    expect(menu).to_be_visible()


def test_a_press_is_answered_although_its_menu_and_its_row_are_replaced_meanwhile(portal, add):
    add("Pressed")
    portal.search("Pressed")

    with portal.late("**/test/"):
        portal.test("Pressed", MODELS[0])
        portal.menu_of(portal.row_of("Pressed", MODELS[1]))
        portal.load_anew()

    portal.banner("Connected.")
    expect(portal.badge_of("Pressed", MODELS[0])).to_have_text("Connected")


def test_test_all_counts_through_a_reload_and_sums_up(portal, add, upstream):
    add("Whole", ["one", "two", "three"])
    portal.search("Whole")

    with upstream.held():
        portal.choose(portal.rows_of("Whole").locator("tr.ax-provider"), "Test all models")
        expect(portal.page.locator(".ax-progress")).to_contain_text("Testing 3 models: 0 of 3")
        portal.page.reload()
        expect(portal.page.locator(".ax-progress")).to_contain_text("0 of 3")
        expect(portal.page.get_by_role("progressbar")).to_be_visible()
        expect(portal.badge_of("Whole", "one")).to_have_text("Testing…")

    portal.banner("3 models answered.")
    expect(portal.page.locator(".ax-progress")).to_have_count(0)
    for model in ("one", "two", "three"):
        expect(portal.badge_of("Whole", model)).to_have_text("Connected")


def test_a_test_that_ends_at_once_is_told_all_the_same(portal, add):
    add("Mixed", ["one"], f"http://127.0.0.1:{free_port()}/v1")
    portal.search("Mixed")

    portal.choose(portal.rows_of("Mixed").locator("tr.ax-provider"), "Test all models")

    portal.banner("0 of 1 model answered, not one at Mixed.")
    expect(portal.badge_of("Mixed", "one")).to_have_text("Error")


def test_active_and_fallback_move_from_row_to_row(portal, add):
    add("Routed", ["first", "second"])
    portal.search("Routed")

    portal.make_active("Routed", "first")
    portal.choose(portal.row_of("Routed", "second"), "Set fallback")
    expect(portal.row_of("Routed", "second")).to_contain_text("Fallback")
    items = portal.menu_of(portal.row_of("Routed", "second")).get_by_role("menuitem")
    assert [re.sub("…$", "", text) for text in items.all_inner_texts()] == [
        *("Test connection", "Set active", "Remove fallback", "Remove model"),
    ]
    portal.page.keyboard.press("Escape")
    portal.choose(portal.row_of("Routed", "second"), "Set active")
    expect(portal.row_of("Routed", "second").get_by_text("Active", exact=True)).to_be_visible()
    expect(portal.row_of("Routed", "second")).not_to_contain_text("Fallback")


def test_disabling_asks_and_enabling_brings_it_back(portal, add):
    add("Switchable")
    portal.search("Switchable")
    row = portal.rows_of("Switchable").locator("tr.ax-provider")

    portal.choose(row, "Disable")
    expect(portal.dialog).to_contain_text("Disable Switchable?")
    portal.dialog.get_by_role("button", name="Disable provider").click()
    portal.banner("Switchable is disabled.")
    expect(row).to_contain_text("disabled")
    portal.choose(row, "Enable")
    expect(row.locator(".ax-status")).to_have_text("active")


def test_a_click_anywhere_on_a_row_opens_its_form_and_a_tick_does_not(portal, add):
    add("Clicked")
    portal.search("Clicked")
    row = portal.rows_of("Clicked").locator("tr.ax-provider")

    row.get_by_role("checkbox").check()
    expect(portal.dialog).to_be_hidden()
    row.locator(".ax-at-created").click()

    expect(portal.dialog.get_by_role("heading", name="Edit Clicked")).to_be_visible()


def test_the_list_is_searched_narrowed_and_shown_whole_again(portal, add):
    add("Needle")
    portal.open_providers()
    page = portal.page

    page.get_by_label("Search by name").fill("needl")
    expect(page.locator("tbody[data-provider]")).to_have_count(1)
    page.get_by_label("Status").select_option(label="Status: disabled")
    expect(page.get_by_text("No provider matches.")).to_be_visible()
    assert "q=needl" in page.url
    assert "status=disabled" in page.url
    page.get_by_role("link", name="Show all").click()
    expect(portal.rows_of("Needle")).to_be_visible()
    expect(page.get_by_label("Search by name")).to_have_value("")


def test_what_somebody_else_deleted_is_told_and_leaves_the_list(browser, installation, add):
    add("Fleeting one")
    add("Fleeting two")
    with watched_page(browser) as (page, wrong):
        portal = Portal(page, installation)
        portal.sign_in()
        portal.search("Fleeting")
        expect(portal.rows_of("Fleeting one")).to_be_visible()
        with portal.late("**/?q=Fleeting"):  # the list may load anew by itself at any moment
            installation.manage("shell", "--command", DELETE)
            portal.rows_of("Fleeting one").locator("tr.ax-provider .ax-at-created").click()

        portal.banner("It is no longer there")
        expect(portal.rows_of("Fleeting one")).to_have_count(0)
        expect(portal.rows_of("Fleeting two")).to_be_visible()
    assert all("404" in complaint for complaint in wrong)


def test_what_somebody_else_made_active_meanwhile_is_refused_and_shown(portal, add, installation):
    add("Contested", ["mine", "theirs"])
    portal.search("Contested")
    portal.choose(portal.row_of("Contested", "theirs"), "Remove model")
    expect(portal.dialog).to_contain_text("theirs at Contested")
    script = (
        "from providers.models import *;"
        "m = ProviderModel.objects.get(upstream_id='theirs');"
        "ProjectRouting.objects.get(project=m.provider.project).set_active(m)"
    )
    installation.manage("shell", "--command", script)

    portal.dialog.get_by_role("button", name="Remove model").click()

    portal.banner("theirs is the active model and can't be removed")
    expect(portal.dialog).to_be_hidden()
    expect(portal.row_of("Contested", "theirs")).to_contain_text("Active")
