"""The catalog that came with the release: to be read, and brought up to date."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse

from accounts.admin.answers import leave
from accounts.admin.pages import Pages, attempt
from accounts.tenancy.admin import display
from accounts.tenancy.current import principal_of
from foundation.money import price_label
from providers import tasks
from providers.admin.filters import TypeFilter
from providers.catalog.diff import CatalogDiff
from providers.catalog.entries import CatalogModel, builtin
from providers.kinds.registry import KINDS
from providers.models import CatalogEntry, Operation
from providers.models.catalog import CatalogEntryQuerySet
from providers.panels.badges import poll_url
from providers.panels.sizes import size_label
from providers.services import catalog


@admin.register(CatalogEntry)
class CatalogEntryAdmin(Pages):
    """The built-in catalog, to read: a provider's own values win over it."""

    list_display = ("model_id", "provider", "kind", "cost", "context", "most_output", "life")
    list_filter = (TypeFilter, "kind", "status")
    search_fields = ("model_id", "name")
    search_help_text = "Search by model"
    list_per_page = 100
    change_list_template = "admin/providers/catalogentry/change_list.html"
    fields = (
        *("provider", "model_id", "name", "kind", "life", "cost", "cache_cost"),
        *("context", "most_output", "capabilities", "source_link", "version"),
    )
    readonly_fields = fields

    @property
    def id_field(self) -> str:
        return "name_in_addresses"

    def get_object(
        self,
        request: HttpRequest,
        object_id: str,
        from_field: str | None = None,  # noqa: ARG002 - Django's signature
    ) -> CatalogEntry | None:
        entries = cast("CatalogEntryQuerySet", self.visible(request))
        return entries.known_as(object_id).first()

    @display(description="Type", ordering="provider_kind")
    def provider(self, entry: CatalogEntry) -> str:
        kind = KINDS.get(entry.provider_kind)
        return kind.label if kind else entry.provider_kind

    @display(description="Cost per 1M tokens", ordering="input_price")
    def cost(self, entry: CatalogEntry) -> str:
        return render_to_string("providers/_cost.html", {"model": entry})

    @display(description="Cache, read / written")
    def cache_cost(self, entry: CatalogEntry) -> str:
        read, write = price_label(entry.cache_read_price), price_label(entry.cache_write_price)
        return f"{read} / {write}"

    @display(description="Capabilities")
    def capabilities(self, entry: CatalogEntry) -> str:
        """Name its flags as its field names do: `has_tools` reads tools."""
        able = (name.removeprefix("has_") for name in entry.FLAG_FIELDS if getattr(entry, name))
        return ", ".join(able) or "—"

    @display(description="Source")
    def source_link(self, entry: CatalogEntry) -> str:
        return render_to_string("providers/_source_link.html", {"url": entry.source_url})

    @display(description="Context", ordering="context_window")
    def context(self, entry: CatalogEntry) -> str:
        return size_label(entry.context_window)

    @display(description="Max output", ordering="max_output")
    def most_output(self, entry: CatalogEntry) -> str:
        return size_label(entry.max_output)

    @display(description="Status", ordering="status")
    def life(self, entry: CatalogEntry) -> str:
        return entry.status_label

    def get_urls(self) -> list[URLPattern]:
        return [self.page("sync/", self.sync_view, "sync"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say whose word the list is, and of when."""
        version = _stored_version()
        intro = (
            f"What models cost and can do, as of {version}. A provider's own values win over it."
        )
        words = {"page_intro": intro, "is_behind": version != builtin().version}
        return super().changelist_view(request, words | (extra_context or {}))

    def sync_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the release's catalog would change; let a worker change it on POST."""
        self.enter(request, "catalog:SyncCatalog")
        back = request.path
        if request.method == "POST":

            def act() -> HttpResponse:
                tasks.begin_sync(builtin().version, by=principal_of(request))
                return leave(request, "The catalog is being brought up to date.", to=back)

            return attempt(request, act, back=back)
        running = Operation.objects.unfinished().filter(verb=Operation.Verb.SYNC_CATALOG).first()
        change = catalog.preview()
        context = {
            "change": change,
            "catalog": builtin(),
            "stored_version": _stored_version(),
            "poll_url": poll_url(running) if running else "",
            "sections": _sections(change),
            "page_title": "Sync the catalog",
            "back_url": reverse("admin:providers_catalogentry_changelist"),
            "back_label": "Catalog",
        }
        return self.show(request, "providers/catalog_sync.html", context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody edits reference data."""
        return False


@dataclass(frozen=True, slots=True)
class _Line:
    """One model of a preview, and the fields that would change."""

    model: CatalogModel
    fields: tuple[str, ...] = ()

    @property
    def changed(self) -> str:
        return ", ".join(name.removeprefix("has_").replace("_", " ") for name in self.fields)


def _sections(change: CatalogDiff) -> list[tuple[str, list[_Line]]]:
    edits = (("Changed", change.changed), ("Deprecated", change.deprecated))
    return [
        ("New", [_Line(model) for model in change.new]),
        *((title, [_Line(edit.after, edit.fields) for edit in rows]) for title, rows in edits),
        ("No longer in it", [_Line(model) for model in change.gone]),
    ]


def _stored_version() -> str:
    return CatalogEntry.objects.values_list("version", flat=True).first() or "—"
