from typing import TYPE_CHECKING

from django.db import models

from accounts.models.keys import KeyEncryptionKey
from accounts.models.user import User
from foundation.crypto.envelope import new_key, open_sealed, seal
from foundation.crypto.registry import SealedBytesField
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    _Manager = models.Manager["SignInSecret"]
else:
    _Manager = models.Manager


class SignInSecretManager(_Manager):
    def keep(self, value: str, *, of: User) -> "SignInSecret":
        """Seal and store one value of somebody's; its public id stands for it elsewhere."""
        secret = SignInSecret(user=of, key=KeyEncryptionKey.objects.current_for(None))
        data_key = new_key()
        secret.ciphertext = seal(value.encode(), key=data_key, binding=secret.binding("ciphertext"))
        secret.wrapped_key = seal(
            data_key, key=secret.key.open(), binding=secret.binding("wrapped_key")
        )
        secret.save(force_insert=True)
        return secret


class SignInSecret(models.Model):
    """What an authenticator app shares with Axiom, or what recovery codes grow from: sealed."""

    public_id = PublicIdField(prefix="sis")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ciphertext = SealedBytesField()
    wrapped_key = SealedBytesField()
    key = models.ForeignKey(
        KeyEncryptionKey, on_delete=models.RESTRICT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SignInSecretManager()

    def __str__(self) -> str:
        return self.public_id

    def open(self) -> str:
        """Give the value; raises CannotOpen where no root key that is here opens it."""
        data_key = open_sealed(
            self.wrapped_key, key=self.key.open(), binding=self.binding("wrapped_key")
        )
        return open_sealed(
            self.ciphertext, key=data_key, binding=self.binding("ciphertext")
        ).decode()

    def binding(self, field: str) -> str:
        """Name the record that a ciphertext belongs to: pasted elsewhere it stays closed."""
        return f"{self._meta.db_table}:{field}:{self.public_id}:{self.user.public_id}"
