"""Any object by its public id alone: the prefix says of which model it is."""

from functools import cache
from typing import cast

from django.apps import apps
from django.db.models import Model
from django.http import Http404

from accounts.authority import may
from accounts.permissions import Undeclared, reading
from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet, wall_of
from foundation.fields import PublicIdField


def find(public_id: str, who: Principal) -> Model:
    """Give an object that `who` may see; raises Http404 for every other."""
    model = models_by_prefix().get(public_id.partition("_")[0])
    if model is None:
        raise Http404
    rows = cast("WalledQuerySet[Model]", model._default_manager.all())
    row = rows.inside_wall_of(who).filter(public_id=public_id).first()
    if row is None or not may(who, reading(model._meta.label_lower).action, row):
        raise Http404
    return row


@cache
def models_by_prefix() -> dict[str, type[Model]]:
    """Map each prefix to its model, as far as a wall stands around its rows."""
    return {
        field.prefix: model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, PublicIdField) and wall_of(model) and _is_read(model)
    }


def _is_read(model: type[Model]) -> bool:
    try:
        reading(model._meta.label_lower)
    except Undeclared:
        return False
    return True
