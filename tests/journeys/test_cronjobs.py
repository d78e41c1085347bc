"""A cronjob in a browser: said in words while it is typed, run by a worker, paused."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.installation import until
from tests.journeys.portal import Portal
from tests.journeys.upstream import Upstream

pytestmark = pytest.mark.journey


@pytest.fixture
def portal(page: Page, installation) -> Portal:
    portal = Portal(page, installation)
    portal.sign_in()
    return portal


@pytest.fixture(scope="module")
def answering(installation):
    """A provider whose model answers."""
    server, token = Upstream(), installation.token("cron")
    installation.add_provider(token, name="Cron box", baseUrl=server.base_url, models=["gpt-cron"])
    yield server
    server.stop()


def test_a_cronjob_is_added_run_and_paused(portal, answering, installation):
    page = portal.page
    page.goto(f"{installation.portal_url}/admin/gateway/cronjob/")
    page.get_by_role("link", name="Add a cronjob").click()
    form = portal.dialog
    form.get_by_label("Name").fill("Morning digest")
    form.get_by_label("Schedule").fill("30 9 * * MON-FRI")
    form.get_by_label("Time zone").select_option("Europe/Berlin")
    expect(form).to_contain_text("At 09:30 on Monday through Friday")
    form.get_by_label("Prompt", exact=True).fill("Sum up what happened.")
    form.get_by_label("Model", exact=True).select_option(label="Cron box: gpt-cron")
    form.get_by_role("button", name="Add cronjob").click()
    portal.banner("Morning digest is added.")

    page.get_by_role("link", name="Morning digest").click()
    page.get_by_role("button", name="Run now").click()
    portal.banner("Morning digest runs.")
    expect(page.locator("#cronjob-page")).to_contain_text("succeeded", timeout=30_000)
    expect(page.locator("#cronjob-page")).to_contain_text("gpt-cron")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#cronjob-page")).to_contain_text("Nothing is due.")


def test_the_scheduler_runs_what_is_due(portal, answering, installation):
    page = portal.page
    page.goto(f"{installation.portal_url}/admin/gateway/cronjob/add/")
    page.get_by_label("Name").fill("Each minute")
    page.get_by_label("Schedule").fill("* * * * *")
    page.get_by_label("Prompt", exact=True).fill("Say something.")
    page.get_by_label("Model", exact=True).select_option(label="Cron box: gpt-cron")
    page.get_by_role("button", name="Add cronjob").click()

    until(
        lambda: installation.rows(
            "SELECT 1 FROM gateway_cronjobrun r JOIN gateway_cronjob c ON c.id = r.cronjob_id"
            " WHERE c.name = 'Each minute' AND r.state = 'succeeded' AND r.trigger = 'schedule'"
        ),
        "the scheduled run",
    )
