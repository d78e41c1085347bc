import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Never, Self, cast

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from accounts.permissions import Permission
from accounts.refusals import Refused
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.models.project import Project
    from accounts.models.user import User

    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField

_ONLY_ROW = 1
GENESIS = "0" * 64  # what the first event follows


class Outcome(models.TextChoices):
    ALLOWED = "allowed", "allowed"
    DENIED = "denied", "denied"


class CanonicalJSONField(_TextField):
    """JSON kept as the very text that was hashed: a JSON column may write numbers anew."""

    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else canonical(value)


class AuditEventQuerySet(WalledQuerySet["AuditEvent"]):
    survives_archiving = True

    def append(self, **fields: Any) -> "AuditEvent":
        """Add one event after the last one; others wait for it until the transaction ends."""
        with transaction.atomic():
            AuditHead.objects.get_or_create(pk=_ONLY_ROW)
            head = AuditHead.objects.select_for_update().get(pk=_ONLY_ROW)
            event = AuditEvent(
                sequence=head.sequence + 1, at=timezone.now(), previous_hash=head.hash, **fields
            )
            event.hash = event.computed_hash()
            event.save(force_insert=True)
            head.sequence, head.hash = event.sequence, event.hash
            head.save(update_fields=["sequence", "hash"])
        return event

    def for_project(self, project: "Project | None") -> Self:
        return self.filter(project_id=project.public_id if project else "")

    def in_chain_order(self) -> Self:
        return self.order_by("sequence")

    @classmethod
    def project_of(cls, row: Any) -> "Project | None":
        project = cast("type[Project]", apps.get_model("accounts.Project"))
        return project.objects.filter(public_id=row.project_id).first()

    def update(self, **_values: object) -> Never:
        raise ChainIsAppendOnly

    def delete(self) -> Never:
        raise ChainIsAppendOnly

    def bulk_create(self, *_args: object, **_options: object) -> Never:
        raise ChainIsAppendOnly

    def _visible_to_person(self, user: "User", permission: Permission) -> Self:
        if user.is_staff:
            return self.all()
        projects = self._projects_read_by(user, permission)
        return self.filter(project_id__in=projects.values("project__public_id"))


class ChainIsAppendOnly(Refused):
    """Somebody tried to change or delete what was recorded."""

    def __init__(self) -> None:
        super().__init__("Audit events are never changed or deleted.", code="audit_is_append_only")


