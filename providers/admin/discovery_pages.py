"""Refresh from provider: ask what it lists now, look at the answer, tick what to take over."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone

from accounts.admin.answers import done, htmx_of
from accounts.admin.pages import attempt, saved
from accounts.tenancy.current import current_project, principal_of
from providers import tasks
from providers.admin.questions import QuestioningPages
from providers.models import Provider
from providers.panels.badges import poll_url
from providers.panels.discovery import gone_models, last_listed
from providers.panels.rows import surroundings_of
from providers.services import discovery

LISTED = "providers/_listed.html"
LIST_LIVE = "aiProviders:ListLiveModels"


class DiscoveryPages(QuestioningPages):
    """What ProviderAdmin's providers list, and taking it over."""

    def get_urls(self) -> list[URLPattern]:
        one = "<str:object_id>"
        return [
            self.button(f"{one}/refresh-models/", self.refresh_view, "refresh_models"),
            self.page(f"{one}/listed/", self.listed_view, "listed"),
            *super().get_urls(),
        ]

    def refresh_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the provider for its models; the page says what came of it."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, LIST_LIVE, provider)
        back = self.address_of(provider, "detail")

        def act() -> HttpResponse:
            operation = tasks.begin_refresh(provider, by=principal_of(request))
            if not htmx_of(request):
                return done(request, f"{provider.name} is asked for its models.", back=back)
            context = {"poll_url": poll_url(operation), "target": "#refresh-state"}
            return render(request, "providers/_asking.html", context)

        return attempt(request, act, back=back)

    def listed_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what is new and what is gone, to be ticked; take over what was ticked on POST."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, LIST_LIVE, provider)
        if request.method == "POST":
            return self._take(request, provider)
        return self.sheet(request, LISTED, self._sheet_of_listed(request, provider))

    def _sheet_of_listed(self, request: HttpRequest, provider: Provider) -> dict[str, Any]:
        around = surroundings_of([provider], principal_of(request), current_project(request))
        listed = last_listed(provider, now=timezone.now())
        return {
            "provider": provider,
            "listed": listed,
            "gone": gone_models(listed.found, around) if listed else (),
            "cannot_add": around.lacking("aiProviders:CreateProviderModel", provider),
            "title": f"What {provider.name} lists",
            "back_url": self.address_of(provider, "detail"),
            "back_label": provider.name,
            "ticked": {*request.POST.getlist("add"), *request.POST.getlist("remove")},
            "action": request.path,
        }

    def _take(self, request: HttpRequest, provider: Provider) -> HttpResponse:
        add, remove = request.POST.getlist("add"), request.POST.getlist("remove")
        if add:
            self.allow(request, "aiProviders:CreateProviderModel", provider)
        going = [model for model in provider.models.all() if model.public_id in remove]
        for model in going:
            self.allow(request, "aiProviders:DeleteProviderModel", model)
        if going and (question := self.removal_question(request, going, verb="Take over")):
            return self.put(request, LISTED, self._sheet_of_listed(request, provider), question)
        listed = last_listed(provider, now=timezone.now())
        back = self.address_of(provider, "detail")

        def act() -> HttpResponse:
            if listed is None:
                return saved(request, "Ask the provider again: its list is too old.", back=back)
            by = principal_of(request)
            taken = discovery.take(provider, listed.found, add=add, remove=remove, by=by)
            return saved(request, f"{provider.name}: {taken.sentence}", back=back)

        return attempt(request, act, back=back)
