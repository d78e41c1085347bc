"""Notices: what happened in one's projects, read here, and what one wants to be told of."""

from functools import partial
from http import HTTPStatus
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from accounts.admin.answers import done, load_anew, refused
from accounts.admin.pages import Pages, attempt, saved
from accounts.authority import may
from accounts.forms.notices import NoticeChoiceForm
from accounts.models import Notice, NoticeChoice, Project, Topic
from accounts.models.notice import NoticeQuerySet
from accounts.panels.notices import notice_rows, unread_count
from accounts.services import mail
from accounts.tenancy.current import current_project, principal_of

READ = "notices:MarkNoticeRead"
READ_ALL = "notices:MarkNoticesRead"
LIST_MAILS = "notices:ListEmailDeliveries"
CHOOSE = "notices:UpdateNoticeChoices"


class UnreadFilter(SimpleListFilter):
    title = "read"
    parameter_name = "unread"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("1", "not yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "1":
            return queryset
        return cast("NoticeQuerySet", queryset).unread_by(principal_of(request).user)


class TopicFilter(SimpleListFilter):
    title = "about"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(topic.value, str(topic.label)) for topic in Topic]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(topic=self.value()) if self.value() else queryset


@admin.register(Notice)
class NoticeAdmin(Pages):
    """What happened, the newest first; whoever was told of it marks it as read."""

    list_filter = (UnreadFilter, TopicFilter)
    search_fields = ("message", "about")
    search_help_text = "Search in what was told"
    list_per_page = 50
    actions = None
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("bell/", require_safe(self.bell_view), "bell"),
            self.page("choices/", self.choices_view, "choices"),
            self.button("read/", self.read_all_view, "read_all"),
            self.button("<str:object_id>/read/", self.read_view, "read"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what was told."""
        return False

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        rows = cast("NoticeQuerySet", super().visible(request)).select_related("project")
        return rows.with_unread(principal_of(request).user)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data |= {
                "rows": notice_rows(answer.context_data["cl"].result_list),
                "shows_project": current_project(request) is None,
                "sees_mails": may(
                    principal_of(request), LIST_MAILS, project=current_project(request)
                ),
                "page_intro": "What happened, and whether you have read it.",
            }
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one; where its reader was told of it, the page marks it as read."""
        notice: Notice = self._admit(request, object_id or "", None)
        if request.method == "POST":
            return self.show(request, "403.html", {}, status=HTTPStatus.FORBIDDEN)
        context = {
            "row": notice_rows([notice])[0],
            "page_title": notice.get_topic_display(),
            "back_url": self.list_url,
            "back_label": "Notices",
        }
        return self.show(request, "accounts/notice.html", context)

    def bell_view(self, request: HttpRequest) -> HttpResponse:
        """Give the bell as it is now; every page asks for it now and then."""
        self.enter(request, "notices:ListNotices")
        context = {"unread_notices": partial(unread_count, principal_of(request))}
        answer = render(request, "accounts/_bell.html", context)
        add_never_cache_headers(answer)
        return answer

    def read_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        notice: Notice = self.found(request, object_id)
        self.allow(request, READ, notice)
        Notice.objects.filter(pk=notice.pk).mark_read(principal_of(request).user, at=timezone.now())
        return load_anew(HttpResponse(status=HTTPStatus.NO_CONTENT))

    def read_all_view(self, request: HttpRequest) -> HttpResponse:
        """Mark as read whatever was told in the current project, or in all of them."""
        self.enter(request, "notices:ListNotices")
        project = current_project(request)
        if project:
            self.allow(request, READ_ALL, project)
        told = cast("NoticeQuerySet", self.get_queryset(request))
        count = told.mark_read(principal_of(request).user, at=timezone.now())
        text = f"{count} notice{'' if count == 1 else 's'} marked as read."
        return done(request, text, back=self.list_url)

    def choices_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what one wants to be told of, in the current project."""
        project, user = current_project(request), principal_of(request).user
        self.enter(request, "notices:ListNotices")
        if project is None and not user.is_staff:
            text = "Choose a project first: what you are told of is chosen for each."
            return refused(request, text, back=self.list_url)
        if project:
            self.allow(request, CHOOSE, project)
        # Without a tick nothing but the token is sent, and that is a choice too.
        sent = request.POST if request.method == "POST" else None
        form = NoticeChoiceForm(sent, wanted=NoticeChoice.objects.wanted_by(user, project))
        if form.is_valid():
            choose = partial(self._choose, request, project, form)
            return attempt(request, choose, back=self.list_url)
        context = {
            "form": form,
            "title": "What you are told of",
            "lead": _lead(project),
            "has_mail": mail.reaches_people(),
            "email": user.email,
            "verb": "Save",
            "back_url": self.list_url,
            "back_label": "Notices",
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self.sheet(request, "accounts/_notice_choices.html", context, status=status)

    def _choose(
        self, request: HttpRequest, project: Project | None, form: NoticeChoiceForm
    ) -> HttpResponse:
        principal = principal_of(request)
        NoticeChoice.objects.choose(principal.user, project, form.wanted(), by=principal)
        return saved(request, "What you are told of was saved.", back=self.list_url)


def _lead(project: Project | None) -> str:
    where = f"in {project}" if project else "about this installation"
    return f"Choose for what happens {where}. It counts for you alone, from the next notice on."
