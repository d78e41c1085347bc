from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django_filters import rest_framework as filters
from rest_framework import serializers, status
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import Project
from accounts.tenancy.views import Listing, Retrieving

TYPED_NAME = "name"


class ProjectSerializer(CamelModelSerializer):
    """A tenant; an archived one is shown to its members, and does nothing."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = Project
        fields = ("id", "name", "slug", "is_archived", "created_at")
        example = {
            "id": "prj_8sKd03HfTq5LxY2n",
            "name": "Research",
            "slug": "research",
            "isArchived": False,
            "createdAt": "2026-11-20T09:00:00Z",
        }


class ProjectDraftSerializer(CamelSerializer):
    """A new project; whoever makes it is its first owner."""

    name = serializers.CharField(max_length=100)

    class Meta:
        example = {"name": "Research"}


class ProjectPatchSerializer(CamelSerializer):
    """Another name, or archived or not; the slug, which scripts know, stays."""

    name = serializers.CharField(max_length=100, required=False)
    is_archived = serializers.BooleanField(required=False)

    class Meta:
        example = {"name": "Research and teaching"}


class ProjectFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    isArchived = filters.BooleanFilter(field_name="is_archived")  # noqa: N815 - as clients write it


class ProjectsViewSet(Impacts, Listing, Retrieving):
    """The projects that one may see."""

    queryset = Project.objects.by_name()
    serializer_class = ProjectSerializer
    filter_backends = (filters.DjangoFilterBackend, SearchFilter)
    filterset_class = ProjectFilter
    search_fields = ("name", "slug")
    query: ClassVar[Mapping[str, tuple[str, ...]]] = {"destroy": (TYPED_NAME,)}
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "projects:ListProjects",
        "retrieve": "projects:GetProject",
        "impact": "projects:GetProjectImpact",
        "create": "projects:CreateProject",
        "partial_update": "projects:UpdateProject",
        "destroy": "projects:DeleteProject",
    }
    names_project: ClassVar[bool] = False  # a new one is in none

    @describe(ProjectDraftSerializer, {201: ProjectSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        name = self.body(ProjectDraftSerializer).validated_data["name"]
        start = Project.objects.start
        return self.create_row(
            lambda: start(name=name, owner=self.principal.user, by=self.principal)
        )

    @describe(ProjectPatchSerializer, {200: ProjectSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        sent = self.body(ProjectPatchSerializer, partial=True).validated_data
        return self.change_row(lambda: self._change(sent))

    @describe(None, {204: None}, query={TYPED_NAME: "The project's name, exactly as it is."})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        """Destroys its key first, which must stand whatever comes after: not in one transaction."""
        typed = request.query_params.get(TYPED_NAME, "")
        if self.is_rehearsal:
            return self.delete_row(lambda: None)
        with transaction.atomic():
            self.hold()
        self.target.shred_and_delete(typed_name=typed, by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change(self, sent: Mapping[str, Any]) -> None:
        project: Project = self.target
        if sent.get("name", project.name) != project.name:
            project.rename(sent["name"], by=self.principal)
        if sent.get("is_archived", project.is_archived) != project.is_archived:
            change = project.restore if project.is_archived else project.archive
            change(by=self.principal)
