"""Take the documentation's pictures of a furnished installation: `make screenshots`."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.journeys import dialog_pictures, furniture, list_pictures
from tests.journeys.browser import PHONE, chromium, watched_page
from tests.journeys.installation import ROOT, Installation
from tests.journeys.past import PAST
from tests.journeys.portal import Portal
from tests.journeys.upstream import Upstream

FOLDER = ROOT / "docs" / "screenshots"
OWN, OWN_MODEL = "GPU box", "llama-3.3-70b-instruct"
PROVIDERS = (
    {
        "name": "OpenAI",
        "provider": "openai",
        "models": ["gpt-5.4", "gpt-5.4-mini", "text-embedding-3-large"],
    },
    {
        "name": "Anthropic",
        "provider": "anthropic",
        "models": ["claude-opus-5", "claude-sonnet-4-6"],
    },
    {"name": "Google Gemini", "provider": "gemini", "models": ["gemini-2.5-flash"]},
)
INVENTED_KEY = "invented-for-a-picture"
SHOWN = {"AXIOM_GATEWAY_URL": "http://127.0.0.1:8080"}  # as readers will have it
TALL = {"width": 1280, "height": 1300}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="axiom-pictures-") as folder:
        installation = Installation(Path(folder) / "data", SHOWN)
        installation.start()
        try:
            with chromium() as browser:
                take_one(browser, installation, list_pictures.of_nothing())
                add(installation, PROVIDERS[:1])
                installation.manage("shell", "--command", list_pictures.WELL)
                take_one(browser, installation, list_pictures.of_one())
                furnish(installation, upstream)
                take_all(browser, installation)
                for picture in dialog_pictures.pictures(upstream.base_url):
                    take_one(browser, installation, picture)
                take_lists(browser, installation, upstream)
                furniture.furnish(installation, upstream)
                take_people(browser, installation)
        finally:
            installation.stop()
            upstream.stop()


def add(installation: Installation, providers: Sequence[Mapping[str, Any]]) -> None:
    for provider in providers:
        installation.add_provider(installation.script_token, apiKey=INVENTED_KEY, **provider)


def furnish(installation: Installation, upstream: Upstream) -> None:
    add(installation, PROVIDERS[1:])
    token = installation.script_token
    installation.add_provider(token, name=OWN, baseUrl=upstream.base_url, models=[OWN_MODEL])
    for told in PAST:
        installation.manage("shell", "--command", told)


def take_all(browser: Browser, installation: Installation) -> None:
    take(browser, installation, "providers-light", show_connected)
    take(browser, installation, "providers-dark", Portal.open_providers, color_scheme="dark")
    take(browser, installation, "provider-page", show_provider, viewport=TALL)
    take(
        browser,
        installation,
        "provider-page-dark",
        show_provider,
        viewport=TALL,
        color_scheme="dark",
    )
    take(browser, installation, "provider-page-phone", show_provider, viewport=PHONE)
    take(browser, installation, "secrets", show_secrets)
    take(browser, installation, "impact", show_impact)
    take(browser, installation, "take-over", show_listed)
    take(browser, installation, "providers-phone", Portal.open_providers, viewport=PHONE)


def take_lists(browser: Browser, installation: Installation, upstream: Upstream) -> None:
    for picture in list_pictures.pictures(upstream):
        take_one(browser, installation, picture)
    installation.manage("shell", "--command", list_pictures.MANY)
    take_one(browser, installation, list_pictures.of_many())


def show_connected(portal: Portal) -> None:
    """Test a model, and open the menu of the active one."""
    portal.open_providers()
    portal.test(OWN, OWN_MODEL)
    portal.banner("Connected.")
    expect(portal.badge_of(OWN, OWN_MODEL)).to_contain_text("Connected")
    portal.menu_of(portal.row_of("OpenAI", "gpt-5.4"))


def show_provider(portal: Portal) -> None:
    portal.open_providers()
    portal.open_provider("OpenAI")


def show_secrets(portal: Portal) -> None:
    portal.open("providers/secret/", "Secrets")


def show_impact(portal: Portal) -> None:
    show_provider(portal)
    portal.page.get_by_role("link", name="Impact", exact=True).first.click()
    expect(portal.dialog).to_contain_text("Stands in the way")


def show_listed(portal: Portal) -> None:
    """Tick one of the models that the provider lists and that are not here."""
    show_provider(portal)
    portal.page.get_by_role("link", name="Choose what to take over").click()
    portal.dialog.get_by_role("checkbox", name="gpt-6.1-sol").check()


def take_one(
    browser: Browser,
    installation: Installation,
    picture: tuple[str, Callable[[Portal], object], Mapping[str, Any]],
) -> None:
    name, prepare, options = picture
    take(browser, installation, name, prepare, **options)


def take_people(browser: Browser, installation: Installation) -> None:
    """Take the pages of people and keys."""
    for name, page in (("members", "membership"), ("api-keys", "apikey"), ("audit", "auditevent")):
        where = f"{installation.portal_url}/admin/accounts/{page}/"
        take(browser, installation, name, lambda portal, at=where: portal.page.goto(at))


def take(
    browser: Browser,
    installation: Installation,
    name: str,
    prepare: Callable[[Portal], object],
    **options: object,
) -> None:
    with watched_page(browser, **options) as (page, wrong):
        portal = Portal(page, installation)
        portal.sign_in()
        prepare(portal)
        page.screenshot(path=FOLDER / f"{name}.png")
    if wrong:
        raise SystemExit(f"{name}: {wrong}")


if __name__ == "__main__":
    main()
