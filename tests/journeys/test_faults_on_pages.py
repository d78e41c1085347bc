"""What goes wrong, as the person at the page sees it: what happened, and what to do."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.aimock import MODEL
from tests.journeys.installation import Installation, free_port
from tests.journeys.portal import Portal
from tests.journeys.upstream import MODELS

pytestmark = pytest.mark.journey

WRONG_KEY = "sk-wrong-5hT8qLr2VwXz9"


@pytest.fixture
def portal(page: Page, installation: Installation) -> Portal:
    person = Portal(page, installation)
    person.sign_in()
    return person


def test_a_wrong_key_is_an_error_that_says_what_to_do(portal, aimock):
    portal.add(name="Mistyped", base_url=aimock.base_url, models=[MODEL], api_key=WRONG_KEY)

    portal.test("Mistyped", MODEL)

    banner = portal.banner("enter it again")
    expect(banner).to_contain_text(f"{MODEL} at Mistyped")
    expect(portal.badge_of("Mistyped", MODEL)).to_have_text("Error")
    assert WRONG_KEY[6:] not in portal.page.content()


def test_a_wrong_path_is_an_error_that_points_at_the_base_url(portal, upstream):
    portal.add(name="Lost", base_url=upstream.base_url.replace("/v1", "/v7"), models=["a"])

    portal.test("Lost", "a")

    portal.banner("base URL")
    expect(portal.badge_of("Lost", "a")).to_have_text("Error")


def test_a_server_that_is_off_is_an_error_that_says_so(portal):
    portal.add(name="Off", base_url=f"http://127.0.0.1:{free_port()}/v1", models=["some-model"])

    portal.test("Off", "some-model")

    portal.banner("127.0.0.1")
    expect(portal.badge_of("Off", "some-model")).to_have_text("Error")


def test_a_taken_name_is_told_at_its_field_and_nothing_typed_is_lost(portal, upstream):
    portal.add(name="Taken", base_url=upstream.base_url, models=["a"])

    portal.open_form()
    portal.fill(name="taken", base_url=upstream.base_url, api_key="sk-typed")
    portal.type_models(["one", "two"])
    portal.save_new()

    field = portal.dialog.locator(".ax-field", has=portal.page.get_by_label("Name", exact=True))
    expect(field).to_contain_text("already has a provider of that name")
    expect(portal.dialog.get_by_label("Name", exact=True)).to_have_value("taken")
    expect(portal.dialog.get_by_label("Base URL")).to_have_value(upstream.base_url)
    typed = portal.dialog.locator("[name=more_models], [type=checkbox]:checked")
    kept = typed.evaluate_all("inputs => inputs.map(input => input.value).join(' ')")
    assert {"one", "two"} <= set(kept.split())


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest", "http://10.0.0.7/v1", "http://[::ffff:10.0.0.7]/v1"],
)
def test_a_refused_address_is_told_at_its_field(portal, address):
    portal.open_form()
    portal.fill(name="Forbidden", base_url=address, api_key="any")
    portal.type_models(["some-model"])
    portal.save_new()

    field = portal.dialog.locator(".ax-field.has-error", has=portal.page.get_by_label("Base URL"))
    expect(field.locator(".ax-error")).to_contain_text(re.compile("refused|private|rule|address"))
    expect(portal.dialog.get_by_label("Base URL")).to_have_value(address)
    portal.open_providers()
    expect(portal.rows_of("Forbidden")).to_have_count(0)


def test_a_list_that_cannot_be_fetched_is_told_in_the_form(portal, aimock):
    portal.open_form()
    portal.fill(name="Unfetched", base_url=aimock.base_url, api_key=WRONG_KEY)

    portal.fetch_models()

    expect(portal.dialog.get_by_role("alert")).to_contain_text("key")
    expect(portal.dialog.get_by_label("Name", exact=True)).to_have_value("Unfetched")
    expect(portal.dialog.get_by_label("Base URL")).to_have_value(aimock.base_url)


def test_a_page_that_is_loaded_again_goes_on_showing_a_test_that_runs(portal, upstream):
    portal.add(name="Slow", base_url=upstream.base_url, models=[MODELS[0]])

    with upstream.held():
        portal.test("Slow", MODELS[0])
        expect(portal.badge_of("Slow", MODELS[0])).to_have_text("Testing…")
        upstream.wait_for_requests(1)
        portal.page.reload()
        expect(portal.badge_of("Slow", MODELS[0])).to_have_text("Testing…")

    expect(portal.badge_of("Slow", MODELS[0])).to_contain_text("Connected")
    assert len(upstream.seen) == 1


def test_a_test_that_takes_longer_than_the_threshold_says_that_it_is_slow(
    portal, installation, upstream
):
    installation.add_provider(
        installation.script_token,
        name="Sluggish",
        baseUrl=upstream.base_url,
        models=[MODELS[0]],
        degradedThresholdMs=1,
    )
    portal.open_providers()

    with upstream.held():
        portal.test("Sluggish", MODELS[0])
        upstream.wait_for_requests(1)

    portal.banner("That is slow: the threshold is 1 ms.")
    expect(portal.badge_of("Sluggish", MODELS[0])).to_contain_text("Connected")


def test_several_tests_run_at_once(portal, upstream):
    portal.add(name="Several", base_url=upstream.base_url, models=MODELS)

    with upstream.held():
        portal.choose(portal.rows_of("Several").locator("tr.ax-provider"), "Test all models")
        upstream.wait_for_requests(len(MODELS))
        for model in MODELS:
            expect(portal.badge_of("Several", model)).to_have_text("Testing…")

    for model in MODELS:
        expect(portal.badge_of("Several", model)).to_contain_text("Connected")


def test_what_may_not_be_removed_stands_in_grey_with_its_reason(portal, upstream):
    portal.add(name="Keeper", base_url=upstream.base_url, models=MODELS)
    portal.add(name="Lonely", base_url=upstream.base_url, models=["only-model"])
    portal.make_active("Keeper", MODELS[0])

    refusals = [
        (portal.row_of("Keeper", MODELS[0]), "Remove model", "active"),
        (portal.rows_of("Keeper").locator("tr.ax-provider"), "Delete", "active"),
        (portal.rows_of("Keeper").locator("tr.ax-provider"), "Disable", "active"),
        (portal.row_of("Lonely", "only-model"), "Remove model", "delete the provider"),
    ]

    for row, item, reason in refusals:
        refused = portal.menu_of(row).get_by_role("menuitem", name=item)
        expect(refused).to_have_attribute("aria-disabled", "true")
        expect(refused).to_contain_text(re.compile(reason, re.IGNORECASE))
        portal.page.keyboard.press("Escape")


def test_removing_a_model_and_deleting_a_provider_ask_first(portal, upstream):
    portal.add(name="Staying", base_url=upstream.base_url, models=["active-model"])
    portal.make_active("Staying", "active-model")
    portal.add(name="Passing", base_url=upstream.base_url, models=["stays", "goes"])

    portal.choose(portal.row_of("Passing", "goes"), "Remove model")
    expect(portal.dialog).to_contain_text("Nothing is uninstalled")
    portal.dialog.get_by_role("button", name="Remove model").click()
    portal.banner("goes at Passing was removed.")
    expect(portal.row_of("Passing", "goes")).to_have_count(0)

    portal.choose(portal.rows_of("Passing").locator("tr.ax-provider"), "Delete")
    expect(portal.dialog).to_contain_text("Passing")
    portal.dialog.get_by_role("link", name="Keep it").click()
    expect(portal.rows_of("Passing")).to_be_visible()
    portal.choose(portal.rows_of("Passing").locator("tr.ax-provider"), "Delete")
    portal.dialog.get_by_role("button", name="Delete provider").click()
    portal.banner("Passing was deleted.")
    expect(portal.rows_of("Passing")).to_have_count(0)


def test_a_wrong_password_is_told_and_lets_nobody_in(page, installation):
    page.goto(installation.portal_url)
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("Email or password is not right.")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value("")
