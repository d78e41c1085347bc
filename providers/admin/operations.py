"""Operations: the list of long work, and the badge that follows one until it has ended."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_safe

from accounts.admin.answers import Banner, load_anew
from accounts.admin.pages import Pages
from accounts.tenancy.admin import display
from accounts.tenancy.current import current_project, principal_of
from providers.models import Operation, ProviderModel
from providers.models.tallies import NAMED
from providers.panels.badges import TestBadge, cell_of

MOST_FOLLOWED = 100


@admin.register(Operation)
class OperationAdmin(Pages):
    list_display = ("about", "state_badge", "message", "asked_by", "started")
    list_filter = ("state",)
    list_select_related = ("created_by",)
    search_fields = ("target_name",)
    search_help_text = "Search by what it was about"
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("badges/", require_safe(self.badges_view), "badges"),
            self.page("<str:object_id>/badge/", require_safe(self.badge_view), "badge"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """List the project's work, and for staff what was done for the whole instance."""
        rows, project = self.visible(request), current_project(request)
        return rows.filter(Q(project=project) | Q(project=None)) if project else rows

    @display(description="Operation", ordering="verb")
    def about(self, operation: Operation) -> str:
        return str(operation)

    @display(description="State", ordering="state")
    def state_badge(self, operation: Operation) -> str:
        return render_to_string("providers/_operation_state.html", {"operation": operation})

    @display(description="Asked for by", ordering="created_by__email")
    def asked_by(self, operation: Operation) -> str:
        return operation.created_by.email if operation.created_by else "—"

    @display(description="Started", ordering="created_at")
    def started(self, operation: Operation) -> str:
        return render_to_string("_moment.html", {"moment": operation.created_at})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> HttpResponse:
        """Show one; nobody edits what happened."""
        operation = self.found(request, object_id or "")
        self.allow(request, "operations:GetOperation", operation)
        context = {
            "operation": operation,
            "page_title": str(operation),
            "back_url": reverse("admin:providers_operation_changelist"),
            "back_label": "Operations",
        }
        return self.show(request, "providers/operation.html", context)

    def badge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer nothing while an operation runs; once it has ended, how, with a banner."""
        operation = self.found(request, object_id)
        self.allow(request, "operations:GetOperation", operation)
        if not operation.is_finished:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        banners = [_told(operation)]
        return load_anew(render(request, "_banners.html", {"banners": banners}))

    def badges_view(self, request: HttpRequest) -> HttpResponse:
        """Say of all that a page follows how far it is: badges that changed, progress, banners.

        What is a part of something larger gets no banner of its own.
        """
        self.allow(request, "operations:ListOperations")
        asked = request.GET.getlist("of")[:MOST_FOLLOWED]
        followed = self.visible(request).filter(public_id__in=asked).order_by("finished_at", "pk")
        operations = list(followed)
        if not operations:
            raise Http404
        ended = [operation for operation in operations if operation.is_finished]
        tests = [each for each in ended if each.verb == Operation.Verb.TEST_MODEL]
        context = {
            "badges": _badges(request, tests),
            "wholes": [operation for operation in operations if operation.is_whole],
            "banners": [_told(operation) for operation in ended if operation.whole_id is None],
        }
        return render(request, "providers/_followed.html", context)


def _badges(request: HttpRequest, tests: list[Operation]) -> list[TestBadge]:
    models = ProviderModel.objects.visible_to(principal_of(request))
    tested = models.filter(public_id__in=[test.target_id for test in tests])
    found = {model.public_id: TestBadge.of(model) for model in tested}
    return [
        found.get(test.target_id) or TestBadge(cell_of(test.target_id), "Removed") for test in tests
    ]


# What a banner begins with: where the work went well, and where it did not.
_LEADS: Mapping[str, tuple[str, str]] = {
    Operation.Verb.TEST_SEVERAL: ("Tested.", "Tested."),
    Operation.Verb.REFRESH_MODELS: ("Refreshed.", "Not refreshed."),
    Operation.Verb.IMPORT_CATALOG: ("Imported.", "Not imported."),
    Operation.Verb.IMPORT_SEVERAL: ("Imported.", "Not imported."),
    Operation.Verb.SYNC_CATALOG: ("The catalog is up to date.", "The catalog stays as it was."),
}


def _told(operation: Operation) -> Banner:
    has_succeeded = operation.state == Operation.State.SUCCEEDED
    is_good = has_succeeded and operation.result.get("ok") is not False
    about_it = ("Connected.", f"{operation.target_name}:")
    good, bad = _LEADS.get(operation.verb, about_it)
    if is_good:
        return Banner("success", operation.message, good)
    return Banner("error", operation.message, bad, _first_failures(operation))


def _first_failures(whole: Operation) -> tuple[str, ...]:
    """Give the first few that failed of many, in the providers' own words."""
    if not whole.is_whole:
        return ()
    failed = whole.parts.exclude(result__ok=True).exclude(result__has_key="added").order_by("pk")
    return tuple(f"{part.target_name}: {part.message}" for part in failed[:NAMED])
