from typing import Any, TypeVar

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import Project, User
from accounts.tenancy.fields import ProjectField
from gateway.models import AccessGrant, Model
from providers.models import Provider

_NOBODY = "There is no such {word} here."

Row = TypeVar("Row")


class AccessGrantSerializer(CamelModelSerializer):
    """One grant: whom it lets call what. Exactly one of each three and two is set."""

    id = serializers.CharField(source="public_id")
    user_id = serializers.CharField(source="user.public_id", allow_null=True, default=None)
    group = serializers.CharField(source="group.name", allow_null=True, default=None)
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    model_id = serializers.CharField(source="model.public_id", allow_null=True, default=None)
    provider_id = serializers.CharField(source="provider.public_id", allow_null=True, default=None)

    class Meta:
        model = AccessGrant
        fields = (
            *("id", "user_id", "group", "project_id", "model_id", "provider_id"),
            "created_at",
        )
        example = {
            "id": "acg_2wEr5TyU8iOp1AsD",
            "userId": "usr_5gHj8KlQ2wErTy7U",
            "group": None,
            "projectId": None,
            "modelId": "mdl_0aSd9FgH3jKl5ZxC",
            "providerId": None,
            "createdAt": "2026-11-20T09:00:00Z",
        }


class AccessGrantDraftSerializer(CamelSerializer):
    """Whom to let call what: name one holder, and one target."""

    user_id = serializers.CharField(required=False, allow_null=True, default=None)
    group = serializers.CharField(
        required=False, allow_null=True, default=None, help_text="A group's name; staff alone."
    )
    project_id = serializers.CharField(required=False, allow_null=True, default=None)
    model_id = ProjectField(
        queryset=Model.objects.select_related("project"),
        required=False,
        allow_null=True,
        default=None,
        source="model",
    )
    provider_id = ProjectField(
        queryset=Provider.objects.select_related("project"),
        required=False,
        allow_null=True,
        default=None,
        source="provider",
    )

    class Meta:
        example = {"userId": "usr_5gHj8KlQ2wErTy7U", "modelId": "mdl_0aSd9FgH3jKl5ZxC"}

    def validate_userId(self, value: str | None) -> User | None:  # noqa: N802 - named for the field
        """Find a person whom the principal may know of, as a member of a project of theirs."""
        if value is None:
            return None
        people: QuerySet[User] = User.objects.active().filter(public_id=value)
        if not self.context["principal"].is_staff:
            seen = Project.objects.visible_to(self.context["principal"])
            people = people.filter(memberships__project__in=seen)
        return _found(people.distinct().first(), "person")

    def validate_group(self, value: str | None) -> Group | None:
        if value is None:
            return None
        named = Group.objects.filter(name=value).first()
        return _found(named if self.context["principal"].is_staff else None, "group")

    def validate_projectId(self, value: str | None) -> Project | None:  # noqa: N802 - named for the field
        if value is None:
            return None
        seen = Project.objects.visible_to(self.context["principal"])
        return _found(seen.filter(public_id=value).first(), "project")

    def grant(self) -> AccessGrant:
        """Give what was sent, not stored yet; call it when the body is valid."""
        sent: dict[str, Any] = self.validated_data
        return AccessGrant(
            user=sent["user_id"],
            group=sent["group"],
            project=sent["project_id"],
            model=sent["model"],
            provider=sent["provider"],
        )


def _found(row: Row | None, word: str) -> Row:
    if row is None:
        raise serializers.ValidationError(_NOBODY.format(word=word))
    return row
