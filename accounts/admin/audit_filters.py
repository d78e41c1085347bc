"""What the audit can be narrowed by: who, what, how it ended, when."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Membership, Outcome, User
from accounts.permissions import PERMISSIONS
from accounts.tenancy.current import current_project, principal_of

_MOST_PEOPLE = 100
_SPANS = {"1": "last 24 hours", "7": "last 7 days", "30": "last 30 days", "90": "last 90 days"}

Events = QuerySet[AuditEvent]
Choices = list[tuple[str, str]]


class PersonFilter(SimpleListFilter):
    """The people of the project; for all projects at once, those of the installation."""

    title = "who"
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        project, principal = current_project(request), principal_of(request)
        people = User.objects.order_by("email").values_list("public_id", "email")
        if project:
            people = people.filter(memberships__project=project)
        elif not principal.is_staff:
            seen = Membership.objects.visible_to(principal)
            people = people.filter(pk__in=seen.values("user"))
        return [("system", SYSTEM), *people[:_MOST_PEOPLE]]

    def queryset(self, request: HttpRequest, queryset: Events) -> Events:
        if not self.value():
            return queryset
        return queryset.filter(actor_id="" if self.value() == "system" else self.value())


class ActionFilter(SimpleListFilter):
    """The module before the colon: all that was done to providers, to secrets and so on."""

    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        modules = sorted({action.partition(":")[0] for action in PERMISSIONS})
        return [(module, module) for module in modules]

    def queryset(self, request: HttpRequest, queryset: Events) -> Events:
        return queryset.filter(action__startswith=f"{self.value()}:") if self.value() else queryset


class OutcomeFilter(SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [(outcome.value, str(outcome.label)) for outcome in Outcome]

    def queryset(self, request: HttpRequest, queryset: Events) -> Events:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class TimeFilter(SimpleListFilter):
    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return list(_SPANS.items())

    def queryset(self, request: HttpRequest, queryset: Events) -> Events:
        if self.value() not in _SPANS:
            return queryset
        return queryset.filter(at__gte=timezone.now() - timedelta(days=int(self.value() or 0)))
