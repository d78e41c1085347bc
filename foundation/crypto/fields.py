"""The model field of the outermost layer: a key, wrapped by the root keys."""

import base64
from typing import Any, Never, final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from fernet_fields import EncryptedField

from foundation.crypto.keys import KEY_LENGTH, RootKeyRing, derive

_WRAPPER_LABEL = "axiom root wrapper"


class CannotWrap(TypeError):
    """A value that RootWrappedField refuses to store, because it would destroy the key."""


@final
class Unopened:
    """Stands where a wrapped key would, when no root key in the ring opens it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<a wrapped key that no root key opens>"


UNOPENED = Unopened()


class RootWrappedField(EncryptedField):  # type: ignore[misc]  # its base is untyped
    """Stores a 32-byte key, wrapped by the first root key of ``settings.ROOT_KEYS``.

    Read, it is the key as bytes, or `UNOPENED` where no listed root key opens it, so that a list
    of rows survives one bad row. The base class is guarded: it would encrypt the text of an
    expression (``update(x=F(…))``, ``bulk_update``) in place of a value, keep the first ring it
    saw for ever, and print keys in exports.
    """

    @property
    def fernet_keys(self) -> list[bytes]:
        # Built for each use: rotation changes the ring while processes run.
        ring: RootKeyRing = settings.ROOT_KEYS
        return [base64.urlsafe_b64encode(derive(key.value, _WRAPPER_LABEL)) for key in ring.keys]

    @property
    def fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self.fernet_keys])

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "resolve_expression"):
            raise CannotWrap(
                "A wrapped key can't be set by an expression or bulk_update; save each row."
            )
        if value is not None and (not isinstance(value, bytes) or len(value) != KEY_LENGTH):
            raise CannotWrap(f"Only a key of {KEY_LENGTH} bytes can be wrapped.")
        return super().get_db_prep_save(value, connection)

    def from_db_value(
        self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper
    ) -> bytes | Unopened | None:
        if value is None:
            return None
        try:
            return self.fernet.decrypt(bytes(value))
        except InvalidToken:
            return UNOPENED

    def value_to_string(self, obj: models.Model) -> Never:
        name = type(obj).__name__
        raise CannotWrap(f"{name} holds wrapped keys, which are never exported; exclude it.")