class AuditEvent(models.Model):
    """Who did what, kept in words: it outlives the person, the object and the project.

    Each event's hash covers the hash before it, so that a change anywhere shows.
    """

    public_id = PublicIdField(prefix="aud")
    sequence = models.PositiveBigIntegerField(unique=True, editable=False)
    at = models.DateTimeField(editable=False)
    actor_id = models.CharField(max_length=24, blank=True, editable=False)
    actor_name = models.CharField("who", max_length=254, editable=False)
    key_id = models.CharField("API key", max_length=24, blank=True, editable=False)
    action = models.CharField(max_length=100, editable=False)
    outcome = models.CharField(max_length=7, choices=Outcome, editable=False)
    project_id = models.CharField(max_length=24, blank=True, editable=False)
    project_name = models.CharField("project", max_length=100, blank=True, editable=False)
    target_type = models.CharField(max_length=60, blank=True, editable=False)
    target_id = models.CharField(max_length=24, blank=True, editable=False)
    target_name = models.CharField("target", max_length=300, blank=True, editable=False)
    before = CanonicalJSONField(null=True, editable=False)
    after = CanonicalJSONField(null=True, editable=False)
    request_id = models.CharField("request", max_length=64, blank=True, editable=False)
    previous_hash = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=64, editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ("-sequence",)
        indexes = (
            models.Index(fields=("project_id", "-sequence"), name="audit_of_project"),
            models.Index(fields=("target_id", "-sequence"), name="audit_of_target"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values), name="audit_outcome_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only the chain itself adds events; nothing changes one."""
        if not self._state.adding or not self.hash:
            raise ChainIsAppendOnly
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        raise ChainIsAppendOnly

    def said(self) -> dict[str, Any]:
        """Give what the event says, without its place in the chain, to append it again."""
        place = {"public_id", "sequence"}
        return {name: getattr(self, name) for name in _HASHED if name not in place}

    def computed_hash(self) -> str:
        """Hash the previous hash and everything that the event says."""
        said = {name: getattr(self, name) for name in _HASHED} | {"at": self.at.isoformat()}
        return hashlib.sha256(f"{self.previous_hash}\n{canonical(said)}".encode()).hexdigest()


_HASHED = (
    *("public_id", "sequence", "actor_id", "actor_name", "key_id", "action", "outcome"),
    *("project_id", "project_name", "target_type", "target_id", "target_name"),
    *("before", "after", "request_id"),
)


class Chain(models.TextChoices):
    UNVERIFIED = "unverified", "not verified yet"
    HOLDS = "holds", "holds"
    BROKEN = "broken", "broken"


@dataclass(frozen=True, slots=True)
class Verification:
    """What the last walk over the chain found; None is what not everybody is told."""

    state: Chain
    verified_at: datetime | None
    verified_events: int | None = None
    recorded_events: int | None = None
    broken: str | None = None


class AuditHead(models.Model):
    """The end of the chain: whoever appends holds this row, and a cut-off end shows."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)
    # What the last walk over the chain found, and how far it went.
    verified_at = models.DateTimeField(null=True)
    verified_sequence = models.PositiveBigIntegerField(default=0)
    broken = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=_ONLY_ROW), name="audit_has_one_head"),
        )

    @classmethod
    def verify(cls, *, now: datetime) -> "AuditHead | None":
        """Walk the whole chain, remember what was found, and give the head; None for no chain.

        Takes as long as the chain is: for a command or a worker, never for a page.
        """
        end = cls.objects.filter(pk=_ONLY_ROW).values_list("sequence", flat=True).first() or 0
        broken = next(breaks(), "")
        cls.objects.filter(pk=_ONLY_ROW).update(
            verified_at=now, verified_sequence=end, broken=broken[:300]
        )
        return cls.objects.filter(pk=_ONLY_ROW).first()

    @classmethod
    def verification(cls, *, in_full: bool) -> Verification:
        """Tell what the last walk found.

        One chain runs through all projects: its length and its breaks are no project's to know,
        and told `in_full` alone.
        """
        head = cls.objects.filter(pk=_ONLY_ROW).first() or cls()
        known = Verification(head.state, head.verified_at)
        if not in_full:
            return known
        return replace(
            known,
            verified_events=head.verified_sequence,
            recorded_events=head.sequence,
            broken=head.broken,
        )

    @property
    def state(self) -> Chain:
        if self.broken:
            return Chain.BROKEN
        return Chain.HOLDS if self.verified_at else Chain.UNVERIFIED

    def __str__(self) -> str:
        return f"{self.sequence} events"


def canonical(value: Any) -> str:
    """Write JSON in the one way that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def breaks() -> Iterator[str]:
    """Walk the whole chain and say, in order, where it does not hold; nothing where it does."""
    previous_hash, expected = GENESIS, 1
    for event in AuditEvent.objects.in_chain_order().iterator(chunk_size=1000):
        if event.sequence != expected:
            yield f"event {expected} is missing before {event.public_id}"
        elif event.previous_hash != previous_hash:
            yield f"{event.public_id} does not follow the event before it"
        if event.computed_hash() != event.hash:
            yield f"{event.public_id} was changed after it was recorded"
        previous_hash, expected = event.hash, event.sequence + 1
    head = AuditHead.objects.filter(pk=_ONLY_ROW).first()
    if head and (head.sequence, head.hash) != (expected - 1, previous_hash):
        yield f"the chain ends after event {expected - 1}, but {head.sequence} were recorded"
