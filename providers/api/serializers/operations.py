"""What work in the background looks like over REST."""

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer
from providers.models import Operation


class OperationSerializer(CamelModelSerializer):
    """State and progress (`done` of `total`) while it runs, `result` and `message` afterwards."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    result = serializers.DictField()

    class Meta:
        model = Operation
        fields = (
            "id",
            "project_id",
            "verb",
            "target_id",
            "target_name",
            "state",
            "done",
            "total",
            "result",
            "message",
            "created_at",
            "finished_at",
        )
        example = {
            "id": "opn_2wX8cVb4NmK1jH6g",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "verb": "test_model",
            "targetId": "apm_7hG2kLp0Xs9DfA4q",
            "targetName": "gpt-4o at OpenAI",
            "state": "succeeded",
            "done": 1,
            "total": 1,
            "result": {"ok": True, "latencyMs": 412},
            "message": "gpt-4o at OpenAI answered in 412 ms.",
            "createdAt": "2026-11-20T09:31:00Z",
            "finishedAt": "2026-11-20T09:31:01Z",
        }
