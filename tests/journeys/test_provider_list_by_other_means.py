"""The list of providers without a mouse, on a phone, in the dark, and many rows at a time."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.portal import Portal
from tests.journeys.upstream import MODELS

pytestmark = pytest.mark.journey

LIGHT_BYTES = 400_000


@pytest.fixture
def add(installation, upstream):
    def add(name, models=MODELS):
        token = installation.script_token
        installation.add_provider(token, name=name, baseUrl=upstream.base_url, models=list(models))

    return add


def signed_in(page, installation):
    portal = Portal(page, installation)
    portal.sign_in()
    return portal


def focused(page):
    return page.evaluate("document.activeElement.innerText.split('\\n')[0].trim()")


def test_everything_in_the_list_is_reached_by_keys_alone(page, installation, add):
    add("Typed", ["alpha", "beta"])
    portal = signed_in(page, installation)
    portal.search("Typed")
    portal.make_active("Typed", "alpha")
    keys = page.keyboard
    button = portal.row_of("Typed", "beta").get_by_role("button")

    button.focus()
    keys.press("Enter")
    expect(page.locator("#row-menu [role=menuitem]").first).to_be_focused()
    walked = [focused(page)]
    for key in ("ArrowDown", "End", "ArrowDown", "ArrowUp", "Home"):
        keys.press(key)
        walked.append(focused(page))
    assert walked == [
        *("Test connection", "Set active", "Remove model…"),
        *("Test connection", "Remove model…", "Test connection"),
    ]
    keys.press("Escape")
    expect(page.locator("#row-menu")).to_be_hidden()
    expect(button).to_be_focused()

    keys.press("ArrowDown")
    expect(page.locator("#row-menu [role=menuitem]").first).to_be_focused()
    keys.press("Enter")
    portal.banner("Connected.")
    expect(button).to_be_focused()

    keys.press("Enter")
    expect(page.locator("#row-menu [role=menuitem]").first).to_be_focused()
    keys.press("End")
    keys.press("Enter")
    expect(portal.dialog.get_by_role("heading", name="Remove beta?")).to_be_visible()
    keys.press("Escape")
    expect(portal.dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_ticked_providers_are_tested_disabled_and_enabled_together(
    page, installation, add, upstream
):
    for name in ("Crowd one", "Crowd two", "Crowd three"):
        add(name, ["m"])
    portal = signed_in(page, installation)
    portal.search("Crowd")
    portal.make_active("Crowd one", "m")
    bar = page.get_by_role("form", name="Chosen providers")
    expect(bar).to_be_hidden()

    page.get_by_label("Choose all providers on this page").check()
    expect(bar).to_contain_text("3 chosen")
    with upstream.held():
        bar.get_by_role("button", name="Test").click()
        expect(page.locator(".ax-progress")).to_contain_text("0 of 3")
        expect(bar).to_be_hidden()
    portal.banner("3 models answered.")

    page.get_by_label("Choose all providers on this page").check()
    bar.get_by_role("button", name="Disable…").click()
    expect(portal.dialog).to_contain_text("Disable 3 providers?")
    expect(portal.dialog).to_contain_text("“Crowd one” owns the active model")
    portal.dialog.get_by_role("button", name="Disable providers").click()
    portal.banner("2 providers disabled.")
    expect(page.locator("tbody.ax-is-disabled")).to_have_count(2)

    for name in ("Crowd two", "Crowd three"):
        page.get_by_label(f"Choose {name}").check()
    bar.get_by_role("button", name="Enable").click()
    portal.banner("2 providers enabled.")
    expect(page.locator("tbody.ax-is-disabled")).to_have_count(0)

    page.get_by_label("Choose Crowd two").check()
    bar.get_by_role("button", name="Import from catalog").click()
    portal.banner("Imported.")


def test_ticks_outlive_a_list_that_is_loaded_anew(page, installation, add):
    add("Sticky", ["m"])
    portal = signed_in(page, installation)
    portal.search("Sticky")

    page.get_by_label("Choose Sticky").check()
    portal.test("Sticky", "m")
    portal.banner("Connected.")
    expect(portal.badge_of("Sticky", "m")).to_have_text("Connected")

    expect(page.get_by_label("Choose Sticky")).to_be_checked()


def test_a_phone_shows_cards_that_do_what_rows_do(phone, installation, add):
    add("Pocket", ["a-model-with-quite-a-long-name-for-a-phone-2026-11-20", "other"])
    portal = signed_in(phone, installation)
    portal.search("Pocket")

    portal.test("Pocket", "other")
    portal.banner("Connected.")
    phone.get_by_label("Choose Pocket").check()

    width = phone.evaluate("innerWidth")
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= width
    boxes = phone.locator("tr.ax-model > :visible").evaluate_all(
        "cells => cells.map((cell) => cell.getBoundingClientRect().right)"
    )
    assert max(boxes) <= width
    expect(phone.get_by_role("form", name="Chosen providers")).to_be_visible()


def test_words_stay_readable_in_the_dark_and_on_disabled_rows(dark, installation, add):
    add("Dim")
    portal = signed_in(dark, installation)
    portal.search("Dim")
    row = portal.rows_of("Dim").locator("tr.ax-provider")
    portal.choose(row, "Disable")
    portal.dialog.get_by_role("button", name="Disable provider").click()
    expect(portal.rows_of("Dim")).to_have_class(re.compile("ax-is-disabled"))

    too_faint = dark.locator("#provider-list").evaluate(_TOO_FAINT)

    assert too_faint == []


def test_the_first_load_is_light(page, installation, add):
    add("Light")
    portal = signed_in(page, installation)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on(
        "Network.responseReceived",
        lambda told: addresses.__setitem__(told["requestId"], told["response"]["url"]),
    )
    session.on(
        "Network.loadingFinished",
        lambda told: sizes.__setitem__(told["requestId"], told["encodedDataLength"]),
    )

    portal.open_providers()
    page.wait_for_load_state("networkidle")

    weights = {addresses.get(request, request): size for request, size in sizes.items()}
    assert sum(weights.values()) < LIGHT_BYTES, weights


# Words whose contrast with what lies behind them is below AA.
_TOO_FAINT = """(root) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => {
      c /= 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = rgba(getComputedStyle(element).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  for (const element of root.querySelectorAll("*")) {
    const own = [...element.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own.length || element.closest(".ax-sr") || !element.checkVisibility()) continue;
    const [a, b] = [rgba(getComputedStyle(element).color), behind(element)].map(light);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${own[0].textContent.trim()}: ${contrast.toFixed(2)}`);
  }
  return faint;
}"""
