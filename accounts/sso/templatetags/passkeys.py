"""What a page hands to the browser's passkey functions."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template import Library

register = Library()


@register.filter
def as_json(value: Mapping[str, Any]) -> str:
    """Write a value for an attribute; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)
