"""Debian's Chromium, kept to loopback, in which nothing may go wrong unnoticed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.journeys.needs import missing

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 812}
PATIENCE_MS = 30_000

# Chromium looks nothing up, so whatever is not loopback can't be reached.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
HERE = {"127.0.0.1", "localhost"}  # the second for what browsers give to names alone
# A refusal that a page shows at its field or in a banner; the console reports each as an error.
REFUSALS = {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
_OF_REFUSALS = tuple(f"status of {status.value} " for status in REFUSALS)
# A page that is left gives up what it was loading, which htmx reports as an error.
_OF_LEAVING = {"htmx:sendAbort", "htmx:afterRequest"}
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (e) =>
  console.error(`CSP: ${e.violatedDirective} refused ${e.blockedURI} ${e.sourceFile}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        missing("Chromium", "install Debian's package chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def watched_page(browser: Browser, **options: object) -> Iterator[tuple[Page, list[str]]]:
    """Open a page of its own, and collect all that goes wrong in it."""
    wrong: list[str] = []
    context = browser.new_context(**{"viewport": DESK, **options})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(_TELL_VIOLATIONS)
    page = context.new_page()

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _is_harmless(message.text):
            wrong.append(f"console: {message.text}")

    def look(response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST and response.status not in REFUSALS:
            wrong.append(f"{response.status}: {response.request.method} {response.url}")

    def note(request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme in {"http", "https", "ws", "wss"} and where.hostname not in HERE:
            wrong.append(f"left the machine: {request.url}")

    page.on("console", hear)
    page.on("response", look)
    page.on("request", note)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    yield page, wrong
    context.close()


def _is_harmless(text: str) -> bool:
    return text in _OF_LEAVING or _is_refusal(text)


def _is_refusal(text: str) -> bool:
    return text.startswith("Failed to load resource") and any(own in text for own in _OF_REFUSALS)
