"""Where a call would go: a page beside Routing, whose own page stands on the floor below."""

from http import HTTPStatus

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse

from accounts.models import ApiKey
from accounts.tenancy.current import principal_of
from gateway.forms.explaining import ExplainForm
from gateway.models import Agent
from gateway.services.explaining import Answer, explain
from providers.admin.routing import RoutingAdmin
from providers.models import ProjectRouting

EXPLAIN = "routing:ExplainRouting"


admin.site.unregister(ProjectRouting)


@admin.register(ProjectRouting)
class ExplainedRoutingAdmin(RoutingAdmin):
    """Routing, and what it does with a name."""

    def get_urls(self) -> list[URLPattern]:
        return [self.page("explain/", self.explain_view, "explain"), *super().get_urls()]

    def explain_view(self, request: HttpRequest) -> HttpResponse:
        """Say which models a call would be sent to, in order, and why no others."""
        projects = self.admitted_projects(request, EXPLAIN)
        keys = ApiKey.objects.with_principal().visible_to(principal_of(request))
        keys = keys.filter(project__in=projects)
        agents = Agent.objects.visible_to(principal_of(request)).filter(project__in=projects)
        form = ExplainForm(request.POST or None, projects=projects, keys=keys, agents=agents)
        context = {
            "form": form,
            "answer": self._answer(request, form) if form.is_valid() else None,
            "page_title": "Explain routing",
            "back_url": reverse("admin:providers_projectrouting_changelist"),
            "back_label": "Routing",
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self.show(request, "gateway/explain.html", context, status=status)

    def _answer(self, request: HttpRequest, form: ExplainForm) -> Answer:
        who = form.cleaned_data["agent"] or form.cleaned_data["key"] or principal_of(request)
        return explain(who, form.question(), project=form.cleaned_data["project"])
