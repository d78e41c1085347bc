import dataclasses
from typing import Any

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.tenancy.fields import ProjectField
from gateway.models import BackendDraft, Model, ModelStatus
from gateway.models.facade import LONGEST_SLUG, MOST_WEIGHT
from gateway.services.facades import ModelDraft, draft_of
from providers.api.serializers.providers import own_project
from providers.models import ModelKind, ProviderModel

_BACKEND = {"providerModelId": "apm_7hG2kLp0Xs9DfA4q", "priority": 1, "weight": 1}


class BackendSerializer(CamelSerializer):
    """One provider model behind a facade, and whether people have enabled it."""

    provider_model_id = serializers.CharField(source="provider_model.public_id")
    name = serializers.CharField(source="provider_model")
    priority = serializers.IntegerField()
    weight = serializers.IntegerField()
    is_usable = serializers.BooleanField()


class ModelSerializer(CamelModelSerializer):
    """A facade: the name that clients call, and what answers under it."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    backends = BackendSerializer(many=True)

    class Meta:
        model = Model
        fields = ("id", "project_id", "slug", "name", "kind", "status", "backends", "created_at")
        example = {
            "id": "mdl_0aSd9FgH3jKl5ZxC",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "slug": "fast",
            "name": "Fast and cheap",
            "kind": "chat",
            "status": "active",
            "backends": [_BACKEND | {"name": "gpt-4o at OpenAI", "isUsable": True}],
            "createdAt": "2026-11-20T09:00:00Z",
        }


class BackendDraftSerializer(CamelSerializer):
    """The lowest priority is asked first; weights share the requests within one priority."""

    provider_model_id = ProjectField(
        queryset=ProviderModel.objects.select_related("provider"), source="provider_model"
    )
    priority = serializers.IntegerField(min_value=1, max_value=100, required=False, default=1)
    weight = serializers.IntegerField(min_value=1, max_value=MOST_WEIGHT, required=False, default=1)


class ModelDraftSerializer(CamelSerializer):
    """A facade to be; with a usable backend it answers at once."""

    project_id = serializers.CharField(
        required=False, allow_null=True, help_text="A key's own project by default."
    )
    slug = serializers.CharField(max_length=LONGEST_SLUG)
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    kind = serializers.ChoiceField(ModelKind.choices, required=False, default=ModelKind.CHAT)
    backends = BackendDraftSerializer(many=True, required=False, default=list)

    class Meta:
        example: Any = {"slug": "fast", "name": "Fast and cheap", "backends": [_BACKEND]}

    def validate_projectId(self, value: str | None) -> str | None:  # noqa: N802 - named for the field
        return own_project(self, value)

    def draft(self) -> ModelDraft:
        """Give what was sent; call it when the body is valid."""
        sent = dict(self.validated_data)
        sent.pop("project_id", None)
        sent["backends"] = _drafts(sent["backends"])
        return ModelDraft(**sent)


class ModelPatchSerializer(ModelDraftSerializer):
    """What is to change of a facade; backends are replaced as a whole."""

    project_id = None  # type: ignore[assignment]  # a facade never moves
    status = serializers.ChoiceField(
        [ModelStatus.ACTIVE.value, ModelStatus.DISABLED.value], required=False
    )

    class Meta:
        example = {"status": "disabled"}

    def draft_over(self, model: Model) -> ModelDraft | None:
        """Give the facade as it is to be, None where its status alone is to change."""
        sent = {name: value for name, value in self.validated_data.items() if name != "status"}
        if "backends" in sent:
            sent["backends"] = _drafts(sent["backends"])
        return dataclasses.replace(draft_of(model), **sent) if sent else None


def _drafts(rows: list[dict[str, Any]]) -> list[BackendDraft]:
    return [BackendDraft(**row) for row in rows]
