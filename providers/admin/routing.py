"""The Routing page: which models answer in a project, how they are watched, and a game day."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.admin.answers import leave
from accounts.admin.pages import Pages, attempt
from accounts.models import Project
from accounts.tenancy.current import current_project, principal_of
from providers.forms.routing import GameDayForm, RoutingForm
from providers.models import ModelKind, ProjectRouting, ProviderModel
from providers.panels.routing import routing_page
from providers.services import game_days, routing

PAGE = "providers/routing.html"
UPDATE = "routing:UpdateRouting"


@admin.register(ProjectRouting)
class RoutingAdmin(Pages):
    """One page for the project that the switcher names."""

    def get_urls(self) -> list[URLPattern]:
        listed = [url for url in super().get_urls() if str(url.name).endswith("_changelist")]
        return [
            self.button("save/", self.save_view, "save"),
            self.button("game-day/", self.begin_view, "begin_game_day"),
            self.button("game-day/end/", self.end_view, "end_game_day"),
            *listed,
        ]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - Django's signature
    ) -> HttpResponse:
        self.enter(request, "routing:GetRouting")
        project = current_project(request)
        if project is None:
            return self.show(request, PAGE, {"page_title": "Routing"})
        return self._page(request, project, self._form(request, project))

    def save_view(self, request: HttpRequest) -> HttpResponse:
        project = self._admitted(request, UPDATE)
        form = self._form(request, project, is_sent=True)
        if form.is_valid():
            choices, settings = form.choices(), form.settings()
            try:
                routing.choose(project, choices, by=principal_of(request), settings=settings)
            except ValidationError as error:
                form.take_errors(error)
            else:
                return leave(request, "The routing was saved.", to=_here())
        return self._page(request, project, form)

    def begin_view(self, request: HttpRequest) -> HttpResponse:
        project = self._admitted(request, "routing:BeginGameDay")
        form = _game_day(routing.of(project), request)

        def act() -> HttpResponse:
            if not form.is_valid():
                raise ValidationError("Choose one of the two providers, and 1 to 240 minutes.")
            provider, minutes = form.chosen(), form.cleaned_data["minutes"]
            by, now = principal_of(request), timezone.now()
            game_days.begin(project, provider, minutes=minutes, by=by, now=now)
            return leave(request, f"{provider} plays dead for {minutes} minutes.", to=_here())

        return attempt(request, act, back=_here())

    def end_view(self, request: HttpRequest) -> HttpResponse:
        project = self._admitted(request, "routing:EndGameDay")
        game_days.end(project, by=principal_of(request), now=timezone.now())
        return leave(request, "The game day is over.", to=_here())

    def _admitted(self, request: HttpRequest, action: str) -> Project:
        self.enter(request, action)
        project = current_project(request)
        if project is None:
            raise Http404
        return project

    def _form(
        self, request: HttpRequest, project: Project, *, is_sent: bool = False
    ) -> RoutingForm:
        usable = ProviderModel.objects.usable().for_project(project).select_related("provider")
        models = usable.filter(kind=ModelKind.CHAT).order_by("provider__name", "position", "pk")
        data = request.POST if is_sent else None
        return RoutingForm(data, routing=routing.of(project), models=models)

    def _page(self, request: HttpRequest, project: Project, form: RoutingForm) -> HttpResponse:
        stored = routing.of(project)
        page = routing_page(stored, principal_of(request), now=timezone.now())
        context = {
            "page_title": "Routing",
            "page_intro": f"Which model answers in {project.name}, and which one when that can't.",
            "form": form,
            "page": page,
            "game_day": _game_day(stored),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self.show(request, PAGE, context, status=status)


def _game_day(stored: ProjectRouting, request: HttpRequest | None = None) -> GameDayForm:
    models = [model for model in (stored.active_model, stored.fallback_model) if model]
    providers = {model.provider_id: model.provider for model in models}
    return GameDayForm(request.POST if request else None, providers=providers.values())


def _here() -> str:
    return reverse("admin:providers_projectrouting_changelist")
