"""The expiry calendar, and its feed for other calendars."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from accounts.admin.answers import refused
from accounts.admin.pages import Pages, saved
from accounts.expiry import seen_by
from accounts.models import CalendarFeed, Project
from accounts.panels.expiries import sections
from accounts.services import mail
from accounts.tenancy.current import current_project, principal_of

ROTATE = "calendar:RotateCalendarFeed"
REVOKE = "calendar:RevokeCalendarFeed"
_CHOOSE = "Choose a project first: each has a feed of its own."


@admin.register(CalendarFeed)
class CalendarAdmin(Pages):
    """What stops by itself, by when it does; it reads rows alone."""

    def get_urls(self) -> list[URLPattern]:
        listed = [url for url in super().get_urls() if str(url.name).endswith("_changelist")]
        return [
            self.page("feed/", self.rotate_view, "rotate"),
            self.page("feed/revoke/", self.revoke_view, "revoke"),
            *listed,
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self.enter(request, "calendar:ListExpiries")
        principal, project, now = principal_of(request), current_project(request), timezone.now()
        feed = CalendarFeed.objects.of(principal.user, project) if project else None
        context = {
            "sections": sections(seen_by(principal, project, now=now), now=now),
            "shows_project": project is None,
            "project": project,
            "feed": feed,
            "opts": None,  # the calendar is the list: nothing stands above it
            "page_title": "Expiry calendar",
            "page_intro": "What stops by itself in the next year, and what stops with it.",
        }
        return self.show(request, "accounts/calendar.html", context)

    def rotate_view(self, request: HttpRequest) -> HttpResponse:
        """Ask; on POST give the feed's address, which stands in this one answer."""
        project = self._project(request, ROTATE)
        if project is None:
            return refused(request, _CHOOSE, back=self.list_url)
        principal = principal_of(request)
        feed = CalendarFeed.objects.of(principal.user, project)
        if request.method == "POST":
            token = CalendarFeed.objects.rotate(
                principal.user, project, by=principal, now=timezone.now()
            )
            return self._shown_once(request, project, token)
        old = " The address until now opens nothing from then on." if feed else ""
        return self.form_sheet(
            request,
            None,
            title="Subscribe in a calendar",
            lead=f"You get an address with a token of its own, shown once: whoever has it reads "
            f"what expires in {project}, as you may, and nothing else.{old}",
            verb="Make the address",
            back_url=self.list_url,
            back_label="Expiry calendar",
        )

    def revoke_view(self, request: HttpRequest) -> HttpResponse:
        """Ask; on POST close the feed's address."""
        project = self._project(request, REVOKE)
        if project is None:
            return refused(request, _CHOOSE, back=self.list_url)
        principal = principal_of(request)
        if request.method == "POST":
            CalendarFeed.objects.revoke(principal.user, project, by=principal)
            return saved(request, "The address opens nothing any more.", back=self.list_url)
        return self.form_sheet(
            request,
            None,
            title="Close the calendar's address?",
            lead="Calendars that read it get nothing from then on. Make a new one when you like.",
            verb="Close it",
            verb_class="is-danger",
            back_url=self.list_url,
            back_label="Expiry calendar",
        )

    def _project(self, request: HttpRequest, action: str) -> Project | None:
        self.enter(request, "calendar:ListExpiries")
        project = current_project(request)
        if project:
            self.allow(request, action, project)
        return project

    def _shown_once(self, request: HttpRequest, project: Project, token: str) -> HttpResponse:
        context = {
            "project": project,
            "token": mail.link("calendar-feed", token=token),
            "title": "The calendar's address",
            "back_url": self.list_url,
        }
        answer = self.sheet(request, "accounts/_calendar_address.html", context)
        add_never_cache_headers(answer)
        return answer
