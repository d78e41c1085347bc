"""Forms that several people may have open at once: who saves second learns of the first."""

import hashlib
from dataclasses import dataclass
from typing import Final, Self

from django.http import HttpRequest

_FIELD: Final = "seen"


@dataclass(frozen=True, slots=True)
class Seen:
    """The version of what a form shows of a row: as it is stored now, and as it was opened."""

    version: str
    opened: str

    @classmethod
    def of(cls, request: HttpRequest, *shown: object) -> Self:
        """Name all that is `shown` of what is stored, beside the version that was sent back."""
        digest = hashlib.sha256(repr(shown).encode()).hexdigest()
        return cls(digest[:32], request.POST.get(_FIELD, ""))

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody changed it meanwhile; one that names no version takes what is there."""
        return bool(self.opened) and self.opened != self.version
