"""Every page that the sidebar leads to: on a phone, in the dark, and without a complaint."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.portal import Portal
from tests.journeys.upstream import MODELS

pytestmark = pytest.mark.journey

LONG = "A provider with a name that is much longer than any phone is wide, to be honest"
LONG_MODEL = "organisation/a-family-of-models-with-a-long-name-instruct-2026-11-20-preview-0123456"


@pytest.fixture
def furnished(installation, upstream):
    """The installation with something long in it that could push a page too wide."""
    if not installation.rows("SELECT 1 FROM providers_provider WHERE name = ?", LONG):
        installation.add_provider(
            installation.script_token,
            name=LONG,
            baseUrl=upstream.base_url,
            models=[MODELS[0], LONG_MODEL],
        )
    return installation


def pages_of(portal: Portal) -> list[str]:
    """Give the address of every page in the sidebar."""
    links = portal.page.locator("#sidebar a[href]")
    paths = links.evaluate_all("links => links.map(link => link.href)")
    return sorted({path for path in paths if urlsplit(path).path.startswith("/admin/")})


def is_as_wide_as_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"))


def visit_everything(portal: Portal) -> list[str]:
    """Look at every page, at a provider's own, and at the form; name those that scroll sideways."""
    page, too_wide = portal.page, []
    for address in pages_of(portal):
        page.goto(address)
        if not is_as_wide_as_the_window(page):
            too_wide.append(address)
    portal.open_providers()
    portal.open_provider(LONG)
    if not is_as_wide_as_the_window(page):
        too_wide.append("a provider's page")
    portal.open_providers()
    portal.open_form()
    box = portal.dialog.bounding_box()
    if box is None or box["width"] > page.evaluate("innerWidth"):
        too_wide.append("the form")
    return too_wide


def test_no_page_scrolls_sideways_on_a_phone(furnished, phone):
    portal = Portal(phone, furnished)
    portal.sign_in()

    assert visit_everything(portal) == []


def test_no_page_scrolls_sideways_on_a_desk(furnished, page):
    portal = Portal(page, furnished)
    portal.sign_in()

    assert visit_everything(portal) == []


def test_every_page_is_dark_where_the_system_is(furnished, dark):
    portal = Portal(dark, furnished)
    portal.sign_in()

    lightness = []
    for address in pages_of(portal):
        dark.goto(address)
        lightness.append((address, dark.evaluate(_LIGHTNESS)))

    assert [where for where, how_light in lightness if how_light > 60] == []


def test_the_theme_can_be_switched_by_hand(furnished, page):
    portal = Portal(page, furnished)
    portal.sign_in()
    before = page.evaluate(_LIGHTNESS)

    page.get_by_role("button", name="Administrator").click()
    page.get_by_role("menuitemradio", name="Dark").click()

    expect(page.locator("html")).to_have_class(re.compile(r"\bdark\b"))
    assert page.evaluate(_LIGHTNESS) < before


# The brightest channel of what lies behind the page's words.
_LIGHTNESS = """() => {
  let element = document.querySelector("main") ?? document.body;
  while (element) {
    const colour = getComputedStyle(element).backgroundColor;
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    if (alpha > 0) return Math.max(red, green, blue);
    element = element.parentElement;
  }
  return 255;
}"""
