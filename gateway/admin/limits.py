"""Limits: how much a project, its agents and its keys may use, and how much is used now."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from accounts.admin.pages import FOLLOWS, Listed, Removal, saved
from accounts.admin.seen import Seen
from accounts.tenancy.current import principal_of
from gateway.forms.limit import LimitChangeForm, LimitForm
from gateway.models import Limit
from gateway.models.limit import LimitQuerySet
from gateway.panels.limits import limit_rows
from gateway.services import limits
from usage.limits import alerts
from usage.models import LimitAlert

_MOST_ALERTS = 20


@admin.register(Limit)
class LimitAdmin(Listed):
    impact_right = "limits:GetLimitImpact"
    create_right = limits.CREATE
    intro = "How much may be used. Of several limits the strictest wins."
    panel = staticmethod(limit_rows)
    read_right = "limits:GetLimit"
    change_right = limits.UPDATE
    template = "gateway/limit.html"
    form_template = "gateway/_limit_form.html"
    search_fields = ("name", "public_id", "agent__name", "agent__public_id", "key__name")
    search_help_text = "Search by name, agent or key"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", self.make_view, "add"),
            self.page("<str:object_id>/edit/", self.edit_view, "edit"),
            self.impact_page(),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("LimitQuerySet", super().visible(request)).with_subject().by_name()

    def shown_beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Show what was told of it."""
        told = LimitAlert.objects.visible_to(principal_of(request)).of_limit(row.public_id)
        return {"alerts": [(alert.at, alerts.words(alert)) for alert in told[:_MOST_ALERTS]]}

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what to limit; `?on=` names the agent or the key that it is about."""
        principal = principal_of(request)
        projects = self.admitted_projects(request, limits.CREATE)
        form = LimitForm(
            request.POST or None,
            projects=projects,
            principal=principal,
            on=request.GET.get("on", ""),
        )
        if request.method == "POST" and FOLLOWS not in request.POST and form.is_valid():
            try:
                limit = limits.add(form.draft(), form.scope(), by=principal, now=principal.now)
            except ValidationError as error:
                form.take_errors(error)
            else:
                text = f"{limit.name} holds from the next call on."
                return saved(request, text, back=self.address_of(limit))
        return self.ask(
            request, form, title="Set a limit", verb="Set limit", back_url=self.list_url
        )

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change it; what is used of it stays used."""
        limit: Limit = self.found(request, object_id)
        self.allow(request, limits.UPDATE, limit)
        principal = principal_of(request)
        form = LimitChangeForm(request.POST or None, limit=limit)
        seen = Seen.of(request, form.initial)
        if request.method == "POST" and form.is_valid() and not seen.is_overtaken:
            try:
                limits.change(limit, form.draft(), by=principal, now=principal.now)
            except ValidationError as error:
                form.take_errors(error)
            else:
                text = f"{limit.name} is saved, and holds from the next call on."
                return saved(request, text, back=self.address_of(limit))
        words = self.way_back(limit) | {"lead": f"It limits {limit.get_measure_display()}."}
        words |= {"title": f"Edit {limit.name}", "verb": "Save"}
        return self.ask(request, form, seen=seen, **words)

    def removal_of(self, request: HttpRequest, limit: Limit) -> Removal:
        return Removal(
            action=limits.DELETE,
            title=f"Delete {limit.name}?",
            lead="Nothing holds its calls back from the next one on, unless another limit does.",
            verb="Delete limit",
            remove=lambda: limits.remove(limit, by=principal_of(request)),
            done=f"{limit.name} was deleted.",
        )
