from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Self

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.models import Project
from accounts.principal import Principal
from accounts.refusals import Refused
from accounts.tenancy.models import SharedTenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from providers.models.provider import Provider
from providers.models.provider_model import ProviderModel
from providers.models.server_work import LEASE_S, ServerWork
from providers.models.tallies import Tally

logger = structlog.get_logger(__name__)

PATIENCE_S = 60  # a message about queued work is taken for lost after this
# Calls to one provider at a time. One that hangs must not hold every thread of a worker, so it
# gets the higher number only while it answers.
MOST_AT_ONCE = 8
FEW_AT_ONCE = 2
LATELY_S = 60


class OperationQuerySet(WalledQuerySet["Operation"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=(Operation.State.QUEUED, Operation.State.RUNNING))

    def under_way_for(self, who: Principal, project: Project | None) -> Self:
        """Give what counts how far many operations are, as far as somebody may see it."""
        several = (Operation.Verb.TEST_SEVERAL, Operation.Verb.IMPORT_SEVERAL)
        mine = self.visible_to(who).unfinished().filter(verb__in=several).order_by("pk")
        return mine.for_project(project) if project else mine

    def claim(self, pk: int, *, worker: str, now: datetime) -> "Operation | None":
        """Take the work on, unless it is finished, in another live worker's hands, or in line.

        Work that waits in its lane stays queued; whoever ends work there calls the next.
        """
        free = Q(state=Operation.State.QUEUED) | Q(
            state=Operation.State.RUNNING, lease_until__lt=now
        )
        wanted = self.filter(free, pk=pk).first()
        if wanted is None or not self.room_in(wanted.lane, now=now):
            return None
        claimed = self.filter(free, pk=pk).update(
            state=Operation.State.RUNNING,
            worker=worker,
            started_at=now,
            lease_until=now + timedelta(seconds=LEASE_S),
            attempts=models.F("attempts") + 1,
        )
        return self.get(pk=pk) if claimed else None

    def orphans_of(self, worker: str) -> Self:
        """Keep what an earlier life of `worker` left half done."""
        return self.filter(state=Operation.State.RUNNING, worker=worker)

    def abandoned(self, *, now: datetime) -> Self:
        """Keep work that somebody began and no living worker can still be at."""
        return self.filter(state=Operation.State.RUNNING, lease_until__lt=now)

    def room_in(self, lane: str, *, now: datetime) -> int:
        """Count how many more calls a lane takes; two workers at once may count one too many."""
        if not lane:
            return MOST_AT_ONCE
        inside = self.filter(lane=lane)
        running = inside.filter(state=Operation.State.RUNNING, lease_until__gte=now).count()
        lately = now - timedelta(seconds=LATELY_S)
        answered = inside.filter(finished_at__gte=lately, result__ok=True).exists()
        return max(0, (MOST_AT_ONCE if answered else FEW_AT_ONCE) - running)

    def next_in(self, lane: str, *, now: datetime) -> Self:
        """Give the queued work of a lane that there is room for, the oldest first."""
        waiting = self.filter(lane=lane, state=Operation.State.QUEUED).order_by("queued_at", "pk")
        return waiting[: self.room_in(lane, now=now)]

    def stalled_lanes(self, *, now: datetime) -> list[str]:
        """Name the lanes whose queued work nobody has come for in a while."""
        longest = now - timedelta(seconds=PATIENCE_S)
        waiting = self.filter(state=Operation.State.QUEUED, queued_at__lt=longest)
        return list(waiting.order_by("lane").values_list("lane", flat=True).distinct())


class Operation(ServerWork, SharedTenantModel):
    """Work that outlives the page that asked for it: its state, progress and result."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    class Verb(models.TextChoices):
        TEST_MODEL = "test_model", "Test connection"
        TEST_SEVERAL = "test_several", "Test all"
        IMPORT_CATALOG = "import_catalog", "Import from catalog"
        IMPORT_SEVERAL = "import_several", "Import into several"
        SYNC_CATALOG = "sync_catalog", "Sync the catalog"
        REFRESH_MODELS = "refresh_models", "Refresh from provider"
        PULL_MODEL = "pull_model", "Pull"
        DELETE_PULLED = "delete_pulled", "Delete from the server"

    public_id = PublicIdField(prefix="opn")
    verb = models.CharField(max_length=20, choices=Verb)
    target_id = models.CharField(max_length=20, help_text="Public id of what it is about.")
    target_name = models.CharField(max_length=300)
    lane = models.CharField(
        max_length=20, blank=True, help_text="Public id of the provider that it calls."
    )
    whole = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="parts",
        help_text="What it is a part of, where many were asked for at once.",
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=1)
    result = models.JSONField(default=dict)
    message = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    worker = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("target_id", "target_name"),
                condition=Q(verb="pull_model", state__in=("queued", "running")),
                name="operation_pulls_a_model_once",
            ),
        )
        indexes = (
            models.Index(fields=("state", "lease_until"), name="operation_unfinished"),
            models.Index(fields=("target_id", "-created_at"), name="operation_of_target"),
            models.Index(fields=("lane", "state", "finished_at"), name="operation_in_lane"),
        )

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.target_name}"

    @classmethod
    def start(cls, verb: Verb, target: Provider | ProviderModel, *, by: Actor) -> Self:
        """Queue work on `target`; the face that asked for it queues the task on commit."""
        operation = cls._on(verb, target, type(target).objects.all().project_of(target), by)
        operation.save()
        operation.record_begun(target, by=by)
        return operation

    @classmethod
    def start_sync(cls, version: str, *, by: Actor) -> Self:
        """Queue bringing the catalog to a version; staff's alone, for it is of no project."""
        return cls.objects.create(
            verb=cls.Verb.SYNC_CATALOG,
            target_id=f"catalog-{version}"[:20],
            target_name=f"Catalog {version}",
            created_by=audit.person_of(by),
        )

    @classmethod
    def _on(
        cls,
        verb: Verb,
        target: Provider | ProviderModel,
        project: Project | None,
        by: Actor,
        whole: Self | None = None,
    ) -> Self:
        return cls(
            verb=verb,
            project=project,
            target_id=target.public_id,
            target_name=str(target)[:300],
            lane=target.provider.public_id if isinstance(target, ProviderModel) else "",
            created_by=audit.person_of(by),
            whole=whole,
        )

    @classmethod
    def start_parts(
        cls,
        verb: Verb,
        targets: Sequence[Provider | ProviderModel],
        *,
        of: Verb,
        about: str,
        by: Actor,
    ) -> Self:
        """Queue work on each of `targets`, all of one project, and give the whole of it."""
        project = type(targets[0]).objects.all().project_of(targets[0])
        whole = cls.objects.create(
            verb=of,
            project=project,
            target_name=about[:300],
            state=cls.State.RUNNING,
            total=len(targets),
            created_by=audit.person_of(by),
            started_at=timezone.now(),
        )
        cls.objects.bulk_create(cls._on(verb, target, project, by, whole) for target in targets)
        whole.record_begun(whole, by=by, parts=targets)
        return whole

    @property
    def is_finished(self) -> bool:
        return self.state not in {self.State.QUEUED, self.State.RUNNING}

    @property
    def is_whole(self) -> bool:
        """Whether it only counts how far its parts are."""
        return self.verb in {self.Verb.TEST_SEVERAL, self.Verb.IMPORT_SEVERAL}

    @contextmanager
    def reporting(self) -> Iterator[Self]:
        """Run the work inside; it ends as succeeded with `result`, or as failed with a sentence."""
        try:
            yield self
        except Exception:
            logger.exception("operation failed", operation=self.public_id)
            self.finish(self.State.FAILED, message="It failed inside Axiom; its log says why.")
            raise
        self.finish(self.State.SUCCEEDED, message=self.message)

    def finish(self, state: State, *, message: str) -> None:
        """Close it once; a second worker that comes too late changes nothing."""
        mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts).unfinished()
        has_ended = mine.update(
            state=state,
            message=message[:1000],
            result=self.result,
            done=self.total if state == self.State.SUCCEEDED else self.done,
            total=self.total,
            lease_until=None,
            finished_at=timezone.now(),
        )
        self.refresh_from_db()
        if has_ended and self.whole:
            self.whole.take_stock()

    def take_stock(self) -> None:
        """Count the parts that have ended, and end with the last of them."""
        ended = self.parts.count() - self.parts.unfinished().count()
        type(self).objects.filter(pk=self.pk).unfinished().update(done=ended)
        if ended < self.total:
            return
        results = self.parts.order_by("pk").values_list("target_name", "result")
        is_test = self.verb == self.Verb.TEST_SEVERAL
        tally = Tally.of_tests(results) if is_test else Tally.of_imports(results)
        self.done, self.result = ended, tally.result
        self.finish(self.State.SUCCEEDED, message=tally.sentence)

    def give_up_parts(self, message: str) -> None:
        """End what has not begun, because it can't begin."""
        waiting = self.parts.filter(state=self.State.QUEUED)
        waiting.update(state=self.State.FAILED, message=message, finished_at=timezone.now())
        self.take_stock()

    def cancel(self, *, by: Actor) -> None:
        """Want no result of it and its parts any more; a call that is under way ends unheard.

        Raises Refused for what is finished.
        """
        with transaction.atomic():
            unfinished = type(self).objects.unfinished()
            ended: dict[str, Any] = {"state": self.State.CANCELLED, "finished_at": timezone.now()}
            ended |= {"message": "Cancelled.", "lease_until": None}
            if not unfinished.filter(pk=self.pk).update(**ended):
                raise Refused(
                    "It is finished already: nothing is left to cancel.", code="operation_finished"
                )
            unfinished.filter(whole=self).update(**ended)
            before = {"state": self.state}
            self.refresh_from_db()
            after = {"state": self.state}
            audit.record(by, "operations:CancelOperation", self, before=before, after=after)
            if self.whole:
                self.whole.take_stock()
