"""Agents: what answers each, their tokens, what they cost."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from accounts.admin.pages import FOLLOWS, Listed, Removal, saved
from accounts.admin.seen import Seen
from accounts.tenancy.current import principal_of
from gateway.admin.connect_pages import ConnectPages
from gateway.forms.agent import AgentForm, RotateForm
from gateway.models import Agent
from gateway.models.agent import AgentQuerySet
from gateway.panels.agents import COST_DAYS, agent_rows, warnings_among
from gateway.services import agents

CREATE = "agents:CreateAgent"


@admin.register(Agent)
class AgentAdmin(ConnectPages, Listed):
    impact_right = "agents:GetAgentImpact"
    create_right = CREATE
    intro = "Coding agents and programs, each with a token of its own."
    panel = staticmethod(agent_rows)
    read_right = "agents:GetAgent"
    change_right = "agents:UpdateAgent"
    template = "gateway/agent.html"
    form_template = "gateway/_agent_form.html"
    search_fields = ("name", "public_id")
    search_help_text = "Search by name"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", self.make_view, "add"),
            self.page("warnings/", require_safe(self.warnings_view), "warnings"),
            self.page("<str:object_id>/edit/", self.edit_view, "edit"),
            self.page("<str:object_id>/rotate/", self.rotate_view, "rotate"),
            self.impact_page(),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("AgentQuerySet", super().visible(request)).with_route().by_name()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"cost_days": COST_DAYS} | (extra_context or {}))

    def warnings_view(self, request: HttpRequest) -> HttpResponse:
        """Count the agents with a warning, for the sidebar, which asks once the page is there."""
        self.enter(request, "agents:ListAgents")
        seen = cast("AgentQuerySet", super().visible(request))
        count = warnings_among(seen, now=timezone.now())
        answer = render(request, "gateway/_warnings.html", {"count": count})
        add_never_cache_headers(answer)
        return answer

    def shown_beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:  # noqa: ARG002 - the base's
        return {"cost_days": COST_DAYS}

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what it is; its token stands in this one answer, and is stored nowhere."""
        projects = self.admitted_projects(request, CREATE)
        form = AgentForm(request.POST or None, projects=projects)
        if _is_to_be_saved(request, form):
            project = form.cleaned_data["project"]
            try:
                agent, token = agents.add(form.draft(), project=project, by=principal_of(request))
                return self._shown_once(request, agent, token)
            except ValidationError as error:
                form.take_errors(error)
        return self.ask(
            request, form, title="Add an agent", verb="Add agent", back_url=self.list_url
        )

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change it; what it asks next is answered by what is chosen here."""
        agent: Agent = self.found(request, object_id)
        self.allow(request, "agents:UpdateAgent", agent)
        form = AgentForm(request.POST or None, projects=[agent.project], agent=agent)
        seen = Seen.of(request, form.initial)
        if _is_to_be_saved(request, form) and not seen.is_overtaken:
            try:
                agents.change(agent, form.draft(), by=principal_of(request))
            except ValidationError as error:
                form.take_errors(error)
            else:
                text = f"{agent.name} is saved. Its next request goes there."
                return saved(request, text, back=self.address_of(agent))
        words = {"title": f"Edit {agent.name}", "verb": "Save", **self.way_back(agent)}
        return self.ask(request, form, seen=seen, **words)

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give it another token, shown once; the old one works on for a while."""
        agent: Agent = self.found(request, object_id)
        self.allow(request, "agents:RotateAgentToken", agent)
        form = RotateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            overlap, now = form.cleaned_data["overlap"], timezone.now()
            token = agents.rotate(agent, overlap=overlap, by=principal_of(request), now=now)
            return self._shown_once(request, agent, token)
        return self.form_sheet(
            request,
            form,
            title=f"Rotate the token of {agent.name}?",
            lead="It gets a new one, which is shown once. One that was replaced earlier stops now.",
            verb="Rotate token",
            back_url=self.address_of(agent),
            back_label=agent.name,
        )

    def removal_of(self, request: HttpRequest, agent: Agent) -> Removal:
        return Removal(
            action="agents:DeleteAgent",
            title=f"Delete {agent.name}?",
            lead="Its tokens are refused from the next call on. What it used stays on record.",
            verb="Delete agent",
            remove=lambda: agents.remove(agent, by=principal_of(request)),
            done=f"{agent.name} was deleted.",
        )

    def _shown_once(self, request: HttpRequest, agent: Agent, token: str) -> HttpResponse:
        context = {
            "owner": agent.name,
            "token": token,
            "title": f"Token of {agent.name}",
            "back_url": self.address_of(agent),
        }
        answer = self.sheet(request, "gateway/_token.html", context)
        add_never_cache_headers(answer)
        return answer


def _is_to_be_saved(request: HttpRequest, form: AgentForm) -> bool:
    return request.method == "POST" and FOLLOWS not in request.POST and form.is_valid()
