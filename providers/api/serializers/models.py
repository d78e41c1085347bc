"""What the models of a provider look like over REST."""

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer
from providers.models import ProviderModel
from providers.models.catalog import PRICE_FIELDS, CatalogEntry
from providers.models.provider import Status

_LARGEST = {"max_value": 2_147_483_647}
_LIMITS = dict.fromkeys(CatalogEntry.LIMIT_FIELDS, _LARGEST)
_VALUES = ("name", *PRICE_FIELDS, *CatalogEntry.LIMIT_FIELDS, *CatalogEntry.FLAG_FIELDS)


class ProviderModelSerializer(CamelModelSerializer):
    """Prices are USD per million tokens, as texts; null is unknown, and 0 is free."""

    id = serializers.CharField(source="public_id")
    provider_id = serializers.CharField(source="provider.public_id")

    class Meta:
        model = ProviderModel
        fields = (
            *("id", "provider_id", "upstream_id", "kind", "status", "position", *_VALUES),
            *("source", "test_status", "test_latency_ms", "test_message", "tested_at"),
            *("missing_since", "created_at"),
        )
        example = {
            "id": "apm_7hG2kLp0Xs9DfA4q",
            "providerId": "aip_4fT9xQ2LmB7cVw1Z",
            "upstreamId": "gpt-4o",
            "kind": "chat",
            "status": "active",
            "position": 0,
            "name": "GPT-4o",
            "inputPrice": "2.50000000",
            "outputPrice": "10.00000000",
            "cacheReadPrice": "1.25000000",
            "cacheWritePrice": None,
            "contextWindow": 128000,
            "maxOutput": 16384,
            "hasTools": True,
            "hasVision": True,
            "hasReasoning": False,
            "hasStreaming": True,
            "hasJson": True,
            "source": "Catalog 2026.11.20",
            "testStatus": "connected",
            "testLatencyMs": 412,
            "testMessage": "gpt-4o at OpenAI answered in 412 ms.",
            "testedAt": "2026-11-20T09:31:00Z",
            "missingSince": None,
            "createdAt": "2026-11-20T09:30:00Z",
        }


class ProviderModelDraftSerializer(CamelModelSerializer):
    """A model of one's own at a provider."""

    class Meta:
        model = ProviderModel
        fields = ("upstream_id", "kind", *_VALUES)
        extra_kwargs = _LIMITS
        example = {"upstreamId": "my-fine-tune", "inputPrice": "3", "outputPrice": None}


class ProviderModelPatchSerializer(CamelModelSerializer):
    """What is to change of a model; its id and kind stay."""

    status = serializers.ChoiceField(Status.choices, required=False)

    class Meta:
        model = ProviderModel
        fields = ("status", *_VALUES)
        extra_kwargs = _LIMITS
        example = {"inputPrice": "2.5", "status": "active"}
