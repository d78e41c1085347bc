"""No page keeps anybody out: axe finds nothing serious, by day and in the dark."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import OF_COLOURS, violations
from tests.journeys.browser import DESK, PATIENCE_MS
from tests.journeys.furniture import furnish
from tests.journeys.portal import Portal

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

OUTSIDE = ("/admin/login/", "/forgotten/", "/invitation/", "/new-password/", "/admin/none/")
FEWEST = 30  # sorts of pages that links lead to
_ID = re.compile(
    r"\b[a-z]{3}_[A-Za-z0-9]{16}\b|/\d+/|\b\d{4}-\d\d-\d\d\b"
    r"|(?<=/catalogentry/).+(?=/(?:change|history)/)"
)
_LINKS = """
() => [...document.querySelectorAll("[href], [hx-get]")].map((each) =>
  new URL(each.getAttribute("hx-get") ?? each.getAttribute("href"), location.href).href)
"""


@pytest.fixture
def furnished(installation, upstream):
    furnish(installation, upstream)
    return installation


def sort_of(address: str) -> str:
    """Name what an address leads to, whichever object it is about."""
    return _ID.sub("…", urlsplit(address).path)


def by_day_and_night(page: Page) -> list[str]:
    """Look at a page in both themes; in the second at its colours, for nothing else differs."""
    found = violations(page)
    page.evaluate("document.documentElement.classList.add('dark')")
    found += [f"dark {line}" for line in violations(page, *OF_COLOURS)]
    page.evaluate("document.documentElement.classList.remove('dark')")
    return found


def crawl(page: Page, start: str) -> list[str]:
    """Open one page of each sort that can be reached; name what is wrong on it."""
    found, waiting, seen = [], [start], {sort_of(start)}
    while waiting:
        address = waiting.pop(0)
        answer = page.goto(address)
        if (
            answer is None
            or not answer.ok
            or "text/html" not in (answer.headers.get("content-type") or "")
        ):
            continue
        if page.locator("main").count() == 0:
            continue  # a fragment, which is looked at where it opens
        found += [f"{sort_of(address)} {line}" for line in by_day_and_night(page)]
        for link in page.evaluate(_LINKS):
            if urlsplit(link).path.startswith("/admin/") and sort_of(link) not in seen:
                seen.add(sort_of(link))
                waiting.append(link)
    assert len(seen) > FEWEST, sorted(seen)
    return found


def look_everywhere(page: Page, furnished) -> list[str]:
    portal = Portal(page, furnished)
    portal.sign_in()
    found = crawl(page, f"{furnished.portal_url}/admin/providers/provider/")
    for path, link in (
        ("providers/provider", "Add Provider"),
        ("accounts/membership", "Invite somebody"),
        ("accounts/apikey", "Make an API key"),
    ):
        page.goto(f"{furnished.portal_url}/admin/{path}/")
        page.get_by_role("link", name=link).first.click()
        expect(portal.dialog.get_by_role("heading").first).to_be_visible()
        found += [f"dialog {link} {line}" for line in by_day_and_night(page)]
    page.goto(f"{furnished.portal_url}/admin/accounts/membership/")
    portal.menu_of(page.locator("#members tbody tr").first)
    found += [f"open menu {line}" for line in by_day_and_night(page)]
    page.goto(f"{furnished.portal_url}/admin/accounts/membership/")
    page.locator(".ax-project-button").click()
    found += [f"switcher {line}" for line in by_day_and_night(page)]
    return found


def test_axe_finds_nothing_serious(furnished, browser):
    # Not a watched page: the crawl also asks for what answers 404 when nothing runs.
    with browser.new_context(color_scheme="light", viewport=DESK) as context:
        context.set_default_timeout(PATIENCE_MS)
        assert look_everywhere(context.new_page(), furnished) == []


def test_axe_finds_nothing_serious_outside_the_door(furnished, browser):
    found = []
    with browser.new_context(color_scheme="light") as context:
        visitor = context.new_page()
        for path in OUTSIDE:
            visitor.goto(f"{furnished.portal_url}{path}")
            found += [f"{path} {line}" for line in by_day_and_night(visitor)]

    assert found == []
