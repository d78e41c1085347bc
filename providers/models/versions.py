"""Records that several people may have open at once: who saves second learns of the first."""

import hashlib

from django.db import models

from providers.models.refusals import ChangedMeanwhile, DeletedMeanwhile


class Versioned(models.Model):
    """A record with a form; its version names all that the form shows of it."""

    class Meta:
        abstract = True

    def shown(self) -> tuple[object, ...]:
        raise NotImplementedError

    def version(self) -> str:
        """Name what is stored: another one means that somebody changed it meanwhile."""
        return hashlib.sha256(repr(self.shown()).encode()).hexdigest()[:32]

    def lock_as(self, seen: str) -> None:
        """Take the row as it is stored now; raises what happened since its version was `seen`.

        Call it in the transaction that changes it. An empty `seen` takes whatever is there.
        """
        rows = type(self)._default_manager.select_for_update(of=("self",))
        stored = rows.filter(pk=self.pk).first()
        if stored is None:
            raise DeletedMeanwhile(str(self))
        if seen and stored.version() != seen:
            raise ChangedMeanwhile(stored)
        self.refresh_from_db()
