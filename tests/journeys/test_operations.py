"""An outage, a cronjob and the numbers behind them, as whoever answers for a project sees them."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys.fixtures import running
from tests.journeys.installation import Installation
from tests.journeys.portal import Portal
from tests.journeys.upstream import WORDS, Upstream

pytestmark = pytest.mark.journey

PATIENCE_S = 20
OUTAGE_MS = 60_000  # what a switch-over takes at most: the watch looks every three seconds
FIRST, SECOND = "Near AI", "Spare AI"
MODEL, SPARE_MODEL = "slow-model", "other-model"
ANSWER = "".join(WORDS)


@pytest.fixture(scope="module")
def near() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory, near: Upstream) -> Iterator[Installation]:
    """An installation of this file's own, whose routing may be changed: two providers."""
    for installation in running(tmp_path_factory.mktemp("operated") / "data"):
        for name, model in ((FIRST, MODEL), (SECOND, SPARE_MODEL)):
            installation.add_provider(
                installation.script_token,
                name=name,
                baseUrl=near.base_url,
                apiKey="invented-for-an-outage",
                models=[model],
            )
        yield installation


@pytest.fixture
def portal(page, operated):
    portal = Portal(page, operated)
    portal.come_in()
    return portal


def call(installation):
    answer = requests.post(
        f"{installation.gateway_url}/v1/chat/completions",
        headers={"Authorization": f"Bearer {installation.script_token}"},
        json={"model": "default", "messages": [{"role": "user", "content": "Hello"}]},
        timeout=PATIENCE_S,
    )
    assert answer.ok, answer.text
    return answer.headers["x-axiom-model"]


def test_an_outage_is_played_and_everybody_sees_who_answers(portal, operated):
    page = portal.page
    portal.open("providers/projectrouting/", "Routing")
    fallback = page.get_by_label("Fallback", exact=True)
    offered = fallback.locator("option", has_text=SPARE_MODEL).get_attribute("value")
    fallback.select_option(offered)
    page.get_by_label("Recovery check every (minutes)").fill("0.1")
    page.get_by_label("Successes before recovery").fill("1")
    page.get_by_role("button", name="Save").click()
    assert call(operated) == MODEL

    page.get_by_label("Provider", exact=True).select_option(label=FIRST)
    page.get_by_role("button", name="Begin the game day").click()
    expect(page.get_by_text("It ends by itself.")).to_be_visible()
    portal.open("dashboard/", "Dashboard")

    expect(page.get_by_text("Fallback mode")).to_be_visible(timeout=OUTAGE_MS)
    expect(page.get_by_text(f"{SPARE_MODEL} at {SECOND} answers.")).to_be_visible()
    assert call(operated) == SPARE_MODEL
    portal.open("accounts/notice/", "Notices")
    expect(page.get_by_role("row").filter(has_text="Health and fallback").first).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("Not read:")).to_have_count(0)

    portal.open("providers/projectrouting/", "Routing")
    page.get_by_role("button", name="End it now").click()
    portal.open("dashboard/", "Dashboard")
    expect(page.get_by_text("Normal mode")).to_be_visible(timeout=OUTAGE_MS)
    assert call(operated) == MODEL


def test_a_cronjob_is_added_runs_now_and_shows_its_output(portal):
    page, dialog = portal.page, portal.dialog
    portal.open("gateway/cronjob/", "Cronjobs")
    page.get_by_role("link", name="Add a cronjob").first.click()
    dialog.get_by_label("Name").fill("Morning digest")
    dialog.get_by_label("Schedule").press_sequentially("30 9 * * MON-FRI")
    expect(dialog.get_by_text("Monday", exact=False).first).to_be_visible()
    dialog.get_by_label("Prompt", exact=True).fill("What is new?")
    dialog.get_by_role("button", name="Add cronjob").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Morning digest").click()
    expect(page.get_by_text("It has not run yet.")).to_be_visible()

    page.get_by_role("button", name="Run now").click()

    output = page.locator("details.ax-run").first
    expect(output).to_be_visible()
    output.locator("summary").click()
    expect(output.locator("pre")).to_have_text(ANSWER)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Nothing is due.")).to_be_visible()


def test_the_numbers_are_those_of_the_calls(portal, operated):
    page = portal.page
    for _ in range(3):
        call(operated)
    operated.settled()

    portal.open("usage/usagerecord/", "Usage")

    table = page.get_by_role("group", name="Models")
    expect(table.get_by_role("row").filter(has_text=FIRST).first).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export CSV").click()
    lines = downloading.value.path().read_text().splitlines()
    assert any(MODEL in line and FIRST in line for line in lines)
