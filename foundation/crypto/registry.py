"""Every field that holds something encrypted, found in the models themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models

from foundation.crypto.fields import RootWrappedField

if TYPE_CHECKING:
    _BinaryField = models.BinaryField[bytes, bytes]
else:
    # Django's fields take type arguments in their stubs alone.
    _BinaryField = models.BinaryField


class SealedBytesField(_BinaryField):
    """Bytes that only an explicit `open` of its record makes readable; they are never exported."""

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{type(obj).__name__} holds sealed values, which are never exported.")


@dataclass(frozen=True, slots=True, order=True)
class EncryptedField:
    model: str
    field: str


def encrypted_fields(
    models_: Iterable[type[models.Model]] | None = None,
) -> tuple[EncryptedField, ...]:
    """List `app.Model` and field of everything that is stored encrypted, sorted."""
    known = apps.get_models() if models_ is None else models_
    return tuple(
        sorted(
            EncryptedField(model._meta.label, field.name)
            for model in known
            for field in model._meta.get_fields()
            if isinstance(field, SealedBytesField | RootWrappedField)
        )
    )
