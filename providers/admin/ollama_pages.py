"""The panel of an Ollama server: what is on it, pulling, deleting."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.admin.answers import done, fragment, refused
from accounts.admin.pages import Pages, attempt
from accounts.tenancy.current import current_project, principal_of
from providers import ollama_tasks
from providers.kinds import ollama
from providers.kinds.live_lists import names_of
from providers.models import Operation, Provider
from providers.panels.discovery import last_listed
from providers.panels.on_server import on_server, pulls_of
from providers.panels.rows import surroundings_of
from providers.services import discovery

PANEL = "providers/_on_server.html"
DELETE = "providers/_delete_from_server.html"


class OllamaPages(Pages):
    """What ProviderAdmin shows of a server's own models. Nothing here calls it: workers do."""

    def get_urls(self) -> list[URLPattern]:
        one = "<str:object_id>"
        return [
            self.page(f"{one}/on-server/", require_safe(self.on_server_view), "on_server"),
            self.button(f"{one}/pull/", self.pull_view, "pull"),
            self.button(f"{one}/cancel-pull/", self.cancel_pull_view, "cancel_pull"),
            self.button(f"{one}/add-from-server/", self.take_over_view, "add_from_server"),
            self.page(f"{one}/delete-from-server/", self.ask_deletion_view, "delete_from_server"),
            *super().get_urls(),
        ]

    def on_server_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the panel as it stands: the last list, and what is being pulled."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:ListInstalledModels", provider)
        around = surroundings_of([provider], principal_of(request), current_project(request))
        context: dict[str, Any] = {
            "provider": provider,
            "panel": on_server(provider, around, now=timezone.now()),
        }
        return fragment(request, PANEL, context)

    def pull_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin to pull a model; the panel shows how far it is."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:PullModel", provider)
        back, name = self.address_of(provider, "detail"), request.POST.get("model", "").strip()
        problem = ollama.name_problem(name)
        if problem:
            return refused(request, problem, back=back)

        def act() -> HttpResponse:
            ollama_tasks.begin_pull(provider, name, by=principal_of(request))
            return done(request, f"{provider.name} pulls {name}.", back=back)

        return attempt(request, act, back=back)

    def cancel_pull_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop a pull; what has come already stays on the server for the next one."""
        provider: Provider = self.found(request, object_id)
        back = self.address_of(provider, "detail")
        visible = Operation.objects.visible_to(principal_of(request))
        operation = pulls_of(provider, visible).filter(public_id=_operation_in(request)).first()
        self.allow(request, "operations:CancelOperation", operation or provider)
        if operation is None:
            return refused(request, "This pull has ended already.", back=back)

        def act() -> HttpResponse:
            operation.cancel(by=principal_of(request))
            return done(request, f"{operation.target_name} is no longer pulled.", back=back)

        return attempt(request, act, back=back)

    def take_over_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a model of the last list over, as ticked."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:CreateProviderModel", provider)
        back, name = self.address_of(provider, "detail"), request.POST.get("add", "")
        listed = last_listed(provider, now=timezone.now())
        if listed is None:
            return refused(request, "Press Refresh first: its list is too old.", back=back)

        def act() -> HttpResponse:
            by = principal_of(request)
            discovery.take(provider, listed.found, add=[name], remove=(), by=by)
            return done(request, f"{name} is enabled.", back=back)

        return attempt(request, act, back=back)

    def ask_deletion_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask in a dialog that names model and server; have it deleted on POST."""
        provider: Provider = self.found(request, object_id)
        self.allow(request, "aiProviders:DeleteInstalledModel", provider)
        back = self.address_of(provider, "detail")
        name = (request.POST if request.method == "POST" else request.GET).get("model", "").strip()
        if ollama.name_problem(name):
            return refused(request, "Choose the model that is to be deleted.", back=back)
        if request.method == "POST":

            def act() -> HttpResponse:
                ollama_tasks.begin_delete(provider, name, by=principal_of(request))
                return done(request, f"{name} is being deleted from {provider.name}.", back=back)

            return attempt(request, act, back=back)
        context = {
            "provider": provider,
            "model": name,
            "here": provider.models.filter(upstream_id__in=names_of([name])).exists(),
            "title": f"Delete {name} from the server?",
            "back_url": back,
            "back_label": provider.name,
        }
        return self.sheet(request, DELETE, context)


def _operation_in(request: HttpRequest) -> str:
    return request.POST.get("operation", "")
