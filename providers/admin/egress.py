"""The rules of egress, for staff: what may be called beside public addresses, and a tester."""

from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse

from accounts.admin.pages import Pages
from accounts.tenancy.admin import display
from accounts.tenancy.current import current_project, principal_of
from providers.forms.egress import EgressTestForm
from providers.models import EgressRule
from providers.models.egress import EgressRuleQuerySet
from providers.services.egress import remove, store, verdict_on

# By whether providers may be on this machine.
_INTRO = {
    True: "Private addresses are refused, but for these rules and this machine itself.",
    False: "Private and local addresses are refused, but for these.",
}


@admin.register(EgressRule)
class EgressRuleAdmin(Pages):
    """Addresses that providers may be reached at although the policy refuses them by itself."""

    list_display = ("target", "port_label", "reach", "reason", "created")
    list_select_related = ("project",)
    search_fields = ("target", "reason")
    search_help_text = "Search by target or reason"
    readonly_fields = ("reach",)
    empty_words = "No rules yet. Add one for each server of yours that has no public address."
    what_is_lost = "What it lets through is refused again, from the next call on."
    change_list_template = "admin/providers/egressrule/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [self.page("tester/", self.tester_view, "tester"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """List what counts for the current project: its own rules and the instance's."""
        rules = cast("EgressRuleQuerySet", self.visible(request))
        project = current_project(request)
        return rules.reaching(project) if project else rules

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        words = {"page_intro": _INTRO[settings.EGRESS_ALLOW_LOOPBACK]}
        return super().changelist_view(request, words | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: EgressRule, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's signature
        store(obj, by=principal_of(request))

    def delete_model(self, request: HttpRequest, obj: EgressRule) -> None:
        remove(obj, by=principal_of(request))

    def tester_view(self, request: HttpRequest) -> HttpResponse:
        """Say of a URL whether it may be called, and at which address; it is looked up on POST."""
        self.enter(request, "egress:TestEgress")
        form = EgressTestForm(request.POST or None)
        verdict = None
        if request.method == "POST" and form.is_valid():
            verdict = verdict_on(form.cleaned_data["url"], form.cleaned_data["project"])
        context = {
            "form": form,
            "verdict": verdict,
            "page_title": "Egress tester",
            "back_url": reverse("admin:providers_egressrule_changelist"),
            "back_label": "Egress rules",
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self.show(request, "providers/egress_tester.html", context, status=status)

    def get_fields(self, request: HttpRequest, obj: EgressRule | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        return ("target", "port", "reason", "reach" if obj else "project")

    @display(description="Port", ordering="port")
    def port_label(self, rule: EgressRule) -> str:
        return str(rule.port or "every port")

    @display(description="For")
    def reach(self, rule: EgressRule) -> str:
        return rule.project.name if rule.project else "every project"

    @display(description="Created", ordering="created_at")
    def created(self, rule: EgressRule) -> str:
        return render_to_string("_moment.html", {"moment": rule.created_at})
