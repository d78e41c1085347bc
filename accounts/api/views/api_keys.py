from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import ApiKey, Project
from accounts.tenancy.views import Listing, Retrieving

_EXAMPLE: dict[str, Any] = {
    "id": "key_9oKj7HgF5dSa3QwE",
    "projectId": "prj_8sKd03HfTq5LxY2n",
    "name": "deploy script",
    "prefix": "axk_Ab3dEf",
    "state": "active",
    "createdBy": "usr_5gHj8KlQ2wErTy7U",
    "policy": [{"effect": "Allow", "action": ["aiProviders:*"], "resource": ["*"]}],
    "expiresAt": None,
    "lastUsedAt": None,
    "revokedAt": None,
    "createdAt": "2026-11-20T09:00:00Z",
}


class StatementSerializer(CamelSerializer):
    """Who may do what to which objects; an explicit Deny wins."""

    effect = serializers.ChoiceField(("Allow", "Deny"))
    action = serializers.ListField(child=serializers.CharField(max_length=110), min_length=1)
    resource = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1)


class ApiKeySerializer(CamelModelSerializer):
    """A program's way in, without its token: that is shown once, when it is made."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id")
    created_by = serializers.CharField(source="created_by.public_id")
    state = serializers.SerializerMethodField()
    policy = StatementSerializer(many=True, allow_null=True, source="policy_in_force")

    class Meta:
        model = ApiKey
        fields = (
            *("id", "project_id", "name", "prefix", "state", "created_by", "policy"),
            *("expires_at", "last_used_at", "revoked_at", "created_at"),
        )
        example = _EXAMPLE

    def get_state(self, key: ApiKey) -> str:
        return key.state_at(timezone.now())


class IssuedKeySerializer(ApiKeySerializer):
    """A new key with its token, which nothing can show again; a repeat tells it as null."""

    token = serializers.CharField(allow_null=True, source="issued_token")

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "token")  # type: ignore[assignment]  # one more
        example = _EXAMPLE | {"token": "axk_… (shown this once)"}


class ApiKeyDraftSerializer(CamelSerializer):
    """A key to be; without a policy it may do whatever its creator may."""

    project_id = serializers.CharField(required=False, help_text="A key's own project by default.")
    name = serializers.CharField(max_length=100)
    policy = StatementSerializer(many=True, required=False, allow_null=True, default=None)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    class Meta:
        example = {
            "name": "deploy script",
            "policy": [{"effect": "Allow", "action": ["aiProviders:*"], "resource": ["*"]}],
        }

    def validate_expiresAt(self, value: datetime | None) -> datetime | None:  # noqa: N802 - named for the field
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("This moment has passed.")
        return value


class ApiKeyViewSet(Listing, Retrieving):
    """Keys of a project: made, shown once, revoked; never changed."""

    queryset = ApiKey.objects.with_principal()
    serializer_class = ApiKeySerializer
    filter_backends = (SearchFilter,)
    search_fields = ("name", "prefix")
    observed = ("state", "lastUsedAt")
    shown_once = ("token",)
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "apiKeys:ListApiKeys",
        "retrieve": "apiKeys:GetApiKey",
        "create": "apiKeys:CreateApiKey",
        "destroy": "apiKeys:RevokeApiKey",
    }

    @describe(ApiKeyDraftSerializer, {201: IssuedKeySerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        sent = self.body(ApiKeyDraftSerializer).validated_data
        project = self.named_project()
        self.serializer_class = IssuedKeySerializer
        return self.create_row(lambda: self._issue(project, sent))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.delete_row(lambda: self.target.revoke(by=self.principal, at=timezone.now()))

    def _issue(self, project: Project, sent: Mapping[str, Any]) -> ApiKey:
        policy = None if sent["policy"] is None else [dict(row) for row in sent["policy"]]
        key = ApiKey(
            project=project,
            name=sent["name"].strip(),
            created_by=self.principal.user,
            policy=policy,
            expires_at=sent["expires_at"],
        )
        key.issued_token = key.begin(by=self.principal)  # type: ignore[attr-defined]  # carried to the answer, and no further
        return key
