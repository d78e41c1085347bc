"""camelCase outside, snake_case inside; what is not known is refused."""

import re
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.fields import Field

_UNKNOWN = "There is no such field."
_READ_ONLY = "This field can't be set."


class CamelSerializer(serializers.Serializer[Any]):
    """Write its fields in snake_case; clients see and send camelCase.

    Fields that clients may not set are refused like unknown ones, so that nobody believes they
    changed something.
    """

    def get_fields(self) -> dict[str, "Field[Any, Any, Any, Any]"]:
        return {
            camel_case(name): _sourced(field, name) for name, field in super().get_fields().items()
        }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            _refuse_unwritable(self.fields, data)
        return super().to_internal_value(data)


class CamelModelSerializer(CamelSerializer, serializers.ModelSerializer[Any]):
    """The same for a model's own fields."""


def camel_case(name: str) -> str:
    """Write ``default_model`` as ``defaultModel``."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _sourced(field: "Field[Any, Any, Any, Any]", name: str) -> "Field[Any, Any, Any, Any]":
    if field.source is None and camel_case(name) != name:
        field.source = name
    return field


def _refuse_unwritable(fields: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    refused = {
        name: [_READ_ONLY if name in fields else _UNKNOWN]
        for name in data
        if name not in fields or fields[name].read_only
    }
    if refused:
        raise serializers.ValidationError(refused)
