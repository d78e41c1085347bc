"""The model field that gives a record its public id."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from foundation.ids import RANDOM_LENGTH, new_id

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    # Django's fields take type arguments in their stubs alone.
    _CharField = models.CharField


class PublicIdChanged(AttributeError):
    """Somebody tried to give a saved record another public id."""


class _WrittenOnce(DeferredAttribute):
    """Lets a stored public id be read and loaded, never replaced."""

    def __set__(self, instance: models.Model, value: str) -> None:
        name = self.field.attname
        known = instance.__dict__.get(name, value)
        is_saved = not instance._state.adding
        if is_saved and known != value:
            raise PublicIdChanged(f"{name} never changes once saved; make a new record instead.")
        instance.__dict__[name] = value


class PublicIdField(_CharField):
    """A unique id such as ``aip_Ab3…``, made for each new record and never changed.

    Only ``prefix`` is a choice; length, uniqueness, default and being read-only follow from it,
    so migrations name the prefix alone.
    """

    descriptor_class = _WrittenOnce

    def __init__(self, *, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        options |= {
            "max_length": len(prefix) + 1 + RANDOM_LENGTH,
            "unique": True,
            "editable": False,
            "default": partial(new_id, prefix),
        }
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for implied in ("max_length", "unique", "editable", "default"):
            kwargs.pop(implied, None)
        return name, path, args, kwargs | {"prefix": self.prefix}


def prefix_of(model: type[models.Model]) -> str:
    """Give what a model's public ids begin with; empty where it has none."""
    found = (field.prefix for field in model._meta.fields if isinstance(field, PublicIdField))
    return next(found, "")
