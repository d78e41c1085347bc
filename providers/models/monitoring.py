"""What a project's health monitor is told to do, where it stands, and what has happened."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Epoch, User
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from providers.health import Event, Health, Mode, Rules, State, Trigger

if TYPE_CHECKING:
    from providers.models.provider import Provider

LONGEST_MIN: Final = 1440
SHORTEST_RECOVERY_MIN: Final = Decimal("0.1")
MOST_IN_A_ROW: Final = 100
# What can be switched on and off; who is stuck without a fallback is always told.
CHOICE_OF_NOTICES: Final = (
    *(Event.DEGRADED_TO_DOWN, Event.HEALTHY_TO_DOWN, Event.TO_FALLBACK, Event.BACK_TO_PRIMARY),
    *(Event.HEALTHY_TO_DEGRADED, Event.DEGRADED_TO_HEALTHY),
)
USUAL_NOTICES: Final = CHOICE_OF_NOTICES[:4]
ALWAYS_TOLD: Final = frozenset({Event.NO_FALLBACK, Event.FALLBACK_DOWN})
SETTINGS: Final = (
    *("is_monitored", "check_interval_min", "fallback_trigger", "failures_before_fallback"),
    *("recovery_interval_min", "successes_before_recovery", "notices"),
)
STATE: Final = ("mode", "failures", "successes", "seen_health", "stuck", "mode_since")


def usual_notices() -> list[str]:
    return [event.value for event in USUAL_NOTICES]


def _number(
    verbose_name: str, usual: int, most: int
) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(
        verbose_name,
        default=usual,
        db_default=usual,
        validators=(MinValueValidator(1), MaxValueValidator(most)),
    )


def _counter() -> "models.PositiveIntegerField[Any, Any]":
    return models.PositiveIntegerField(default=0, db_default=0, editable=False)


class Monitored(models.Model):
    """Is watched by a health monitor: its settings are people's, its state is `step`'s alone."""

    is_monitored = models.BooleanField("health monitor", default=True, db_default=True)
    check_interval_min = _number("check interval in minutes", 5, LONGEST_MIN)
    fallback_trigger = models.CharField(
        max_length=8, choices=Trigger, default=Trigger.DOWN, db_default=Trigger.DOWN
    )
    failures_before_fallback = _number("failures before fallback", 1, MOST_IN_A_ROW)
    recovery_interval_min = models.DecimalField(
        "recovery check interval in minutes",
        max_digits=5,
        decimal_places=1,
        default=Decimal(1),
        db_default=Decimal(1),
        validators=(MinValueValidator(SHORTEST_RECOVERY_MIN), MaxValueValidator(LONGEST_MIN)),
    )
    successes_before_recovery = _number("successes before recovery", 3, MOST_IN_A_ROW)
    notices = models.JSONField(
        default=usual_notices,
        db_default=models.Value(usual_notices(), models.JSONField()),
        blank=True,
    )
    mode = models.CharField(
        max_length=8, choices=Mode, default=Mode.NORMAL, db_default=Mode.NORMAL, editable=False
    )
    mode_since = models.DateTimeField(null=True, editable=False)
    failures, successes = _counter(), _counter()
    seen_health = models.CharField(
        max_length=12,
        choices=Health,
        default=Health.UNKNOWN,
        db_default=Health.UNKNOWN,
        editable=False,
    )
    stuck = models.CharField(
        max_length=20, choices=Event, blank=True, default="", db_default="", editable=False
    )
    next_check_at = models.DateTimeField(null=True, editable=False, help_text="Empty: at once.")
    drilled_provider = models.ForeignKey(
        "providers.Provider",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Plays dead in this project, until `drilled_until`.",
    )
    drilled_until = models.DateTimeField(null=True, editable=False)
    drilled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        abstract = True

    @property
    def rules(self) -> Rules:
        trigger = Trigger(self.fallback_trigger)
        return Rules(trigger, self.failures_before_fallback, self.successes_before_recovery)

    @property
    def state(self) -> State:
        return State(
            mode=Mode(self.mode),
            failures=self.failures,
            successes=self.successes,
            seen=Health(self.seen_health),
            stuck=Event(self.stuck) if self.stuck else None,
            since=self.mode_since,
        )

    def take_state(self, state: State) -> None:
        """Stand like this from now on; the caller saves `STATE`."""
        self.mode, self.mode_since = state.mode, state.since
        self.failures, self.successes = state.failures, state.successes
        self.seen_health, self.stuck = state.seen, state.stuck or ""

    @property
    def check_interval(self) -> timedelta:
        """How long until the next check, as the mode wants it."""
        if self.mode == Mode.FALLBACK:
            return timedelta(minutes=float(self.recovery_interval_min))
        return timedelta(minutes=self.check_interval_min)

    def has_game_day(self, *, now: datetime) -> bool:
        """Whether somebody lets a provider play dead at this moment; it ends by itself."""
        until = self.drilled_until
        return self.drilled_provider_id is not None and until is not None and now < until

    def is_drilled(self, provider_pk: int, *, now: datetime) -> bool:
        return self.drilled_provider_id == provider_pk and self.has_game_day(now=now)

    def dead_until(self, provider_pk: int, *, now: datetime) -> datetime | None:
        """Say until when a provider plays dead here; None where it does not."""
        return self.drilled_until if self.is_drilled(provider_pk, now=now) else None

    def play_dead(
        self, provider: "Provider | None", until: datetime | None, *, by: User | None
    ) -> None:
        """Let a provider count as unreachable here for a while; it is checked at once.

        Gateways hear of it at once as well: they pass it over from their next request on.
        """
        self.drilled_provider, self.drilled_until, self.drilled_by = provider, until, by
        self.next_check_at = None
        self.save(
            update_fields=["drilled_provider", "drilled_until", "drilled_by", "next_check_at"]
        )
        Epoch.bump()

    def wants_notice_of(self, event: Event) -> bool:
        return event in ALWAYS_TOLD or event in self.notices

    def refuse_unknown_notices(self) -> None:
        known = {event.value for event in CHOICE_OF_NOTICES}
        unknown = sorted({*map(str, self.notices)} - known)
        if unknown:
            raise ValidationError({"notices": f"Unknown notice: {', '.join(unknown)}."})


BOUNDS: Final = (
    ("check_interval_is_possible", Q(check_interval_min__range=(1, LONGEST_MIN))),
    (
        "recovery_interval_is_possible",
        Q(recovery_interval_min__range=(SHORTEST_RECOVERY_MIN, LONGEST_MIN)),
    ),
    (
        "numbers_in_a_row_are_possible",
        Q(failures_before_fallback__range=(1, MOST_IN_A_ROW))
        & Q(successes_before_recovery__range=(1, MOST_IN_A_ROW)),
    ),
)


class RoutingEventQuerySet(WalledQuerySet["RoutingEvent"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")

    def expired(self, *, now: datetime) -> Self:
        return self.filter(at__lt=now - RoutingEvent.RETENTION)


class RoutingEvent(TenantModel):
    """One transition in a project's health or mode, as it was told: appended, never changed.

    `is_notice` marks what people are told of; of one observation that is one event at the most.
    """

    RETENTION: ClassVar = timedelta(days=400)

    public_id = PublicIdField(prefix="rev")
    event = models.CharField(max_length=20, choices=Event)
    message = models.CharField(max_length=1500)
    is_notice = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    objects = RoutingEventQuerySet.as_manager()

    class Meta:
        verbose_name = "routing event"
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=("project", "-at"), name="routing_event_of_project"),)

    def __str__(self) -> str:
        return f"{self.get_event_display()} at {self.at:%Y-%m-%d %H:%M:%S}"
