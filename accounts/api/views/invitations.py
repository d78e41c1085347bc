from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import Invitation, Project, Role
from accounts.services import invitations
from accounts.tenancy.views import Listing, Retrieving


class InvitationSerializer(CamelModelSerializer):
    """A seat kept for an address; its link goes there by mail, and nowhere else."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id")
    state = serializers.SerializerMethodField()
    invited_by = serializers.CharField(source="invited_by.public_id", allow_null=True, default=None)

    class Meta:
        model = Invitation
        fields = (
            *("id", "project_id", "email", "role", "state", "invited_by"),
            *("expires_at", "accepted_at", "revoked_at", "created_at"),
        )
        example = {
            "id": "inv_6yTr4EwQ9oPl2KmN",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "email": "ada@example.com",
            "role": "editor",
            "state": "open",
            "invitedBy": "usr_5gHj8KlQ2wErTy7U",
            "expiresAt": "2026-11-27T09:00:00Z",
            "acceptedAt": None,
            "revokedAt": None,
            "createdAt": "2026-11-20T09:00:00Z",
        }

    def get_state(self, invitation: Invitation) -> str:
        return invitation.state_at(timezone.now())


class InvitationDraftSerializer(CamelSerializer):
    """Whom to invite, and as what."""

    project_id = serializers.CharField(required=False, help_text="A key's own project by default.")
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)

    class Meta:
        example = {"email": "ada@example.com", "role": "editor"}


class InvitationViewSet(Listing, Retrieving):
    """Invitations into a project: made, sent again, taken back; the newest first."""

    queryset = Invitation.objects.with_people()
    serializer_class = InvitationSerializer
    filter_backends = (SearchFilter,)
    search_fields = ("email",)
    observed = ("state",)
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "invitations:ListInvitations",
        "retrieve": "invitations:GetInvitation",
        "create": "invitations:CreateInvitation",
        "resend": "invitations:ResendInvitation",
        "destroy": "invitations:RevokeInvitation",
    }

    @describe(InvitationDraftSerializer, {201: InvitationSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        sent = self.body(InvitationDraftSerializer).validated_data
        project = self.named_project()
        return self.create_row(lambda: self._invite(project, sent))

    @describe(None, {200: InvitationSerializer})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.change_row(self._resend)

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: self.target.revoke(by=self.principal, at=timezone.now()))

    def _invite(self, project: Project, sent: Mapping[str, Any]) -> Invitation:
        role, email = Role(sent["role"]), sent["email"].strip().lower()
        invitation = Invitation(project=project, email=email, role=role)
        _mail_on_commit(invitation, invitation.begin(by=self.principal, now=timezone.now()))
        return invitation

    def _resend(self) -> None:
        invitation = cast("Invitation", self.target)
        _mail_on_commit(invitation, invitation.resend(by=self.principal, now=timezone.now()))


def _mail_on_commit(invitation: Invitation, token: str) -> None:
    """Mail the link when it is sure to open something: a rehearsal mails nothing."""
    transaction.on_commit(lambda: invitations.send(invitation, token))
