from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.tenancy.views import ProjectViewSet
from usage.api.serializers import CallSerializer, UsageSerializer, usage_told
from usage.models import UsageRecord
from usage.questions import NAMES, Question, QuestionInvalid, read_question
from usage.reports import parts_of, report
from usage.sheets import CSV, sheet

_TOLD: Final[Mapping[str, str]] = {
    "days": "The last days, today included; 30 by default. `from` and `to` win.",
    "from": "The first day, in UTC, such as 2026-11-20.",
    "to": "The last day, included.",
    "provider": "A provider's id.",
    "model": "A model's id at its provider.",
    "agent": "An agent's id.",
    "key": "An API key's id.",
    "user": "A user's id.",
}
_FAILED: Final[Mapping[str, str]] = {"failed": "`true`: failed calls alone."}


class UsageViewSet(ProjectViewSet):
    """What was used: sums from buckets alone, and single calls in numbers."""

    queryset = UsageRecord.objects.order_by("-started_at", "-pk")
    serializer_class = CallSerializer
    permissions: ClassVar[Mapping[str, str]] = {
        "summary": "usage:GetUsage",
        "list": "usage:ListRequests",
        "retrieve": "usage:GetRequest",
    }
    query: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "summary": NAMES,
        "list": (*NAMES, "failed"),
    }

    @describe(None, {200: UsageSerializer, (200, CSV): OpenApiTypes.STR}, query=_TOLD)
    def summary(self, request: Request) -> HttpResponseBase:
        """As CSV it has the finest sums of each day, line by line."""
        question = _question(request.query_params)
        answer: HttpResponseBase
        if request.get_preferred_type(["application/json", CSV]) == CSV:
            answer = sheet(parts_of(self.principal, self.project, question), question)
        else:
            answer = Response(usage_told(report(self.principal, self.project, question)))
        patch_vary_headers(answer, ["Accept"])
        return answer

    @describe(None, {200: CallSerializer(many=True)}, query={**_TOLD, **_FAILED})
    def list(self, request: Request) -> Response:
        rows = self.get_queryset().asked(_question(request.query_params))
        if _is_true(request.query_params.get("failed", "false")):
            rows = rows.failed()
        return self.page_of(rows)

    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.one(self.target)


def _question(asked: Mapping[str, Any]) -> Question:
    try:
        return read_question(asked, today=timezone.now().date())
    except QuestionInvalid as error:
        raise ValidationError({error.field: [error.message]}) from error


def _is_true(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValidationError({"failed": ["Write true or false."]})
    return text == "true"
