"""What staff keep for everybody, over REST: the catalog and the egress rules."""

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from providers.catalog.diff import CatalogDiff
from providers.models import CatalogEntry


class CatalogEntrySerializer(CamelModelSerializer):
    """One model of the reference data; prices are USD per million tokens, as texts."""

    provider = serializers.CharField(source="provider_kind")

    class Meta:
        model = CatalogEntry
        fields = (
            *("provider", "model_id", "name", "kind", "status", "deprecated_on"),
            *("input_price", "output_price", "cache_read_price", "cache_write_price"),
            *(*CatalogEntry.LIMIT_FIELDS, *CatalogEntry.FLAG_FIELDS, "source_url", "version"),
        )
        example = {
            "provider": "openai",
            "modelId": "gpt-4o",
            "name": "GPT-4o",
            "kind": "chat",
            "status": "active",
            "deprecatedOn": None,
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
            "sourceUrl": "https://platform.openai.com/docs/models",
            "version": "2026-11-20",
        }


class CatalogChangeSerializer(CamelSerializer):
    """What the release's catalog changes: names as `kind/model`."""

    new = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    deprecated = serializers.ListField(child=serializers.CharField())
    gone = serializers.ListField(child=serializers.CharField())

    class Meta:
        example = {"new": ["openai/gpt-6"], "changed": [], "deprecated": [], "gone": []}


def change_told(change: CatalogDiff) -> dict[str, Any]:
    """Name what changes, without the values."""
    edited = {"changed": change.changed, "deprecated": change.deprecated}
    whole = {"new": change.new, "gone": change.gone}
    return {
        word: [f"{model.kind}/{model.model_id}" for model in models]
        for word, models in whole.items()
    } | {
        word: [f"{edit.after.kind}/{edit.after.model_id}" for edit in edits]
        for word, edits in edited.items()
    }
