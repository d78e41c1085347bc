"""What is known of a secret over REST: everything but its value."""

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer
from providers.api.serializers.credentials import CredentialSerializer, KindField
from providers.api.serializers.providers import own_project
from providers.models import Secret


class SecretSerializer(CamelModelSerializer):
    """One secret: what it was entered for, how its value begins, and when it was set."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)
    provider = serializers.CharField(source="kind", help_text="The kind that it was entered for.")
    needs_value = serializers.BooleanField(help_text="Whether its value has to be entered again.")

    class Meta:
        model = Secret
        fields = (
            *("id", "project_id", "name", "provider", "host", "prefix", "needs_value"),
            *("value_updated_at", "last_used_at", "expires_at", "created_at"),
        )
        example = {
            "id": "sec_Zp81mVb6QwEr3Ty0",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "name": "OpenAI key",
            "provider": "openai",
            "host": "api.openai.com",
            "prefix": "sk-abc",
            "needsValue": False,
            "valueUpdatedAt": "2026-11-20T09:30:00Z",
            "lastUsedAt": None,
            "expiresAt": None,
            "createdAt": "2026-11-20T09:30:00Z",
        }


class SecretDraftSerializer(CredentialSerializer):
    """A credential to be kept, and where it may be sent: to that host alone."""

    project_id = serializers.CharField(
        required=False, allow_null=True, help_text="A key's own project by default."
    )
    name = serializers.CharField(max_length=100)
    provider = KindField(help_text="The kind's slug or an alias, for example openai.")
    base_url = serializers.CharField(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        help_text="Where it goes, for kinds whose base URL is entered.",
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    class Meta:
        example = {
            "name": "OpenAI key",
            "provider": "openai",
            "apiKey": "the key that OpenAI shows once",
        }

    def validate_projectId(self, value: str | None) -> str | None:  # noqa: N802 - named for the field
        return own_project(self, value)


class SecretPatchSerializer(CredentialSerializer):
    """Another name, end or value; what is left out stays as it is."""

    name = serializers.CharField(max_length=100, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    class Meta:
        example = {"apiKey": "the new key", "expiresAt": "2027-06-30T00:00:00Z"}
