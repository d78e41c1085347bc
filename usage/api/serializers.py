"""Usage as REST and MCP tell it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from usage.models import UsageRecord
from usage.reports import Line, Report, Totals

_SUMS: Final = (
    *("requests", "failed", "estimated", "partial", "unpriced"),
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    "reasoning_tokens",
)
_SUMS_EXAMPLE: Final = {
    "requests": 1204,
    "failed": 3,
    "estimated": 0,
    "partial": 1,
    "unpriced": 0,
    "inputTokens": 812_000,
    "outputTokens": 90_400,
    "cacheReadTokens": 300_000,
    "cacheWriteTokens": 0,
    "reasoningTokens": 12_000,
    "costUsd": "3.204000000000",
}


class SumsSerializer(CamelSerializer):
    """Sums of some calls; the cost is null where no call had a known price."""

    requests = serializers.IntegerField()
    failed = serializers.IntegerField()
    estimated = serializers.IntegerField()
    partial = serializers.IntegerField()  # type: ignore[assignment]  # a field, not DRF's own flag
    unpriced = serializers.IntegerField(help_text="Requests whose cost is unknown.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cache_read_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField(allow_null=True)


class LatencySerializer(CamelSerializer):
    """Latencies in ms that half, 95 % and 99 % of the calls did not exceed."""

    p50 = serializers.IntegerField(allow_null=True)
    p95 = serializers.IntegerField(allow_null=True)
    p99 = serializers.IntegerField(allow_null=True)
    mean_first_token = serializers.IntegerField(allow_null=True)


class UsedSerializer(CamelSerializer):
    id = serializers.CharField()
    name = serializers.CharField()
    model = serializers.CharField(help_text="Empty but among models.")
    sums = SumsSerializer()


class DaySerializer(CamelSerializer):
    day = serializers.DateField()
    kind_of_use = serializers.CharField()
    requests = serializers.IntegerField()
    tokens = serializers.IntegerField()
    cost_usd = serializers.CharField(allow_null=True)


class UsageSerializer(CamelSerializer):
    """What was used on some days, both included and in UTC; each list has the dearest first."""

    first = serializers.DateField()
    last = serializers.DateField()
    totals = SumsSerializer()
    latency_ms = LatencySerializer()
    days = DaySerializer(many=True)
    models = UsedSerializer(many=True)
    agents = UsedSerializer(many=True)
    keys = UsedSerializer(many=True)
    users = UsedSerializer(many=True)

    class Meta:
        example = {
            "first": "2026-11-14",
            "last": "2026-11-20",
            "totals": _SUMS_EXAMPLE,
            "latencyMs": {"p50": 410, "p95": 980, "p99": 4200, "meanFirstToken": 160},
            "days": [
                {
                    "day": "2026-11-20",
                    "kindOfUse": "chat",
                    "requests": 1204,
                    "tokens": 1_214_400,
                    "costUsd": "3.204000000000",
                }
            ],
            "models": [
                {
                    "id": "aip_4fT9xQ2LmB7cVw1Z",
                    "name": "OpenAI",
                    "model": "gpt-5.4",
                    "sums": _SUMS_EXAMPLE,
                }
            ],
            "agents": [],
            "keys": [],
            "users": [],
        }


class CallSerializer(CamelModelSerializer):
    """One call in numbers; prompts and answers are never kept."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project_public_id")
    key_id = serializers.CharField(source="key_public_id")
    agent_id = serializers.CharField(source="agent_public_id")
    user_id = serializers.CharField(source="user_public_id")
    provider_id = serializers.CharField(source="provider_public_id")
    cost_usd = serializers.DecimalField(
        source="cost", max_digits=24, decimal_places=12, allow_null=True
    )

    class Meta:
        model = UsageRecord
        fields = (
            *("id", "project_id", "started_at", "provider_id", "provider_name", "provider_kind"),
            *("model", "requested_model", "format", "kind_of_use", "key_id", "key_name"),
            *("agent_id", "agent_name", "user_id", "user_name", "input_tokens", "output_tokens"),
            *("cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cost_usd"),
            *("outcome", "status", "error_class", "latency_ms", "ttft_ms", "attempts", "streamed"),
        )
        example = {
            "id": "req_1qAz2wSx3eDc4rFv",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "startedAt": "2026-11-20T09:30:00Z",
            "providerId": "aip_4fT9xQ2LmB7cVw1Z",
            "providerName": "OpenAI",
            "providerKind": "openai",
            "model": "gpt-5.4",
            "requestedModel": "default",
            "format": "chat",
            "kindOfUse": "chat",
            "keyId": "key_6yHn7UjM8iKo9LpQ",
            "keyName": "nightly reports",
            "agentId": "",
            "agentName": "",
            "userId": "usr_5gHj8KlQ2wErTy7U",
            "userName": "ada@example.com",
            "inputTokens": 900,
            "outputTokens": 120,
            "cacheReadTokens": 0,
            "cacheWriteTokens": 0,
            "reasoningTokens": 30,
            "costUsd": "0.003000000000",
            "outcome": "reported",
            "status": 200,
            "errorClass": "",
            "latencyMs": 412,
            "ttftMs": 160,
            "attempts": 1,
            "streamed": True,
        }


def usage_told(report: Report) -> dict[str, Any]:
    """Write a report as UsageSerializer describes it."""
    totals = report.totals
    return {
        "first": report.question.first.isoformat(),
        "last": report.question.last.isoformat(),
        "totals": _sums(totals),
        "latencyMs": {
            **{f"p{share}": totals.latency_at(share / 100) for share in (50, 95, 99)},
            "meanFirstToken": totals.ttft_mean_ms,
        },
        "days": [
            {
                "day": day.isoformat(),
                "kindOfUse": kind,
                "requests": sums.requests,
                "tokens": sums.tokens,
                "costUsd": _cost(sums),
            }
            for day, kinds in report.days.items()
            for kind, sums in sorted(kinds.items())
        ],
        "models": _lines(report.models),
        "agents": _lines(report.agents),
        "keys": _lines(report.keys),
        "users": _lines(report.users),
    }


def _lines(lines: Iterable[Line]) -> list[Mapping[str, Any]]:
    return [
        {"id": line.id, "name": line.name, "model": line.model, "sums": _sums(line.totals)}
        for line in lines
    ]


def _sums(totals: Totals) -> dict[str, Any]:
    names = zip(_SUMS, _SUMS_EXAMPLE, strict=False)
    return {said: getattr(totals, name) for name, said in names} | {"costUsd": _cost(totals)}


def _cost(totals: Totals) -> str | None:
    cost = totals.known_cost
    return None if cost is None else f"{cost:.12f}"
