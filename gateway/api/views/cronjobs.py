from collections.abc import Mapping
from typing import ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from gateway import tasks
from gateway.api.serializers.cronjobs import (
    CronjobDraftSerializer,
    CronjobPatchSerializer,
    CronjobRunSerializer,
    CronjobSerializer,
)
from gateway.api.views.answers import at_their_fields
from gateway.models import Cronjob, CronjobRun
from gateway.services import cronjob_runs, cronjobs


class CronjobFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    isPaused = filters.BooleanFilter(field_name="is_paused")  # noqa: N815 - as clients write it


class CronjobViewSet(Impacts, Listing, Retrieving):
    """Prompts that are sent at set times, and what came of them."""

    queryset = Cronjob.objects.with_pin().by_name()
    serializer_class = CronjobSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = CronjobFilter
    search_fields = ("name",)
    observed = ("nextRunAt", "lacksPin")
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "cronjobs:ListCronjobs",
        "retrieve": "cronjobs:GetCronjob",
        "impact": "cronjobs:GetCronjobImpact",
        "runs": "cronjobs:ListCronjobRuns",
        "create": "cronjobs:CreateCronjob",
        "partial_update": "cronjobs:UpdateCronjob",
        "pause": "cronjobs:PauseCronjob",
        "resume": "cronjobs:ResumeCronjob",
        "run": "cronjobs:RunCronjob",
        "destroy": "cronjobs:DeleteCronjob",
    }

    @describe(CronjobDraftSerializer, {201: CronjobSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        draft, project = self.body(CronjobDraftSerializer).draft(), self.named_project()
        with at_their_fields():
            return self.create_row(
                lambda: cronjobs.add(draft, project=project, by=self.principal, now=timezone.now())
            )

    @describe(CronjobPatchSerializer, {200: CronjobSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        draft = self.body(CronjobPatchSerializer, partial=True).draft_over(self.target)
        now = timezone.now()
        with at_their_fields():
            return self.change_row(
                lambda: cronjobs.change(self.target, draft, by=self.principal, now=now)
            )

    @describe(None, {200: CronjobSerializer})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.change_row(lambda: cronjobs.pause(self.target, by=self.principal))

    @describe(None, {200: CronjobSerializer})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        now = timezone.now()
        return self.change_row(lambda: cronjobs.resume(self.target, by=self.principal, now=now))

    @describe(None, {202: CronjobRunSerializer})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        def act() -> CronjobRun:
            run = cronjob_runs.run_now(self.target, by=self.principal, now=timezone.now())
            tasks.run_soon(run)
            return run

        return self.begin_work(act, tell=lambda run: CronjobRunSerializer(run).data)

    @describe(None, {200: CronjobRunSerializer(many=True)})
    @action(detail=True, methods=["get"])
    def runs(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        rows = CronjobRun.objects.filter(cronjob=self.target).newest_first()
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(CronjobRunSerializer(page, many=True).data)

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: cronjobs.remove(self.target, by=self.principal))
