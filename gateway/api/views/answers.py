"""What the views of the traffic's records say alike."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.exceptions import ValidationError

# How REST names what records call otherwise.
FIELD_NAMES: Mapping[str, str] = {
    "pinned_model": "pinnedModelId",
    "facade": "modelId",
    "pinned_url": "gatewayUrl",
    "overlap": "overlapS",
    "time_zone": "timeZone",
    "system_prompt": "systemPrompt",
    "pin_policy": "pinPolicy",
    "user": "userId",
    "project": "projectId",
    "model": "modelId",
    "provider": "providerId",
    "agent": "agentId",
    "key": "keyId",
}


@contextmanager
def at_their_fields() -> Iterator[None]:
    """Say a record's refusal at the fields that the client sent."""
    try:
        yield
    except ValidationError as refusal:
        if not hasattr(refusal, "error_dict"):
            raise
        named = {FIELD_NAMES.get(name, name): said for name, said in refusal.message_dict.items()}
        raise ValidationError(named) from refusal
