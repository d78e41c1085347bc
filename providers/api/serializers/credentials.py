"""Credentials and kinds as scripts send them: they go in here and never come out."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import CamelSerializer
from providers.kinds.kind import Kind
from providers.kinds.registry import ALIASES, KINDS, UnknownKind, kind_for

LONGEST_VALUE = 20_000  # a service account's JSON is the longest credential there is


@extend_schema_field({"type": "string", "enum": [*KINDS, *ALIASES]})
class KindField(serializers.CharField):
    """A kind by its slug or an alias; answered as the slug."""

    def to_internal_value(self, data: Any) -> Kind:  # type: ignore[override]  # the value, not its text
        try:
            return kind_for(super().to_internal_value(data))
        except UnknownKind:
            raise serializers.ValidationError(f"Choose one of: {', '.join(KINDS)}.") from None


class CredentialSerializer(CamelSerializer):
    """The part of a body that holds a credential."""

    api_key = serializers.CharField(
        max_length=LONGEST_VALUE, required=False, default="", allow_blank=True, write_only=True
    )
    credential = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_VALUE, allow_blank=True),
        required=False,
        default=dict,
        write_only=True,
        help_text="Every field of a kind's credential by name, where there are several.",
    )


def credential_in(sent: Mapping[str, Any], kind: Kind) -> dict[str, str]:
    """Give the fields of the kind's credential, `apiKey` as the one that it takes."""
    values = dict(sent.get("credential", {}))
    names = [field.name for field in kind.credential.fields]
    if sent.get("api_key"):
        takes_key = "api_key" in names or not names
        values["api_key" if takes_key else names[0]] = sent["api_key"]
    return values
