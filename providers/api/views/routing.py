from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.models import Project
from accounts.tenancy.views import Retrieving
from providers.api.serializers import (
    GameDayDraftSerializer,
    RoutingPatchSerializer,
    RoutingSerializer,
)
from providers.api.views.answers import at_their_fields
from providers.services import game_days, routing


class RoutingViewSet(Retrieving):
    """Which models the requests of a project go to."""

    queryset = Project.objects.all()
    serializer_class = RoutingSerializer
    observed = ("mode", "modeSince", "failures", "successes", "seenHealth", "gameDay")
    permissions: ClassVar[Mapping[str, str]] = {
        "retrieve": "routing:GetRouting",
        "partial_update": "routing:UpdateRouting",
        "begin_game_day": "routing:BeginGameDay",
        "end_game_day": "routing:EndGameDay",
    }

    @describe(RoutingPatchSerializer, {200: RoutingSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        with at_their_fields():
            body = self.body(RoutingPatchSerializer, partial=True)
            choices, settings = body.choices(), body.settings()
            return self.change_row(
                lambda: routing.choose(self.target, choices, by=self.principal, settings=settings)
            )

    @describe(GameDayDraftSerializer, {200: RoutingSerializer})
    def begin_game_day(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        sent = self.body(GameDayDraftSerializer).validated_data
        with at_their_fields():
            return self.change_row(
                lambda: game_days.begin(
                    self.target,
                    sent["provider_id"],
                    minutes=sent["minutes"],
                    by=self.principal,
                    now=timezone.now(),
                )
            )

    @describe(None, {204: None})
    def end_game_day(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(
            lambda: game_days.end(self.target, by=self.principal, now=timezone.now())
        )

    def said(self, row: Any) -> Mapping[str, Any]:
        return super().said(routing.of(row))
