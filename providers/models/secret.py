from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Lower

from accounts.models import Epoch, Project
from accounts.tenancy.models import SharedTenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.crypto.envelope import CannotOpen
from foundation.fields import PublicIdField
from providers.models.names import refuse_taken_name
from providers.models.refusals import SecretHasProviders
from providers.models.sealed import Sealed

NAMED_DEPENDENTS = 20
SHOWN_CHARACTERS = 6
HIDDEN_SHARE = 4  # at most a quarter of a value is ever shown


class SecretNeedsValue(Exception):
    """A stored credential that the present keys don't open; it has to be entered again."""

    def __init__(self, secret: "Secret") -> None:
        super().__init__(f"The secret “{secret.name}” needs its credential again.")


class SecretQuerySet(WalledQuerySet["Secret"]):
    def unused(self) -> Self:
        return self.filter(providers=None)

    def with_key(self) -> Self:
        return self.select_related("key", "project")

    def entered_for(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def of_exactly(self, project: Project | None) -> Self:
        """Keep one project's own, or with None those that staff keep for shared providers."""
        return self.filter(project=project)


class Secret(Sealed, SharedTenantModel):
    """One credential, sealed: only `open` lets it out, to the code that calls upstream."""

    public_id = PublicIdField(prefix="sec")
    name = models.CharField(max_length=100)
    kind = models.SlugField(help_text="The provider kind that it was entered for.")
    host = models.CharField(
        max_length=300,
        blank=True,
        help_text="The host that it was entered for, and goes to alone; `http://` before it says "
        "that it goes there in clear.",
    )
    prefix = models.CharField(max_length=SHOWN_CHARACTERS, blank=True, editable=False)
    value_updated_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SecretQuerySet.as_manager()

    class Meta:
        ordering = (Lower("name"),)
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                name="secret_name_unique_in_project",
                violation_error_message="This project already has a secret of that name.",
            ),
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(project=None),
                name="secret_name_unique_when_shared",
                violation_error_message="There is already a shared secret of that name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def seal(self, values: Mapping[str, str], *, now: datetime) -> None:
        """Put `values` under a fresh data key; the caller saves."""
        self.seal_values(values)
        self.prefix = shown_prefix(values)
        self.value_updated_at = now

    def replace(self, values: Mapping[str, str], *, now: datetime) -> None:
        """Store another value in place of the present one, which can't be had back."""
        self.seal(values, now=now)
        self.save(update_fields=["key", "ciphertext", "wrapped_key", "prefix", "value_updated_at"])
        Epoch.bump()

    def open(self, *, purpose: str, now: datetime) -> dict[str, str]:
        """Give the credential's fields for a call to its provider; each opening is counted.

        Raises SecretNeedsValue where no key that this installation has opens it.
        """
        try:
            values = self.unsealed()
        except CannotOpen as error:
            raise SecretNeedsValue(self) from error
        SecretUse.note(self, purpose=purpose, now=now)
        return values

    @property
    def needs_value(self) -> bool:
        """Whether no root key that is here opens it; costs no query after `with_key`."""
        return not self.key.is_openable

    def clean(self) -> None:
        refuse_taken_name(self, self.name)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused while providers use it."""
        with transaction.atomic():
            count = self.providers.count()
            if count:
                raise SecretHasProviders(self, list(self.providers.all()[:NAMED_DEPENDENTS]), count)
            return super().delete(*args, **kwargs)

    def delete_with_providers(self) -> None:
        """Delete its providers too, each by its own rules; the last one takes it along."""
        with transaction.atomic():
            for provider in self.providers.all():
                provider.delete()
            Secret.objects.filter(pk=self.pk, providers=None).delete()

    @property
    def sealed_for(self) -> Project | None:
        return self.project

    @property
    def sealed_as(self) -> str:
        return self.public_id


class SecretUse(models.Model):
    """How often a secret was opened, by purpose and hour."""

    secret = models.ForeignKey(Secret, on_delete=models.CASCADE, related_name="uses")
    purpose = models.CharField(max_length=20)
    hour = models.DateTimeField()
    openings = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("secret", "purpose", "hour"), name="secret_use_counted_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} × {self.openings}"

    @classmethod
    def note(cls, secret: Secret, *, purpose: str, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        row, _ = cls.objects.get_or_create(secret=secret, purpose=purpose, hour=hour)
        cls.objects.filter(pk=row.pk).update(openings=F("openings") + 1)
        stale = now - timedelta(minutes=1)
        unused_lately = models.Q(last_used_at=None) | models.Q(last_used_at__lt=stale)
        Secret.objects.filter(unused_lately, pk=secret.pk).update(last_used_at=now)


def shown_prefix(values: Mapping[str, str]) -> str:
    """Give the few characters by which a person recognises a key; none of a short one."""
    telling = values.get("access_key_id") or max(values.values(), key=len, default="")
    if telling.lstrip().startswith("{"):
        return ""
    return telling[: min(SHOWN_CHARACTERS, len(telling) // HIDDEN_SHARE)]
