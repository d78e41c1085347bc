"""The list of providers in its states: nothing there, much there, work under way, refusals."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playwright.sync_api import expect

from tests.journeys.portal import Portal
from tests.journeys.upstream import Upstream

PHONE = {"width": 390, "height": 844}
OWN, OWN_MODEL = "GPU box", "llama-3.3-70b-instruct"
Prepare = Callable[[Portal], None]
Picture = tuple[str, Prepare, Mapping[str, Any]]

# Fifty accounts of twelve models, as a platform team has them.
MANY = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Project
from providers.models import Provider, ProviderModel

project = Project.objects.get()
now = timezone.now()
kinds = ("openai", "groq", "mistral", "anthropic", "deepseek")
health = ("reachable", "reachable", "degraded", "reachable", "rate_limited")
for number in range(50):
    provider = Provider.objects.create(
        project=project,
        name=f"Team {number + 1:02}",
        kind=kinds[number % 5],
        status="disabled" if number % 9 == 3 else "active",
        health=health[number % 5],
        health_reason=("", "", "6.2 s", "", "429 for every third call")[number % 5],
        health_since=now - timedelta(minutes=12 + number),
        health_checked_at=now + timedelta(hours=2),
    )
    ProviderModel.objects.bulk_create(
        ProviderModel(
            provider=provider,
            upstream_id=f"model-{position + 1}-of-twelve",
            position=position,
            input_price=(None, 0, "2.50")[position % 3],
            output_price=(None, 0, "15")[position % 3],
            test_status=("connected", "connected", "untested", "error")[position % 4],
        )
        for position in range(12)
    )
"""


# The first provider as it is where its vendor can be reached.
WELL = """
from datetime import timedelta
from django.utils import timezone
from providers.models import Provider

later = timezone.now() + timedelta(hours=2)
Provider.objects.update(health="reachable", health_reason="", health_checked_at=later)
"""


def of_nothing() -> Picture:
    """Give the picture of an installation that has no provider yet."""
    return "list-empty", Portal.open_providers, {}


def of_one() -> Picture:
    """Give the picture of an installation that has its first provider."""
    return "list-one", Portal.open_providers, {}


def pictures(upstream: Upstream) -> Iterator[Picture]:
    """Give each picture's name, what to do for it, and the kind of browser that it wants."""

    def testing(portal: Portal) -> None:
        portal.open_providers()
        upstream.hold()
        portal.choose(portal.rows_of(OWN).locator("tr.ax-provider"), "Test all models")
        expect(portal.badge_of(OWN, OWN_MODEL)).to_have_text("Testing…")
        expect(portal.page.locator(".ax-progress")).to_be_visible()

    yield "list-testing", testing, {}
    upstream.release()
    yield "list-error", _error, {}
    yield "list-delete-refused", _refused, {}
    yield "list-chosen", _chosen, {}
    yield "list-phone-menu", _menu, {"viewport": PHONE, "has_touch": True}


def of_many() -> Picture:
    return "list-many", Portal.open_providers, {}


def _error(portal: Portal) -> None:
    portal.open_providers()
    portal.choose(portal.rows_of("Google Gemini").locator("tr.ax-provider"), "Test all models")
    portal.banner("0 of 1 model answered")


def _refused(portal: Portal) -> None:
    """Open the question from an old page, where the menu still offered it."""
    portal.open_providers()
    public_id = portal.rows_of("OpenAI").get_attribute("data-provider")
    address = f"/admin/providers/provider/{public_id}/delete/"
    portal.page.evaluate("where => htmx.ajax('GET', where, '#dialog')", address)
    expect(portal.dialog).to_contain_text("Stands in the way")


def _chosen(portal: Portal) -> None:
    portal.open_providers()
    for name in ("Anthropic", "OpenAI", OWN):
        portal.page.get_by_label(f"Choose {name}").check()
    expect(portal.page.locator("#bulk")).to_be_visible()


def _menu(portal: Portal) -> None:
    portal.open_providers()
    portal.menu_of(portal.row_of("Anthropic", "claude-opus-5"))
