"""The audit: who did what, narrowed and searched; to be read, never written."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from accounts import tasks
from accounts.admin.answers import done
from accounts.admin.audit_filters import ActionFilter, OutcomeFilter, PersonFilter, TimeFilter
from accounts.admin.pages import Pages, attempt
from accounts.authority import may
from accounts.models import AuditEvent, AuditHead
from accounts.panels.audit import changes_of, event_rows
from accounts.tenancy.current import current_project, principal_of

VERIFY = "audit:VerifyAudit"


@admin.register(AuditEvent)
class AuditEventAdmin(Pages):
    list_filter = (PersonFilter, ActionFilter, OutcomeFilter, TimeFilter)
    search_fields = ("actor_name", "action", "target_name", "target_id", "key_id", "request_id")
    search_help_text = "Person, action, target, key or request"
    list_per_page = 50
    actions = None
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        return [self.button("verify/", self.verify_view, "verify"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what was recorded."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("before", "after")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            found = answer.context_data["cl"].result_list
            may_verify = may(principal_of(request), VERIFY)
            answer.context_data |= {
                "rows": event_rows(found),
                "shows_project": current_project(request) is None,
                "chain": AuditHead.verification(in_full=may_verify),
                "may_verify": may_verify,
                "page_title": "Audit",
                "page_intro": "Every change, and every attempt that was refused.",
            }
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one event, its fields before and after side by side."""
        writes = "change" if request.method == "POST" else None
        event = cast("AuditEvent", self._admit(request, object_id or "", writes))  # type: ignore[arg-type]  # a Verb
        context = {
            "event": event,
            "changes": changes_of(event),
            "page_title": event.action,
            "back_url": reverse("admin:accounts_auditevent_changelist"),
            "back_label": "Audit",
        }
        return self.show(request, "accounts/audit_event.html", context)

    def verify_view(self, request: HttpRequest) -> HttpResponse:
        """Let a worker walk the chain; the list says what it found."""
        self.enter(request, VERIFY)
        back = reverse("admin:accounts_auditevent_changelist")

        def act() -> HttpResponse:
            tasks.queue_verification()
            text = "A worker walks the chain now. Reload this page to see how far it came."
            return done(request, text, back=back)

        return attempt(request, act, back=back)
