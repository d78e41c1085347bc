"""Health on pages: the card with its evidence, Check now, and what opening a page sets going."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.admin.answers import done, htmx_of, load_anew
from accounts.admin.pages import Pages, attempt
from accounts.tenancy.current import current_project, principal_of
from providers import tasks
from providers.models import Provider
from providers.models.provider import ProviderQuerySet
from providers.panels.charts import charts_of
from providers.panels.health import FRESH_S, health_card
from providers.panels.rows import surroundings_of

MOST_AT_ONCE = 100
CARD = "providers/_health_card.html"


class HealthPages(Pages):
    """The health of ProviderAdmin's providers."""

    def get_urls(self) -> list[URLPattern]:
        one = "<str:object_id>"
        return [
            self.button("freshen/", self.freshen_list_view, "freshen_list"),
            self.page("freshened/", require_safe(self.freshened_view), "freshened"),
            self.page(f"{one}/health/", require_safe(self.health_view), "health"),
            self.page(f"{one}/charts/", require_safe(self.charts_view), "charts"),
            self.button(f"{one}/check/", self.check_view, "check"),
            self.button(f"{one}/freshen/", self.freshen_view, "freshen"),
            *super().get_urls(),
        ]

    def check_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have it checked now; the card follows the check from here on."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:CheckAiProvider", provider)
        back = self.address_of(provider, "detail")

        def act() -> HttpResponse:
            tasks.begin_check(provider)
            if not htmx_of(request):
                return done(request, f"{provider.name} is being checked.", back=back)
            return self._card(request, provider)

        return attempt(request, act, back=back)

    def freshen_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have it checked where its last check is over a minute old; the page asks once loaded."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:FreshenHealth", provider)
        if not self._freshened(provider):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return self._card(request, provider)

    def health_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer nothing while it is being checked; then the card, and the page loads anew."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:GetAiProvider", provider)
        if provider.is_being_checked(now=timezone.now()):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return load_anew(self._card(request, provider))

    def charts_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Draw the charts anew, of the time that was chosen."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:GetAiProvider", provider)
        return render(request, "providers/_charts.html", self.charts_context(request, provider))

    def charts_context(self, request: HttpRequest, provider: Provider) -> dict[str, Any]:
        span = request.GET.get("range", "")
        path = self.address_of(provider, "charts")
        charts = charts_of(provider, principal_of(request), span=span, now=timezone.now())
        return {
            "charts": charts,
            "charts_path": path,
            "charts_page": self.address_of(provider, "detail"),
        }

    def freshen_list_view(self, request: HttpRequest) -> HttpResponse:
        """Have those that the list shows checked where that is over a minute ago."""
        if not self.may(request, "list"):
            raise Http404
        self.allow(request, "aiProviders:FreshenHealth")
        now = timezone.now()
        listed = self._listed(request).active()
        stale = listed.not_checked_since(now - timedelta(seconds=FRESH_S))[:MOST_AT_ONCE]
        tasks.check_soon(*stale)
        return render(request, "providers/_freshening.html", {"since": now.isoformat()})

    def freshened_view(self, request: HttpRequest) -> HttpResponse:
        """Answer nothing while checks are under way; then let the list load anew, if need be."""
        if not self.may(request, "list"):
            raise Http404
        listed = self._listed(request)
        now = timezone.now()
        if listed.being_checked(now=now).exists():
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        answer = HttpResponse()
        since = _moment(request.GET.get("since", ""))
        if since and listed.filter(health_since__gte=since).exists():
            return load_anew(answer)
        return answer

    def _listed(self, request: HttpRequest) -> ProviderQuerySet:
        return cast("ProviderQuerySet", self.get_queryset(request).prefetch_related(None))

    def _freshened(self, provider: Provider) -> bool:
        now = timezone.now()
        fresh_since = now - timedelta(seconds=FRESH_S)
        stale = Provider.objects.active().not_checked_since(fresh_since)
        if stale.filter(pk=provider.pk).exists():
            tasks.check_soon(provider)
        provider.refresh_from_db(fields=["health_asked_at", "health_checked_at"])
        return provider.is_being_checked(now=now)

    def _card(self, request: HttpRequest, provider: Provider) -> HttpResponse:
        provider.refresh_from_db()
        around = surroundings_of([provider], principal_of(request), current_project(request))
        routing = around.routing_for(provider)
        card = health_card(provider, routing, around.principal, now=timezone.now())
        return render(request, CARD, {"provider": provider, "card": card})


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None
