"""The dialog of a provider as a person fills it in, by the labels that stand there."""

from collections.abc import Mapping

from playwright.sync_api import Locator, expect

from tests.journeys.portal import Portal


class ProviderDialog:
    """One open dialog; every step waits until the page has answered it."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.page = portal.page
        self.box = portal.dialog

    @classmethod
    def to_add(cls, portal: Portal, kind: str = "") -> "ProviderDialog":
        portal.page.get_by_role("link", name="Add Provider").first.click()
        dialog = cls(portal)._opened("Add a provider")
        if kind:
            dialog.choose_type(kind)
        return dialog

    @classmethod
    def to_edit(cls, portal: Portal, provider: str) -> "ProviderDialog":
        portal.page.get_by_role("link", name=provider, exact=True).click()
        return cls(portal)._opened(f"Edit {provider}")

    def choose_type(self, label: str) -> None:
        select = self.field("Type")
        slug = select.locator("option", has_text=label).first.get_attribute("value")
        select.focus()
        select.select_option(label=label)
        expect(self.box.locator(f'[name="fields_of"][value="{slug}"]')).to_be_attached()
        self.settle()

    def field(self, label: str) -> Locator:
        return self.box.get_by_label(label, exact=True)

    def fill(self, fields: Mapping[str, str]) -> None:
        for label, text in fields.items():
            self.field(label).fill(text)

    def error_at(self, label: str) -> Locator:
        """Give the error that stands at a field, as its input names it."""
        field = self.field(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        told = (field.get_attribute("aria-describedby") or "").split()
        return self.box.locator(", ".join(f"#{name}" for name in told if name.endswith("_error")))

    @property
    def boxes(self) -> Locator:
        return self.box.locator("#model-offers input[type=checkbox]")

    def tick_first(self, count: int) -> list[str]:
        """Tick the first models of the list, and name them."""
        for at in range(count):
            self.boxes.nth(at).check()
        return self.ticked()

    def ticked(self) -> list[str]:
        ticked = self.box.locator("#model-offers input:checked")
        return [str(value) for value in ticked.evaluate_all("boxes => boxes.map(b => b.value)")]

    def default(self) -> str:
        row = self.box.locator("#model-offers li").filter(
            has=self.page.locator(".ax-checklist-default:visible")
        )
        return str(row.locator("input[type=checkbox]").get_attribute("value"))

    def grip(self, model: str) -> Locator:
        return self.box.get_by_role("button", name=f"Move {model}", exact=True)

    def fetch(self) -> None:
        self.box.get_by_role("button", name="Fetch models").click()
        expect(self.box.locator("#model-list .ax-note")).to_be_visible()
        self.settle()

    def save(self) -> None:
        self.box.locator("#save-provider").click()

    def save_and_close(self) -> None:
        self.save()
        expect(self.box).to_be_hidden()

    def settle(self) -> None:
        """Wait until what was swapped in stands still."""
        expect(self.box.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)

    def _opened(self, title: str) -> "ProviderDialog":
        expect(self.box.get_by_role("heading", name=title)).to_be_visible()
        self.settle()
        return self
