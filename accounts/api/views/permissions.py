from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Model
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelSerializer
from accounts.authority import may
from accounts.explanations import explain
from accounts.models import ApiKey, Project, User
from accounts.permissions import PERMISSIONS, Permission
from accounts.principal import Principal
from accounts.roles import Role
from accounts.tenancy.objects import find
from accounts.tenancy.querysets import wall_of
from accounts.tenancy.views import ProjectViewSet


class PermissionSerializer(CamelSerializer):
    """One action: the lowest role that has it, null for staff alone, and where it is offered."""

    action = serializers.CharField()
    lowest_role = serializers.ChoiceField(Role.choices, allow_null=True)
    rest = serializers.CharField(allow_null=True)
    mcp = serializers.CharField(allow_null=True)

    class Meta:
        example = {
            "action": "aiProviders:DeleteAiProvider",
            "lowestRole": "admin",
            "rest": "DELETE /ai-providers/{id}",
            "mcp": "delete-ai-provider",
        }


class MatrixSerializer(CamelSerializer):
    """Every action there is, and the roles from the most to the least."""

    roles = serializers.ListField(child=serializers.CharField())
    permissions = PermissionSerializer(many=True)

    class Meta:
        example = {
            "roles": ["owner", "admin", "editor", "viewer"],
            "permissions": [PermissionSerializer.Meta.example],
        }


class QuestionSerializer(CamelSerializer):
    """May somebody do an action, to an object? Oneself is asked about where nobody is named."""

    action = serializers.ChoiceField(sorted(PERMISSIONS))
    object_id = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    user_id = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    key_id = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")

    class Meta:
        example = {
            "action": "aiProviders:DeleteAiProvider",
            "objectId": "aip_4fT9xQ2LmB7cVw1Z",
            "userId": "usr_5gHj8KlQ2wErTy7U",
        }


class StepSerializer(CamelSerializer):
    rule = serializers.CharField()
    passes = serializers.BooleanField()
    reason = serializers.CharField()


class ExplanationSerializer(CamelSerializer):
    """The answer, and the rules in the order in which they decided."""

    is_allowed = serializers.BooleanField()
    action = serializers.CharField()
    steps = StepSerializer(many=True)

    class Meta:
        example = {
            "isAllowed": False,
            "action": "aiProviders:DeleteAiProvider",
            "steps": [
                {"rule": "in force", "passes": True, "reason": "ada@example.com is active."},
                {"rule": "wall", "passes": True, "reason": "The question is asked in Research."},
                {
                    "rule": "role",
                    "passes": False,
                    "reason": "It takes Admin: the role Editor is less, and no object permission "
                    "gives it.",
                },
            ],
        }


class PermissionsViewSet(ProjectViewSet):
    """The registry of permissions, and why somebody has one or not."""

    queryset = Project.objects.none()
    serializer_class = MatrixSerializer
    names_project: ClassVar[bool] = False
    permissions: ClassVar[Mapping[str, str]] = {
        "matrix": "permissions:GetPermissionMatrix",
        "explain": "permissions:ExplainPermission",
    }

    @describe(None, {200: MatrixSerializer})
    def matrix(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        rows = [_told(row) for row in PERMISSIONS.values()]
        return Response({"roles": Role.values, "permissions": rows})

    @describe(QuestionSerializer, {200: ExplanationSerializer}, writes=False)
    def explain(self, request: Request) -> Response:  # noqa: ARG002
        sent = self.body(QuestionSerializer).validated_data
        target = find(sent["object_id"], self.principal) if sent["object_id"] else None
        answer = explain(
            self._asked_about(sent, target), sent["action"], target, project=self.project
        )
        return Response(answer.as_json())

    def _asked_about(self, sent: Mapping[str, str], target: Model | None) -> Principal:
        """Find whom the question is about; others than oneself for whoever leads the project.

        That is the object's own project where it has one, whatever project was named.
        """
        if not sent["user_id"] and not sent["key_id"]:
            return self.principal
        wall = wall_of(type(target)) if target is not None else None
        project = (wall.project_of(target) if wall else None) or self.named_project()
        if not may(self.principal, "permissions:ExplainForOthers", project=project):
            raise Http404
        if sent["key_id"]:
            key = _first(ApiKey.objects.with_principal().filter(project=project), sent["key_id"])
            return Principal.of_key(key, now=self.principal.now)
        person = _first(User.objects.filter(memberships__project=project), sent["user_id"])
        return Principal(user=person, project=project)


def _first(rows: Any, public_id: str) -> Any:
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def _told(row: Permission) -> dict[str, Any]:
    return {
        "action": row.action,
        "lowestRole": row.lowest_role.value if row.lowest_role else None,
        "rest": row.rest,
        "mcp": row.mcp,
    }
