"""The Usage page: what was used, by whom and for what; single calls without their content."""

from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.admin.pages import Pages
from accounts.tenancy.current import current_project, principal_of
from usage.forms import StatementForm
from usage.models import UsageRecord, Writer
from usage.models.record import UsageRecordQuerySet
from usage.panels.page import page_of, query_of, share_of
from usage.questions import NAMES, Question, QuestionInvalid, read_question
from usage.reports import models_of, parts_of, report
from usage.sheets import sheet
from usage.statements import drifts

PER_PAGE: Final = 50


@admin.register(UsageRecord)
class UsageAdmin(Pages):
    """Reports from sums alone; the ledger's rows are read one page at a time, never changed."""

    actions = None

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("export/", self.export_view, "export"),
            self.page("requests/", self.requests_view, "requests"),
            self.page("reconcile/", self.reconcile_view, "reconcile"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes the ledger."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer what the address asks; one that can't be asked like that is said, not guessed."""
        if not self.may(request, "list"):
            raise Http404
        asked = _asked(request)
        question, asked = self._question(request, asked)
        who, project = principal_of(request), current_project(request)
        found = report(who, project, question)
        offered = found
        if question.narrowed:
            offered = report(who, project, Question(question.first, question.last))
        context = {
            "opts": None,  # there is no list above it to go back to
            "page_title": "Usage",
            "page_intro": "What was used, by whom and for what. Days are in UTC.",
            "is_staff": who.is_staff,
            "lost": Writer.objects.lost() if who.is_staff else None,
            **page_of(found, offered, asked),
            **(extra_context or {}),
        }
        return self.show(request, "usage/usage.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one call: numbers and names, for its content was never kept."""
        writes = "change" if request.method == "POST" else None
        call = self._admit(request, object_id or "", cast("Any", writes))
        context = {
            "call": call,
            "page_title": "Request",
            "back_url": reverse("admin:usage_usagerecord_requests"),
            "back_label": "Requests",
        }
        return self.show(request, "usage/request.html", context)

    def requests_view(self, request: HttpRequest) -> HttpResponse:
        """List single calls, the newest first, page by page from wherever one is."""
        self.enter(request, "usage:ListRequests")
        question, asked = self._question(request, _asked(request, "failed", "before"))
        rows = cast("UsageRecordQuerySet", self.get_queryset(request)).asked(question)
        if asked.get("failed"):
            rows = rows.failed()
        page = list(rows.newest_first(before=asked.pop("before", ""))[: PER_PAGE + 1])
        older = page[PER_PAGE - 1].public_id if len(page) > PER_PAGE else ""
        context = {
            "calls": page[:PER_PAGE],
            "older_query": query_of(asked, before=older) if older else "",
            "failed_query": query_of(asked, failed="1"),
            "all_query": query_of(asked, failed=""),
            "question": question,
            "is_failed": bool(asked.get("failed")),
            "page_title": "Requests",
            "page_intro": "Single calls in numbers. Prompts and answers are never kept.",
            "back_url": reverse("admin:usage_usagerecord_changelist"),
            "back_label": "Usage",
        }
        return self.show(request, "usage/requests.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send the finest sums of each day as CSV."""
        self.enter(request, "usage:GetUsage")
        question, _ = self._question(request, _asked(request))
        return sheet(parts_of(principal_of(request), current_project(request), question), question)

    def reconcile_view(self, request: HttpRequest) -> HttpResponse:
        """Compare a provider's export with the ledger, model by model; nothing of it is kept."""
        self.enter(request, "usage:ReconcileUsage")
        who, project, today = principal_of(request), current_project(request), _today()
        lately = Question(today - timedelta(days=365), today)
        providers = {line.id: line.name for line in models_of(who, project, lately) if line.id}
        form = StatementForm(
            request.POST or None, request.FILES or None, providers=sorted(providers.items())
        )
        context = {
            "form": form,
            "page_title": "Reconcile",
            "page_intro": "How far the ledger is from what a provider says was used.",
            "back_url": reverse("admin:usage_usagerecord_changelist"),
            "back_label": "Usage",
        }
        if form.is_valid():
            statement = form.cleaned_data["statement"]
            chosen = form.cleaned_data["provider"]
            question = Question(statement.first, statement.last, provider=chosen)
            context |= {
                "statement": statement,
                "provider_name": providers[chosen],
                "drifts": [
                    _told(drift) for drift in drifts(statement, models_of(who, project, question))
                ],
            }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self.show(request, "usage/reconcile.html", context, status=status)

    def _question(
        self, request: HttpRequest, asked: dict[str, str]
    ) -> tuple[Question, dict[str, str]]:
        try:
            return read_question(asked, today=_today()), asked
        except QuestionInvalid as error:
            messages.error(request, error.message)
            return read_question({}, today=_today()), {}


def _asked(request: HttpRequest, *more: str) -> dict[str, str]:
    return {name: request.GET[name] for name in (*NAMES, *more) if request.GET.get(name)}


def _today() -> Any:
    return timezone.now().date()


def _told(drift: Any) -> dict[str, Any]:
    return {
        "model": drift.model,
        "ours": drift.ours,
        "theirs": drift.theirs,
        "tokens": _signed(drift.token_drift),
        "cost": _signed(drift.cost_drift),
        "is_far": any(abs(share) > Decimal("0.01") for share in _known(drift)),
    }


def _known(drift: Any) -> list[Decimal]:
    return [share for share in (drift.token_drift, drift.cost_drift) if share is not None]


def _signed(share: Decimal | None) -> str:
    if share is None:
        return "—"
    sign = "" if not share else "+" if share > 0 else "−"
    return sign + share_of(abs(share), 1)
