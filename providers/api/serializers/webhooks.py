"""Where a project's notices are posted to, over REST."""

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from providers.models import Webhook, WebhookDelivery
from providers.models.webhook import TOPICS
from providers.services.webhooks import WebhookDraft, draft_of, usual_draft

_EXAMPLE: dict[str, Any] = {
    "id": "whk_2wSx4eDc6rFv8tGb",
    "projectId": "prj_8sKd03HfTq5LxY2n",
    "name": "on-call",
    "url": "https://hooks.example.com/axiom",
    "topics": ["health", "limits"],
    "isEnabled": True,
    "rotatedAt": None,
    "createdAt": "2026-11-20T09:00:00Z",
}


def _topics(**options: Any) -> serializers.ListField:
    choices = [(topic.value, topic.label) for topic in TOPICS]
    return serializers.ListField(child=serializers.ChoiceField(choices), **options)


class WebhookSerializer(CamelModelSerializer):
    """An address that a project's notices are posted to; its secret is shown when it is made."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id")
    topics = _topics()

    class Meta:
        model = Webhook
        fields = (
            *("id", "project_id", "name", "url", "topics", "is_enabled"),
            *("rotated_at", "created_at"),
        )
        example = _EXAMPLE


class IssuedWebhookSerializer(WebhookSerializer):
    """A webhook with a new signing secret, which nothing can show again; a repeat tells null."""

    secret = serializers.CharField(allow_null=True, source="issued_secret")

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")  # type: ignore[assignment]  # one more
        example = _EXAMPLE | {"secret": "whsec_… (shown this once)"}


class WebhookPatchSerializer(CamelSerializer):
    """What is to be changed; what waits goes to the new address."""

    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=2048, help_text="It gets each notice by POST, signed.")
    topics = _topics(required=False, help_text="All of them by default.")
    is_enabled = serializers.BooleanField(required=False)

    class Meta:
        example = {"topics": ["health", "limits"]}

    def draft_over(self, webhook: Webhook) -> WebhookDraft:
        return self._over(draft_of(webhook))

    def _over(self, draft: WebhookDraft) -> WebhookDraft:
        sent = self.validated_data
        return WebhookDraft(
            sent.get("name", draft.name),
            sent.get("url", draft.url),
            tuple(sent.get("topics", draft.topics)),
            sent.get("is_enabled", draft.is_enabled),
        )


class WebhookDraftSerializer(WebhookPatchSerializer):
    """A webhook to be."""

    project_id = serializers.CharField(required=False, help_text="A key's own project by default.")

    class Meta:
        example = {"name": "on-call", "url": "https://hooks.example.com/axiom"}

    def draft(self) -> WebhookDraft:
        return self._over(usual_draft())


class WebhookDeliverySerializer(CamelModelSerializer):
    """One notice on its way to a webhook; without a notice it is a test."""

    id = serializers.CharField(source="public_id")
    notice_id = serializers.CharField(source="notice.public_id", allow_null=True, default=None)

    class Meta:
        model = WebhookDelivery
        fields = (
            *("id", "notice_id", "state", "attempts", "message"),
            *("created_at", "due_at", "finished_at"),
        )
        example = {
            "id": "dlv_6yTr4EwQ2sDf8GhJ",
            "noticeId": "ntc_4hJk7LmN2pQr9StV",
            "state": "pending",
            "attempts": 1,
            "message": "It answered HTTP 503.",
            "createdAt": "2026-11-20T09:30:00Z",
            "dueAt": "2026-11-20T09:30:31Z",
            "finishedAt": None,
        }
