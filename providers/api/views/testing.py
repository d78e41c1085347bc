"""Which model a request has tested."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404

from providers.models import Provider, ProviderModel


def model_to_test(provider: Provider, public_id: str) -> ProviderModel:
    models = provider.models.select_related("provider")
    wanted: dict[str, Any] = (
        {"public_id": public_id} if public_id else {"pk": provider.default_model_id}
    )
    model = models.filter(**wanted).first()
    if model is None and public_id:
        raise Http404
    if model is None:
        raise ValidationError({"modelId": "This provider has no model yet: add one first."})
    return model
