"""What providers look like over REST."""

import dataclasses
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.tenancy.fields import ProjectField
from providers.api.serializers.credentials import CredentialSerializer, KindField, credential_in
from providers.models import Provider, Secret
from providers.models.agent_types import AgentType
from providers.models.probing import (
    MOST_PER_DAY,
    MOST_USD,
    PROBE_BUDGET_USD,
    PROBES_PER_DAY,
    PROBING_FIELDS,
    Probing,
)
from providers.models.provider import DEGRADED_THRESHOLD_MS
from providers.services.drafts import ProviderDraft, draft_of


class AiProviderSerializer(CamelModelSerializer):
    """One provider, as everybody who may see it sees it: never with its credential."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    secret_id = serializers.CharField(source="secret.public_id", allow_null=True, default=None)
    provider = serializers.CharField(source="kind")
    default_model = serializers.CharField(
        source="default_model.upstream_id", allow_null=True, default=None
    )
    base_url = serializers.CharField(source="effective_base_url")
    config = serializers.DictField(child=serializers.CharField())
    agent_types = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Provider
        fields = (
            "id",
            "project_id",
            "secret_id",
            "name",
            "provider",
            "default_model",
            "base_url",
            "config",
            "status",
            "health",
            "agent_types",
            "degraded_threshold_ms",
            *PROBING_FIELDS,
            "created_at",
            "updated_at",
        )
        example = {
            "id": "aip_4fT9xQ2LmB7cVw1Z",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "secretId": "sec_Zp81mVb6QwEr3Ty0",
            "name": "OpenAI",
            "provider": "openai",
            "defaultModel": "gpt-4o",
            "baseUrl": "https://api.openai.com/v1",
            "config": {},
            "status": "active",
            "health": "reachable",
            "agentTypes": [],
            "degradedThresholdMs": 5000,
            "hasPaidProbes": False,
            "probeBudgetUsd": "0.1000",
            "probesPerDay": 288,
            "createdAt": "2026-11-20T09:30:00Z",
            "updatedAt": "2026-11-20T09:30:00Z",
        }


class AiProviderDraftSerializer(CredentialSerializer):
    """A provider as a script wants it."""

    project_id = serializers.CharField(
        required=False, allow_null=True, help_text="A key's own project by default."
    )
    name = serializers.CharField(max_length=100)
    provider = KindField(help_text="The kind's slug or an alias, for example openai.")
    base_url = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    secret_id = ProjectField(
        queryset=Secret.objects.with_key(), required=False, allow_null=True, default=None
    )
    config = serializers.DictField(
        child=serializers.CharField(max_length=2000, allow_blank=True), required=False, default=dict
    )
    models = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        help_text="Upstream model ids in order; the first is the default.",
    )
    default_model = serializers.CharField(
        max_length=200, required=False, default="", allow_blank=True
    )
    agent_types = serializers.ListField(
        child=serializers.ChoiceField(AgentType.choices), required=False, default=list
    )
    degraded_threshold_ms = serializers.IntegerField(
        min_value=1, max_value=600_000, required=False, default=DEGRADED_THRESHOLD_MS
    )
    has_paid_probes = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Let health checks send a small completion, inside the two daily budgets.",
    )
    probe_budget_usd = serializers.DecimalField(
        max_digits=8,
        decimal_places=4,
        min_value=Decimal(0),
        max_value=MOST_USD,
        required=False,
        default=PROBE_BUDGET_USD,
        help_text="What paid probes may cost in a day (UTC), where the price is known.",
    )
    probes_per_day = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PER_DAY,
        required=False,
        default=PROBES_PER_DAY,
        help_text="How many paid probes there may be in a day (UTC), whatever they cost.",
    )

    class Meta:
        example = {
            "name": "OpenAI",
            "provider": "openai",
            "apiKey": "the key that OpenAI shows once",
            "models": ["gpt-4o", "gpt-4o-mini"],
        }

    def validate_projectId(self, value: str | None) -> str | None:  # noqa: N802 - named for the field
        return own_project(self, value)

    def draft(self) -> ProviderDraft:
        """Give what was sent; call it when the body is valid."""
        sent: dict[str, Any] = self.validated_data
        models, default = tuple(sent["models"]), sent["default_model"]
        return ProviderDraft(
            name=sent["name"],
            kind=sent["provider"],
            base_url=sent["base_url"],
            config=sent["config"],
            credential=credential_in(sent, sent["provider"]),
            secret=sent["secret_id"],
            models=models or ((default,) if default else ()),
            default_model=default,
            agent_types=tuple(sent["agent_types"]),
            degraded_threshold_ms=sent["degraded_threshold_ms"],
            probing=Probing(**{name: sent[name] for name in PROBING_FIELDS}),
        )


class AiProviderPatchSerializer(AiProviderDraftSerializer):
    """What is to change of a provider; what is left out stays as it is."""

    project_id = None  # type: ignore[assignment]  # a provider never moves

    class Meta:
        example = {"name": "OpenAI, research", "defaultModel": "gpt-4o-mini"}

    def draft_over(self, provider: Provider) -> ProviderDraft:
        """Give the provider as it is to be; call it when the body is valid."""
        sent: dict[str, Any] = self.validated_data
        now = draft_of(provider)
        if sent.get("provider", now.kind) != now.kind:
            now = dataclasses.replace(now, base_url="", config={})  # they were the other kind's
        changes = {
            _DRAFT_NAMES.get(name, name): sent[name] for name in sent if name not in _OWN_WAY
        }
        kind = changes.get("kind", now.kind)
        if "models" in sent:
            changes["models"] = tuple(sent["models"])
            changes.setdefault("default_model", _kept_default(now, changes["models"]))
        probing = {name: sent[name] for name in PROBING_FIELDS if name in sent}
        changes["probing"] = dataclasses.replace(now.probing, **probing)
        if "secret_id" in sent:
            changes["unlinks"] = sent["secret_id"] is None
        return dataclasses.replace(now, credential=credential_in(sent, kind), **changes)


_DRAFT_NAMES = {"provider": "kind", "secret_id": "secret"}
_OWN_WAY = frozenset({"api_key", "credential", "models", *PROBING_FIELDS})


def _kept_default(now: ProviderDraft, models: tuple[str, ...]) -> str:
    return now.default_model if now.default_model in models else ""


def own_project(serializer: CamelSerializer, value: str | None) -> str | None:
    """Refuse a body that names another project than the request is about."""
    project = serializer.context["project"]
    if value != (project.public_id if project else None):
        raise serializers.ValidationError("This key belongs to another project.")
    return value


class ConnectionTestSerializer(CamelSerializer):
    """Which model to test; the default one where none is named."""

    model_id = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="A provider model's id, apm_…"
    )

    class Meta:
        example = {"modelId": "apm_7hG2kLp0Xs9DfA4q"}


class SeveralProvidersSerializer(CamelSerializer):
    """Which active providers: all of the project's own where none is named."""

    project_id = serializers.CharField(
        required=False, allow_null=True, help_text="A key's own project by default."
    )
    provider_ids = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=1000
    )

    class Meta:
        example = {"providerIds": ["aip_4fT9xQ2LmB7cVw1Z"]}


class LiveModelSerializer(CamelSerializer):
    """A model as the provider lists it at this moment."""

    id = serializers.CharField(help_text="The upstream's own id.")
    name = serializers.CharField()
    kind = serializers.CharField()

    class Meta:
        example = {"id": "gpt-4o", "name": "GPT-4o", "kind": "chat"}
