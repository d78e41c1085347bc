import logging
from collections.abc import Container, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final, Self

from django.db import DataError, IntegrityError, connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.models import Project
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from foundation.money import spent_label
from usage.entries import Entry, KindOfUse, Outcome
from usage.inserting import insert_new
from usage.limits import money
from usage.models.buckets import FreshBucket
from usage.models.writer import Writer
from usage.pricing import COST_DIGITS, COST_PLACES
from usage.questions import Question
from usage.tallies import CLIENT_LEFT, is_failed, tallied

logger = logging.getLogger(__name__)

_KIND_CHOICES: Final = [(kind.value, kind.value) for kind in KindOfUse]
_Value = str | int | Decimal | datetime | None
_OUTCOME_CHOICES: Final = [(outcome.value, outcome.value) for outcome in Outcome]


class UsageRecordQuerySet(WalledQuerySet["UsageRecord"]):
    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries and their sums in one transaction, each exactly once however often.

        Goes past model instances, which would cost several times the insert itself.
        """
        if not entries:
            return
        with transaction.atomic(using=router.db_for_write(self.model)):
            projects = _still_there(entries)
            new = _inserted([_of_known(entry, projects) for entry in entries])
            FreshBucket.objects.add(tallied(new))
            Writer.objects.note_recorded(entry.writer for entry in new)
            money.settle(new)

    def append_taken(self, entries: Sequence[Entry]) -> list[Entry]:
        """Append what the database takes, and return what it refuses: halves tell them apart."""
        try:
            self.append(entries)
        except (DataError, IntegrityError):
            if len(entries) == 1:
                logger.exception("the ledger refused the line of %s", entries[0].request_id)
                return list(entries)
            half = len(entries) // 2
            return self.append_taken(entries[:half]) + self.append_taken(entries[half:])
        return []

    def asked(self, question: Question) -> Self:
        """Keep the calls of a question's days, narrowed as it says."""
        first, behind = question.span
        return self.filter(started_at__gte=first, started_at__lt=behind, **question.narrowed)

    def failed(self) -> Self:
        """Keep those whose client got less than an answer, as sums count them."""
        broken = ~models.Q(error_class__in=("", CLIENT_LEFT))
        return self.filter(models.Q(status__gte=400) | broken)

    def newest_first(self, *, before: str = "") -> Self:
        """Order by time; what comes after a call that was seen, where `before` names it."""
        rows = self.order_by("-started_at", "-pk")
        seen = self.filter(public_id=before).values_list("started_at", "pk").first()
        if seen is None:
            return rows
        at, pk = seen
        return rows.filter(models.Q(started_at__lt=at) | models.Q(started_at=at, pk__lt=pk))


