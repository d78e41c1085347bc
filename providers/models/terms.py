"""Leave to use a kind whose vendor restricts it: staff read the terms once, for everybody."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models

from accounts.models import User
from providers.kinds.kind import Kind


class TermsAcceptance(models.Model):
    """That staff accepted the terms of one kind: who, when, and which review of them."""

    kind = models.SlugField(unique=True)
    reviewed_on = models.DateField(help_text="The review of the terms that was accepted.")
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "acceptance of terms"

    def __str__(self) -> str:
        return f"terms of {self.kind}"

    @classmethod
    def of(cls, kind: Kind) -> Self | None:
        return cls.objects.filter(kind=kind.slug).first()

    @classmethod
    def take(cls, kind: Kind, *, by: User | None, now: datetime) -> Self:
        """Remember the first acceptance; a second one changes nothing."""
        row, _ = cls.objects.get_or_create(
            kind=kind.slug,
            defaults={
                "reviewed_on": kind.terms.reviewed_on,
                "accepted_at": now,
                "accepted_by": by,
            },
        )
        return row
