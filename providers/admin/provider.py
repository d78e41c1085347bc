"""Providers: the list of two levels, a provider's own page, and what its buttons do."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.admin.answers import (
    Banner,
    came_from,
    done,
    htmx_of,
    leave,
    load_anew,
    menu,
)
from accounts.admin.pages import attempt
from accounts.tenancy.current import current_project, principal_of
from providers import tasks
from providers.admin.bulk import BulkPages, begun_here
from providers.admin.discovery_pages import DiscoveryPages
from providers.admin.filters import KindFilter, StatusFilter
from providers.admin.form_pages import FormPages
from providers.admin.health_pages import HealthPages
from providers.admin.login_pages import LoginPages
from providers.admin.ollama_pages import OllamaPages
from providers.models import Operation, Provider, ProviderModel
from providers.models.provider import ProviderQuerySet
from providers.panels.badges import poll_url
from providers.panels.health import health_card
from providers.panels.menus import menu_of_provider
from providers.panels.page import provider_page
from providers.panels.rows import provider_rows, surroundings_of
from providers.panels.switching import disabling
from providers.services import providers

Act = Callable[[Provider], str]


@admin.register(Provider)
class ProviderAdmin(BulkPages, HealthPages, DiscoveryPages, LoginPages, OllamaPages, FormPages):
    impact_right = "aiProviders:GetAiProviderImpact"
    search_fields = ("name",)
    list_filter = (KindFilter, StatusFilter)
    list_per_page = 50
    actions = None

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<str:object_id>/detail/", require_safe(self.detail_view), "detail"),
            self.impact_page(),
            self.page("<str:object_id>/menu/", require_safe(self.menu_view), "menu"),
            self.button("<str:object_id>/enable/", self.enable_view, "enable"),
            self.page("<str:object_id>/disable/", self.disable_view, "disable"),
            self.button("<str:object_id>/test/", self.test_view, "test"),
            self.button("<str:object_id>/import/", self.import_view, "import_catalog"),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        visible = cast("ProviderQuerySet", super().visible(request))
        return visible.select_related("default_model").with_secret().with_models()

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        own = {KindFilter.parameter_name, StatusFilter.parameter_name}
        return lookup in own or super().lookup_allowed(lookup, value, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data |= self._list(request, answer.context_data["cl"])
        return answer

    def detail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:GetAiProvider", provider)
        around = surroundings_of([provider], principal_of(request), current_project(request))
        routing, now = around.routing_for(provider), timezone.now()
        context = {
            "page": provider_page(provider, around, gateway_url=settings.GATEWAY_URL, now=now),
            "card": health_card(provider, routing, around.principal, now=now),
            **self.charts_context(request, provider),
            "provider": provider,
            "page_title": provider.name,
            "back_url": reverse("admin:providers_provider_changelist"),
            "back_label": "Providers",
        }
        return self.show(request, "providers/provider.html", context)

    def menu_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give what may be done with a provider now, for the row whose menu was just opened."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:GetAiProvider", provider)
        around = surroundings_of([provider], principal_of(request), current_project(request))
        return menu(request, menu_of_provider(provider, around))

    def enable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(provider: Provider) -> str:
            providers.set_enabled(provider, enabled=True, by=principal_of(request))
            tasks.check_soon(provider)
            return f"{provider.name} is enabled."

        return self._do(request, object_id, "aiProviders:EnableAiProvider", act)

    def disable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog that names the provider and what it leaves; disable on POST."""

        def act(provider: Provider) -> str:
            providers.set_enabled(provider, enabled=False, by=principal_of(request))
            return f"{provider.name} is disabled. It keeps everything it has."

        if request.method == "POST":
            return self._do(request, object_id, "aiProviders:DisableAiProvider", act)
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:DisableAiProvider", provider)
        context = {
            "disabling": disabling([provider], who=principal_of(request)),
            "title": f"Disable {provider.name}?",
        }
        context |= self.way_back(provider)
        return self.sheet(request, "providers/_disable_providers.html", context)

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start a test of each enabled model; the page counts how far they are."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:TestAiProvider", provider)

        def act() -> HttpResponse:
            begun = tasks.begin_tests_of([provider], by=principal_of(request))
            words = "It is being tested." if begun else "There is nothing to begin a test of."
            banner = Banner("success", f"{provider.name}: {words}")
            return load_anew(begun_here(request, begun, banner))

        return attempt(request, act, back=self.address_of(provider, "detail"))

    def import_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start an import from the catalog; the page says how many models it added."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:ImportCatalog", provider)
        back = self.address_of(provider, "detail")

        def act() -> HttpResponse:
            operation = tasks.begin_import(provider, by=principal_of(request))
            if not htmx_of(request):
                return done(request, "The import has started.", back=back)
            context = {"poll_url": poll_url(operation)}
            return render(request, "providers/_importing.html", context)

        return attempt(request, act, back=back)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - Django's signature
    ) -> HttpResponse:
        """Ask in a dialog that names the provider and what goes with it; delete on POST."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:DeleteAiProvider", provider)
        detail, listed = self.address_of(provider, "detail"), _list_url()
        if request.method == "POST":
            text = f"{provider.name} was deleted."

            def act() -> HttpResponse:
                providers.remove(provider, by=principal_of(request))
                stays = htmx_of(request) and not came_from(request, detail)
                return (
                    done(request, text, back=listed) if stays else leave(request, text, to=listed)
                )

            return attempt(request, act, back=detail)
        context = {
            "provider": provider,
            "title": f"Delete {provider.name}?",
            "impact": self.impact_of(request, provider),
            "keeps_secret": provider.secret is not None and provider.secret.providers.count() > 1,
        }
        context |= self.way_back(provider)
        return self.sheet(request, "providers/_delete_provider.html", context)

    def way_back(self, row: Any) -> dict[str, str]:
        return {"back_url": self.address_of(row, "detail"), "back_label": str(row)}

    def _list(self, request: HttpRequest, changes: Any) -> dict[str, Any]:
        """Give the template what Django's list does not: the two levels, and words."""
        found = list(changes.result_list)
        around = surroundings_of(found, principal_of(request), current_project(request))
        models = ProviderModel.objects.enabled().filter(provider__in=changes.queryset).count()
        rows = provider_rows(found, around, now=timezone.now())
        return {
            "rows": rows,
            "can_tick": any(row.can_be_ticked for row in rows),
            "wholes": Operation.objects.under_way_for(around.principal, around.project),
            "models_url": reverse("admin:providers_providermodel_menu", args=["_"]).removesuffix(
                "_/menu/"
            ),
            "page_title": "Providers",
            "page_intro": _intro(changes.result_count, models, is_whole=around.project is None),
            "is_narrowed": bool(changes.query or changes.has_active_filters),
            "filters": changes.filter_specs,
            "pages": changes.paginator.page(changes.page_num),
            "pages_query": changes.get_query_string(remove=["p"]).replace("?", "&", 1).rstrip("&"),
        }

    def _do(self, request: HttpRequest, public_id: str, action: str, act: Act) -> HttpResponse:
        provider: Provider = self.found(request, public_id)
        self.allow(request, action, provider)
        back = self.address_of(provider, "detail")
        return attempt(request, lambda: done(request, act(provider), back=back), back=back)


def _intro(providers: int, models: int, *, is_whole: bool) -> str:
    counted = f"{_count(providers, 'provider')}, {_count(models, 'model')}."
    if is_whole:
        return f"Where the requests of all projects can go. {counted}"
    return f"Where this project's requests can go. {counted}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _list_url() -> str:
    return reverse("admin:providers_provider_changelist")
