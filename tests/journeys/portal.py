"""The admin as a person uses it: what they see and press, by the words that stand there."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, Route, expect

from tests.journeys.admin_session import AdminSession
from tests.journeys.installation import EMAIL, PASSWORD, Installation

CUSTOM = "Custom, OpenAI-compatible"


class Portal:
    """One person's browser at one installation."""

    def __init__(self, page: Page, installation: Installation) -> None:
        self.page = page
        self.installation = installation

    def sign_in(self) -> None:
        """Come in by the form's own request, and look at the first page."""
        self.come_in()
        self.open_providers()

    def come_in(self) -> None:
        """Sign in by the form's own request, and open no page yet."""
        address = self.installation.portal_url
        cookies = AdminSession(self.installation).cookies
        self.page.context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
        )

    def sign_in_by_hand(self) -> None:
        self.page.goto(self.installation.portal_url)
        self.page.get_by_label("Email").fill(EMAIL)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.heading("Dashboard")).to_be_visible()

    def open_providers(self) -> None:
        self.page.goto(f"{self.installation.portal_url}/admin/providers/provider/")
        expect(self.heading("Providers")).to_be_visible()

    def open(self, address: str, title: str) -> None:
        """Open a page of the admin, once the present one has what it was loading."""
        self.page.wait_for_load_state("networkidle")
        self.page.goto(f"{self.installation.portal_url}/admin/{address}")
        expect(self.page.locator("#page-title")).to_have_text(title)

    def search(self, name: str) -> None:
        """Look at the rows of one name alone, which other journeys don't change meanwhile."""
        self.page.goto(f"{self.installation.portal_url}/admin/providers/provider/?q={name}")
        expect(self.heading("Providers")).to_be_visible()

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True)

    @contextmanager
    def late(self, address: str) -> Iterator[None]:
        """Let what is sent to an address inside arrive on the way out, not before."""
        held: list[Route] = []
        self.page.route(address, lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no builtin
        yield
        for route in held:
            route.continue_()
        self.page.unroute(address)

    def load_anew(self) -> None:
        """Have the page load its lists anew, as after a change; wait for the answer."""
        with self.page.expect_response(self.page.url):
            self.page.evaluate("() => htmx.trigger(document.body, 'axiom:changed')")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog#dialog")

    def banner(self, words: str) -> Locator:
        """Wait for a banner with these words, and give it."""
        banner = self.page.locator(".ax-banner", has_text=words).last
        expect(banner).to_be_visible()
        return banner

    def open_form(self) -> Locator:
        """Press Add Provider, and choose the type that takes any OpenAI-compatible server."""
        self.page.get_by_role("link", name="Add Provider").first.click()
        expect(self.dialog.get_by_role("heading", name="Add a provider")).to_be_visible()
        expect(self.dialog.locator(".htmx-added")).to_have_count(0)
        self.dialog.get_by_label("Type").select_option(label=CUSTOM)
        expect(self.dialog.get_by_label("Base URL")).to_be_visible()
        return self.dialog

    def fill(self, *, name: str, base_url: str, api_key: str = "") -> None:
        self.dialog.get_by_label("Name", exact=True).fill(name)
        self.dialog.get_by_label("Base URL").fill(base_url)
        self.dialog.get_by_label("API key").fill(api_key)

    def fetch_models(self) -> None:
        self.dialog.get_by_role("button", name="Fetch models").click()

    def tick(self, models: Sequence[str]) -> None:
        for model in models:
            self.dialog.get_by_role("checkbox", name=re.compile(f"^{re.escape(model)} ")).check()

    def type_models(self, models: Sequence[str]) -> None:
        self.dialog.get_by_label("More models").fill("\n".join(models))

    def save_new(self) -> None:
        self.dialog.get_by_role("button", name="Add provider").click()

    def add(self, *, name: str, base_url: str, models: Sequence[str], api_key: str = "") -> None:
        """Add a provider whose models are typed, and wait until its row is there."""
        self.open_form()
        self.fill(name=name, base_url=base_url, api_key=api_key)
        self.type_models(models)
        self.save_new()
        expect(self.dialog).to_be_hidden()
        expect(self.rows_of(name)).to_be_visible()

    def rows_of(self, provider: str) -> Locator:
        """Give a provider's part of the table: its own row, and those of its models."""
        link = self.page.get_by_role("link", name=provider, exact=True)
        return self.page.locator("tbody[data-provider]", has=link)

    def row_of(self, provider: str, model: str) -> Locator:
        name = self.page.get_by_text(model, exact=True)
        return self.rows_of(provider).locator("tr.ax-model", has=name)

    def badge_of(self, provider: str, model: str) -> Locator:
        return self.row_of(provider, model).locator(".ax-at-test .ax-badge")

    def choose(self, row: Locator, item: str) -> None:
        """Open a row's menu, and choose an item."""
        self.menu_of(row).get_by_role("menuitem", name=item).click()

    def menu_of(self, row: Locator) -> Locator:
        """Open a row's menu."""
        opener = row.get_by_role("button", name=re.compile("^Actions for")).first
        menu = self.page.locator(".ax-menu:popover-open")
        opener.click()
        expect(menu).to_be_visible()
        return menu

    def test(self, provider: str, model: str) -> None:
        self.choose(self.row_of(provider, model), "Test connection")

    def make_active(self, provider: str, model: str) -> None:
        """Make a model the project's active one, unless it is already."""
        row = self.row_of(provider, model)
        active = row.get_by_text("Active", exact=True)
        if not active.is_visible():
            self.choose(row, "Set active")
        expect(active).to_be_visible()

    def open_provider(self, name: str) -> None:
        provider_row = self.rows_of(name).locator("tr.ax-provider")
        self.choose(provider_row, "View")
        expect(self.heading(name)).to_be_visible()

    def make_token(self, name: str) -> str:
        """Make an API key, and take the token that is shown this once."""
        self.page.get_by_role("link", name="API keys").first.click()
        self.page.get_by_role("link", name="Make an API key").first.click()
        self.dialog.get_by_label("Name").fill(name)
        self.dialog.get_by_role("button", name="Make the key").click()
        token = self.page.locator("#token")
        expect(token).to_be_visible()
        return token.inner_text().strip()
