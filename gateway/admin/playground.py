"""The playground: a conversation with whatever the project has, streamed through its gateway."""

from collections.abc import Iterator
from http import HTTPStatus

import orjson
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import URLPattern
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe

from accounts.admin.pages import Pages
from accounts.authority import may
from accounts.models import Project
from accounts.tenancy.current import principal_of
from gateway.callers import INVOKE, SPEAK_AS
from gateway.forms.playground import PlaygroundForm
from gateway.models import Agent
from gateway.services.playground import Ask, answer


class PlaygroundPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("playground/", require_safe(self.playground_view), "playground"),
            self.page("playground/say/", require_POST(self.say_view), "say"),
            *super().get_urls(),
        ]

    def playground_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show an empty conversation; the browser puts back what it kept."""
        project = self._project(request)
        context = {
            "form": self._form(request, project),
            "project": project,
            "opts": None,  # no page of a model's list, from which a way would lead back
            "page_title": "Playground",
            "page_intro": "Try any model of this project. What is said stays in this browser tab.",
        }
        return self.show(request, "gateway/playground.html", context)

    def say_view(self, request: HttpRequest) -> HttpResponseBase:
        """Stream an answer as lines of JSON; what can't be sent is refused at its field."""
        form = self._form(request, self._project(request))
        if not form.is_valid():
            told: HttpResponseBase = JsonResponse(
                {"errors": form.errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY
            )
        else:
            told = StreamingHttpResponse(_lines(form.ask()), content_type="application/x-ndjson")
        add_never_cache_headers(told)
        return told

    def _project(self, request: HttpRequest) -> Project:
        """Give the project that is asked in: the current one, else the first that may be."""
        return self.admitted_projects(request, INVOKE)[0]

    def _form(self, request: HttpRequest, project: Project) -> PlaygroundForm:
        who = principal_of(request)
        agents = Agent.objects.visible_to(who).filter(project=project)
        fitting = [agent for agent in agents if may(who, SPEAK_AS, agent)]
        return PlaygroundForm(request.POST or None, project=project, who=who, agents=fitting)


def _lines(ask: Ask) -> Iterator[bytes]:
    for event in answer(ask):
        yield orjson.dumps(event) + b"\n"