class UsageRecord(models.Model):
    """One request's line in the ledger: appended, never changed; it outlives all that it names."""

    RETENTION: ClassVar = timedelta(days=400)

    public_id = PublicIdField(prefix="req")
    # No constraint in the database: a line never fails because its project has just gone.
    project = models.ForeignKey(
        Project,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,  # the index by project and time serves
    )
    project_public_id = models.CharField(max_length=20)
    key_public_id = models.CharField(max_length=20, blank=True)
    key_name = models.CharField(max_length=100, blank=True)
    agent_public_id = models.CharField(max_length=20, blank=True)
    agent_name = models.CharField(max_length=100, blank=True)
    user_public_id = models.CharField(max_length=20, blank=True)
    user_name = models.CharField(max_length=254, blank=True)
    provider_public_id = models.CharField(max_length=20, blank=True)
    provider_name = models.CharField(max_length=100, blank=True)
    provider_kind = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=200, blank=True, help_text="The provider's id of it.")
    requested_model = models.CharField(max_length=300, blank=True)
    format = models.CharField(max_length=20)
    kind_of_use = models.CharField(max_length=10, choices=_KIND_CHOICES)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(
        "cost in USD", max_digits=COST_DIGITS, decimal_places=COST_PLACES, null=True
    )
    outcome = models.CharField(max_length=9, choices=_OUTCOME_CHOICES)
    status = models.PositiveSmallIntegerField(help_text="0: the client left before its answer.")
    error_class = models.CharField(max_length=40, blank=True)
    latency_ms = models.PositiveIntegerField()
    ttft_ms = models.PositiveIntegerField("time to first token in ms", null=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    streamed = models.BooleanField(default=False)
    writer = models.CharField(max_length=20, blank=True, help_text="The process that saw it.")
    started_at = models.DateTimeField()

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name = "usage record"
        # Lines come in the order of time, near enough: their keys serve where no project is named.
        indexes = (
            models.Index(fields=("project", "-started_at"), name="usage_of_project"),
            models.Index(fields=("provider_public_id", "-started_at"), name="usage_of_provider"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(outcome__in=[outcome.value for outcome in Outcome]),
                name="usage_outcome_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.public_id}: {self.model or self.requested_model}"

    @property
    def has_failed(self) -> bool:
        return is_failed(self.status, self.error_class)

    @property
    def status_label(self) -> str:
        """What its client was answered, and why where that was no answer."""
        answered = str(self.status) if self.status else "left"
        why = "" if self.error_class == CLIENT_LEFT else self.error_class.replace("_", " ")
        return f"{answered} {why}".strip()

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def generated_tokens(self) -> int:
        return self.output_tokens + self.reasoning_tokens

    @property
    def cost_label(self) -> str:
        return spent_label(self.cost)


# The columns of an Entry's fields, in their order.
_COLUMNS: Final = (
    "public_id",
    "project_id",
    "project_public_id",
    "key_public_id",
    "key_name",
    "agent_public_id",
    "agent_name",
    "user_public_id",
    "user_name",
    "provider_public_id",
    "provider_name",
    "provider_kind",
    "model",
    "kind_of_use",
    "requested_model",
    "format",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
    "outcome",
    "status",
    "error_class",
    "latency_ms",
    "ttft_ms",
    "attempts",
    "streamed",
    "writer",
    "started_at",
)


def _still_there(entries: Sequence[Entry]) -> frozenset[int]:
    """Which of the entries' projects exist: the ledger outlives them."""
    ids = {entry.project_id for entry in entries if entry.project_id is not None}
    return frozenset(Project.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _of_known(entry: Entry, projects: Container[int | None]) -> Entry:
    return entry if entry.project_id in projects else entry._replace(project_id=None)


def _inserted(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Insert the entries that the ledger does not have, and return these.

    Nearly always that is all of them. Where it isn't, which only a replay can bring about, they
    are told apart first; and again, where another gateway has replayed the same ones meanwhile.
    """
    new = entries
    while not _all_inserted(new):
        ids = {entry.request_id: entry for entry in entries}
        known = UsageRecord.objects.filter(public_id__in=ids).values_list("public_id", flat=True)
        new = [ids[id_] for id_ in ids.keys() - set(known)]
    return new


def _all_inserted(entries: Sequence[Entry]) -> bool:
    """Insert them all, or none where one is there already."""
    if not entries:
        return True
    connection = connections[router.db_for_write(UsageRecord)]
    rows = _rows(entries, connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        inserted = insert_new(cursor, UsageRecord._meta.db_table, _COLUMNS, rows)
        is_whole = inserted == len(rows)
        if not is_whole:
            transaction.set_rollback(True, using=connection.alias)
    return is_whole


def _rows(entries: Sequence[Entry], connection: BaseDatabaseWrapper) -> list[tuple[_Value, ...]]:
    if connection.vendor != "sqlite":
        return list(entries)
    # As Django writes moments there, who takes a third of an insert for it.
    return [
        (*entry[:-1], str(entry.started_at.astimezone(UTC).replace(tzinfo=None)))
        for entry in entries
    ]
