from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.browser import PHONE, chromium, watched_page
from tests.journeys.installation import Installation

FAILED = pytest.StashKey[bool]()
LAST_LINES = 60


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember a failure for the fixtures' ends, and show what the installation said meanwhile."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Installation):
                said = "\n".join(value.heard[-LAST_LINES:])
                report.sections.append(("What the installation said", said))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # No longer than a module: while Playwright runs, Django takes this thread for asynchronous.
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    yield from _page(browser, request, tmp_path)


@pytest.fixture
def phone(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    yield from _page(browser, request, tmp_path, viewport=PHONE, has_touch=True)


@pytest.fixture
def dark(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    yield from _page(browser, request, tmp_path, color_scheme="dark")


def _page(
    browser: Browser, request: pytest.FixtureRequest, folder: Path, **options: object
) -> Iterator[Page]:
    with watched_page(browser, **options) as (page, wrong):
        yield page
        if request.node.stash.get(FAILED, False):
            picture = folder / "when-it-failed.png"
            page.screenshot(path=picture)
            print(f"A picture of the page: {picture}")  # noqa: T201 - pytest shows it
    assert wrong == []
