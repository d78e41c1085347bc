"""Records that hold values sealed: a data key of their own, under their project's key."""

import json
from collections.abc import Iterator, Mapping

from django.db import models

from accounts.models import KeyEncryptionKey, Project
from foundation.crypto.envelope import new_key, open_sealed, seal
from foundation.crypto.registry import SealedBytesField


class Sealed(models.Model):
    """Holds texts by name that only `unsealed` gives; bound to this very record and project."""

    ciphertext = SealedBytesField()
    wrapped_key = SealedBytesField()
    key = models.ForeignKey(
        KeyEncryptionKey, on_delete=models.RESTRICT, related_name="+", editable=False
    )

    class Meta:
        abstract = True

    def seal_values(self, values: Mapping[str, str]) -> None:
        """Put `values` under a fresh data key; the caller saves."""
        self.key = KeyEncryptionKey.objects.current_for(self.sealed_for)
        data_key = new_key()
        plaintext = json.dumps(dict(values), sort_keys=True).encode()
        self.ciphertext = seal(plaintext, key=data_key, binding=self._binding("ciphertext"))
        self.wrapped_key = seal(data_key, key=self.key.open(), binding=self._binding("wrapped_key"))

    def unsealed(self) -> dict[str, str]:
        """Give the values; raises CannotOpen where no key that is here opens them."""
        data_key = open_sealed(
            bytes(self.wrapped_key), key=self.key.open(), binding=self._binding("wrapped_key")
        )
        plaintext = open_sealed(
            bytes(self.ciphertext), key=data_key, binding=self._binding("ciphertext")
        )
        values: dict[str, str] = json.loads(plaintext)
        return values

    @property
    def sealed_for(self) -> Project | None:
        """Whose key it is under; None for the instance's."""
        raise NotImplementedError

    @property
    def sealed_as(self) -> str:
        """The public id that the ciphertext is bound to."""
        raise NotImplementedError

    def _binding(self, field: str) -> str:
        owner = self.sealed_for.public_id if self.sealed_for else "instance"
        return f"{self._meta.db_table}:{field}:{self.sealed_as}:{owner}"


def sealed_models() -> Iterator[type[Sealed]]:
    """List every model that holds sealed values."""
    waiting = [Sealed]
    while waiting:
        for model in waiting.pop().__subclasses__():
            waiting.append(model)
            if not model._meta.abstract:
                yield model
