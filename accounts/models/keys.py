from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from accounts.tenancy.querysets import WalledQuerySet
from foundation.crypto import CannotOpen, RootKeyRing, new_key
from foundation.crypto.fields import RootWrappedField

if TYPE_CHECKING:
    from accounts.models.project import Project

_FIRST_VERSION = 1


class RootKeyDoesNotOpen(Exception):
    """The database was written under a root key that is not listed; the message says which."""


class KeyEncryptionKeyQuerySet(WalledQuerySet["KeyEncryptionKey"]):
    def standing(self) -> Self:
        return self.filter(destroyed_at=None)

    def current_for(self, project: "Project | None") -> "KeyEncryptionKey":
        """Give the key that seals for a project, or for the instance; made on first use.

        One that no root key opens any more is followed by a new version, so that credentials can
        be entered again. Raises CannotOpen for a project whose key was destroyed.
        """
        newest = self.filter(project=project).order_by("-version").first()
        if newest is None:
            return self._make(project, version=_FIRST_VERSION)
        if newest.destroyed_at:
            raise CannotOpen("This project's key was destroyed.")
        return newest if newest.is_openable else self._make(project, version=newest.version + 1)

    def destroy(self, *, at: datetime) -> int:
        """Forget these keys for ever: nothing that was sealed under them opens again."""
        return self.standing().update(wrapped=None, destroyed_at=at)

    def _make(self, project: "Project | None", *, version: int) -> "KeyEncryptionKey":
        ring: RootKeyRing = settings.ROOT_KEYS
        try:
            with transaction.atomic():
                return self.create(
                    project=project,
                    version=version,
                    wrapped=new_key(),
                    root_fingerprint=ring.primary.fingerprint,
                )
        except IntegrityError:
            # Somebody else made it at the same moment.
            return self.get(project=project, version=version)


class KeyEncryptionKey(models.Model):
    """The key above a project's data keys, or with no project the instance's; root keys wrap it."""

    project = models.ForeignKey(
        "accounts.Project", on_delete=models.CASCADE, null=True, related_name="encryption_keys"
    )
    version = models.PositiveIntegerField()
    wrapped = RootWrappedField(null=True, editable=False)
    root_fingerprint = models.CharField(max_length=16, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, editable=False)

    objects = KeyEncryptionKeyQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "version"), name="kek_version_once_in_project"
            ),
            models.UniqueConstraint(
                fields=("version",), condition=Q(project=None), name="kek_version_once_in_instance"
            ),
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at__isnull=True),
                name="kek_is_kept_or_destroyed",
            ),
        )

    def __str__(self) -> str:
        return f"Key {self.version} of {self.project or 'the instance'}"

    @property
    def is_openable(self) -> bool:
        """Whether a root key that is here now opens it."""
        return isinstance(self.wrapped, bytes)

    def open(self) -> bytes:
        """Give the 32-byte key; raises CannotOpen where it was destroyed or no root key fits."""
        if not isinstance(self.wrapped, bytes):
            raise CannotOpen("This key was destroyed, or its root key is not here.")
        return self.wrapped


def verify_root_keys() -> None:
    """Refuse a root key that did not write this database, before anything is sealed under it.

    Raises RootKeyDoesNotOpen. Costs two queries and one opening for each root key in use.
    """
    ring: RootKeyRing = settings.ROOT_KEYS
    standing = KeyEncryptionKey.objects.standing()
    for fingerprint in standing.values_list("root_fingerprint", flat=True).distinct():
        if fingerprint not in ring.fingerprints:
            raise RootKeyDoesNotOpen(
                f"The database holds keys under root key {fingerprint}, but the root key given is "
                f"{', '.join(ring.fingerprints)}. Restore the one that belongs to this database, "
                "or list both: the first encrypts, all of them open."
            )
        if not standing.filter(root_fingerprint=fingerprint).order_by("pk")[0].is_openable:
            raise RootKeyDoesNotOpen(
                f"Root key {fingerprint} is listed, but does not open what the database holds "
                "under it: the database or its backup is damaged."
            )
