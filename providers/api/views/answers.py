"""What the views of providers say alike."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError

from providers.api.serializers import OperationSerializer
from providers.models import Operation

# How REST names what services call otherwise.
FIELD_NAMES: Mapping[str, str] = {
    "kind": "provider",
    "terms": "provider",
    "secret": "secretId",
    "provider": "providerId",
    "active_model": "activeModelId",
    "fallback_model": "fallbackModelId",
    "task_model": "taskModelId",
}


def told(operation: Operation) -> Mapping[str, Any]:
    """Give the operation that a client follows."""
    return OperationSerializer(operation).data


@contextmanager
def at_their_fields(config: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Say a service's refusal at the fields that the client sent."""
    try:
        yield
    except ValidationError as refusal:
        if not hasattr(refusal, "error_dict"):
            raise
        raise ValidationError(
            {
                f"config.{field}"
                if field in (config or {})
                else FIELD_NAMES.get(field, field): said
                for field, said in refusal.message_dict.items()
            }
        ) from refusal
