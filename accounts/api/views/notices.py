from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import MomentFilter
from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import Notice, NoticeChoice, Project, Topic, Wanted
from accounts.models.notice import NoticeQuerySet
from accounts.tenancy.views import Listing, Retrieving


def _topics() -> serializers.ListField:
    return serializers.ListField(child=serializers.ChoiceField(Topic.choices))


class NoticeSerializer(CamelModelSerializer):
    """One thing that happened; `isUnread` is whether the asker was told of it and has not read."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    is_unread = serializers.BooleanField()

    class Meta:
        model = Notice
        fields = ("id", "project_id", "topic", "message", "about", "at", "is_unread")
        example = {
            "id": "ntc_4hJk7LmN2pQr9StV",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "topic": "health",
            "message": "gpt-5.4 fails: requests go to claude-opus-4 for now.",
            "about": "aip_4fT9xQ2LmB7cVw1Z",
            "at": "2026-11-20T09:30:00Z",
            "isUnread": True,
        }


class MarkedSerializer(CamelSerializer):
    marked_read = serializers.IntegerField(help_text="How many were not read before.")

    class Meta:
        example = {"markedRead": 3}


class NoticeFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    """Narrow by topic, by what the asker has not read, and by when; `until` does not count."""

    topic = filters.ChoiceFilter(choices=Topic.choices)
    unread = filters.BooleanFilter(field_name="is_unread")
    since = MomentFilter(field_name="at", lookup_expr="gte")
    until = MomentFilter(field_name="at", lookup_expr="lt")


class NoticeViewSet(Listing, Retrieving):
    """What happened in one's projects, the newest first."""

    queryset = Notice.objects.select_related("project").newest_first()
    serializer_class = NoticeSerializer
    observed = ("isUnread",)
    filter_backends = (filters.DjangoFilterBackend, SearchFilter)
    filterset_class = NoticeFilter
    search_fields = ("message", "about")
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "notices:ListNotices",
        "retrieve": "notices:GetNotice",
        "read": "notices:MarkNoticeRead",
        "read_all": "notices:MarkNoticesRead",
    }

    def get_queryset(self) -> QuerySet[Any]:
        return self._with_unread(cast("NoticeQuerySet", super().get_queryset()))

    @describe(None, {200: NoticeSerializer})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.change_row(self._mark)

    @describe(None, {200: MarkedSerializer})
    @action(detail=False, methods=["post"], url_path="read", filter_backends=())
    def read_all(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        return self.act(lambda: {"markedRead": self._mark_all()})

    def found_target(self) -> Any:
        notice = super().found_target()
        return self._with_unread(Notice.objects.select_related("project")).get(pk=notice.pk)

    def _with_unread(self, rows: NoticeQuerySet) -> NoticeQuerySet:
        return rows.with_unread(self.principal.user)

    def _mark(self) -> None:
        told = Notice.objects.filter(pk=self.target.pk)
        told.mark_read(self.principal.user, at=timezone.now())
        self.target.is_unread = False

    def _mark_all(self) -> int:
        told = Notice.objects.visible_to(self.principal).for_project(self.named_project())
        return told.mark_read(self.principal.user, at=timezone.now())


class NoticeChoicesSerializer(CamelSerializer):
    """The topics that the asker is told of in a project, in the portal and by email."""

    in_app = _topics()
    by_email = _topics()

    class Meta:
        example = {"inApp": ["health", "limits", "expiry"], "byEmail": ["health"]}


class NoticeChoicesViewSet(Retrieving):
    """What one wants to be told of in a project: one's own choice, a key's is its creator's."""

    queryset = Project.objects.all()
    serializer_class = NoticeChoicesSerializer
    permissions: ClassVar[Mapping[str, str]] = {
        "retrieve": "notices:GetNoticeChoices",
        "partial_update": "notices:UpdateNoticeChoices",
    }

    @describe(NoticeChoicesSerializer, {200: NoticeChoicesSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        sent = self.body(NoticeChoicesSerializer, partial=True).validated_data
        return self.change_row(lambda: self._choose(sent))

    def said(self, row: Any) -> Mapping[str, Any]:
        return super().said(NoticeChoice.objects.wanted_by(self.principal.user, row))

    def _choose(self, sent: Mapping[str, Any]) -> None:
        user, before = self.principal.user, self._now()
        wanted = Wanted(
            tuple(sent.get("in_app", before.in_app)), tuple(sent.get("by_email", before.by_email))
        )
        NoticeChoice.objects.choose(user, self.target, wanted, by=self.principal)

    def _now(self) -> Wanted:
        return NoticeChoice.objects.wanted_by(self.principal.user, self.target)
