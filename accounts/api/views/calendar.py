from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import Rows
from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.authority import require
from accounts.expiry import seen_by
from accounts.models import CalendarFeed, Project
from accounts.services import mail
from accounts.tenancy.views import ProjectViewSet, Retrieving

LIST = "calendar:ListExpiries"


class ExpirySerializer(CamelSerializer):
    """Something that stops by itself: when, what stops with it, and when people are reminded."""

    what = serializers.CharField(help_text="Such as Secret, API key, Login, Model or Root key.")
    name = serializers.CharField()
    about = serializers.CharField(help_text="The public id of what mends it; empty without one.")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    ends_at = serializers.DateTimeField()
    stops = serializers.CharField()
    when = serializers.SerializerMethodField(help_text="overdue, this week, this month or later.")
    next_reminder_at = serializers.SerializerMethodField(method_name="get_next_reminder_at")

    class Meta:
        example = {
            "what": "Secret",
            "name": "OpenAI key",
            "about": "sec_Zp81mVb6QwEr3Ty0",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "endsAt": "2026-12-11T23:59:59Z",
            "stops": "The vendor refuses it, and OpenAI can't be called.",
            "when": "this month",
            "nextReminderAt": "2026-12-04T23:59:59Z",
        }

    def get_when(self, expiry: Any) -> str:
        return str(expiry.when(timezone.now()))

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_reminder_at(self, expiry: Any) -> Any:
        moment = expiry.next_reminder(timezone.now())
        return serializers.DateTimeField().to_representation(moment) if moment else None


class ExpiriesViewSet(ProjectViewSet):
    """What stops by itself within a year, the nearest first."""

    queryset = CalendarFeed.objects.all()
    serializer_class = ExpirySerializer
    permissions: ClassVar[Mapping[str, str]] = {"list": LIST}

    def list(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        return self.page_of(Rows(seen_by(self.principal, self.project, now=timezone.now())))


class CalendarFeedSerializer(CamelModelSerializer):
    """One's own address of a project's calendar: when it was made and read, never the token."""

    made_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = CalendarFeed
        fields = ("prefix", "made_at", "last_used_at")
        example = {
            "prefix": "axc_Ab3dEf",
            "madeAt": "2026-11-20T09:00:00Z",
            "lastUsedAt": None,
        }


class IssuedFeedSerializer(CalendarFeedSerializer):
    """The address that calendars read, which nothing can show again; a repeat tells it as null."""

    url = serializers.CharField(allow_null=True, source="issued_url")

    class Meta(CalendarFeedSerializer.Meta):
        fields = (*CalendarFeedSerializer.Meta.fields, "url")  # type: ignore[assignment]  # one more
        example = CalendarFeedSerializer.Meta.example | {
            "url": "https://axiom.example.com/expiry.ics?token=axc_… (shown this once)"
        }


class CalendarFeedViewSet(Retrieving):
    """One's own feed of a project's expiry calendar; a key's is its creator's."""

    queryset = Project.objects.all()
    serializer_class: Any = CalendarFeedSerializer
    shown_once = ("url",)
    permissions: ClassVar[Mapping[str, str]] = {
        "retrieve": "calendar:GetCalendarFeed",
        "rotate": "calendar:RotateCalendarFeed",
        "destroy": "calendar:RevokeCalendarFeed",
    }

    @describe(None, {201: IssuedFeedSerializer})
    def rotate(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        require(self.principal, LIST, project=self.target)
        self.serializer_class = IssuedFeedSerializer
        return self.create_row(self._rotate)

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        user, by = self.principal.user, self.principal
        return self.delete_row(lambda: CalendarFeed.objects.revoke(user, self.target, by=by))

    def said(self, row: Any) -> Mapping[str, Any]:
        """Say one's own feed of a project, with nulls where there is none."""
        return super().said(self._mine() if isinstance(row, Project) else row)

    def _mine(self) -> CalendarFeed:
        return CalendarFeed.objects.of(self.principal.user, self.target) or CalendarFeed()

    def _rotate(self) -> Any:
        user, project = self.principal.user, self.target
        token = CalendarFeed.objects.rotate(user, project, by=self.principal, now=timezone.now())
        feed: Any = self._mine()
        feed.issued_url = mail.link("calendar-feed", token=token)  # to the answer, and no further
        return feed
