from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import Membership, Project, Role, User
from accounts.tenancy.views import ProjectViewSet


class MemberSerializer(CamelModelSerializer):
    """One person's role in one project."""

    user_id = serializers.CharField(source="user.public_id")
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.name")
    status = serializers.CharField(source="user.status")

    class Meta:
        model = Membership
        fields = ("user_id", "email", "name", "status", "role", "created_at")
        example = {
            "userId": "usr_5gHj8KlQ2wErTy7U",
            "email": "ada@example.com",
            "name": "Ada",
            "status": "active",
            "role": "editor",
            "createdAt": "2026-11-20T09:00:00Z",
        }


class MemberDraftSerializer(CamelSerializer):
    """Somebody who has an account; others are invited."""

    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)

    class Meta:
        example = {"email": "ada@example.com", "role": "editor"}


class MemberPatchSerializer(CamelSerializer):
    role = serializers.ChoiceField(Role.choices)

    class Meta:
        example = {"role": "admin"}


class MembersViewSet(ProjectViewSet):
    """The members of a project, each named by the person's id."""

    queryset = Project.objects.all()
    serializer_class = MemberSerializer
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "members:ListMembers",
        "create": "members:AddMember",
        "partial_update": "members:UpdateMembers",
        "destroy": "members:RemoveMember",
    }

    def list(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.page_of(_members_of(self.project).order_by("user__email"))

    @describe(MemberDraftSerializer, {201: MemberSerializer})
    def create(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        sent = self.body(MemberDraftSerializer).validated_data
        return self.create_row(lambda: self._add(sent["email"], Role(sent["role"])))

    @describe(MemberPatchSerializer, {200: MemberSerializer})
    def partial_update(self, request: Request, id: str, user_id: str) -> Response:  # noqa: A002, ARG002
        role = Role(self.body(MemberPatchSerializer).validated_data["role"])
        return self.change_row(lambda: self.target.change_role(role, by=self.principal))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str, user_id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: self.target.remove(by=self.principal))

    def narrow(self) -> None:
        if "user_id" in self.kwargs:
            self.target = self.reread()

    def reread(self) -> Any:
        member = _members_of(self.project).filter(user__public_id=self.kwargs["user_id"]).first()
        if member is None:
            raise Http404
        return member

    def _add(self, email: str, role: Role) -> Membership:
        person = User.objects.active().filter(email=email.lower()).first()
        if person is None:
            raise ValidationError({"email": "Nobody active has this address: invite them."})
        return Membership.objects.add(
            cast("Project", self.project), person, role, by=self.principal
        )


def _members_of(project: Project | None) -> Any:
    return Membership.objects.filter(project=project).select_related("user", "project")
