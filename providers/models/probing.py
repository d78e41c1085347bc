"""How a provider is probed: for free, or by a paid completion inside a daily budget."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final, Self, cast

from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction

from accounts.tenancy.querysets import WalledQuerySet

if TYPE_CHECKING:
    from providers.models.provider import Provider, ProviderQuerySet

PROBE_BUDGET_USD: Final = Decimal("0.10")
PROBES_PER_DAY: Final = 288  # one every five minutes
MOST_USD: Final = Decimal(1000)
MOST_PER_DAY: Final = 14_400  # one every six seconds, the shortest interval that there is


@dataclass(frozen=True, slots=True)
class Probing:
    """What a provider's owner chose about its probes; named as the provider's own fields."""

    has_paid_probes: bool = False
    probe_budget_usd: Decimal = PROBE_BUDGET_USD
    probes_per_day: int = PROBES_PER_DAY


@dataclass(frozen=True, slots=True)
class Paid:
    """Whom a paid probe asked, and what that came to in USD; None is unknown."""

    model_pk: int
    cost: Decimal | None


PROBING_FIELDS: Final = tuple(field.name for field in fields(Probing))


class Probed(models.Model):
    """Is probed as its owner chose: for free, unless paid completions were asked for.

    Both budgets hold, the stricter one first. A probe without a known price counts against the
    number alone: an unknown price is not taken for nothing, nor made up.
    """

    has_paid_probes = models.BooleanField(
        "paid probes",
        default=False,
        db_default=False,
        help_text="Probe with a small completion of the default model.",
    )
    probe_budget_usd = models.DecimalField(
        "probe budget in USD a day",
        max_digits=8,
        decimal_places=4,
        default=PROBE_BUDGET_USD,
        db_default=PROBE_BUDGET_USD,
        validators=(MinValueValidator(Decimal(0)), MaxValueValidator(MOST_USD)),
    )
    probes_per_day = models.PositiveIntegerField(
        "paid probes a day",
        default=PROBES_PER_DAY,
        db_default=PROBES_PER_DAY,
        validators=(MinValueValidator(1), MaxValueValidator(MOST_PER_DAY)),
    )

    class Meta:
        abstract = True

    @property
    def probing(self) -> Probing:
        return Probing(self.has_paid_probes, self.probe_budget_usd, self.probes_per_day)

    def take_probing(self, probing: Probing) -> None:
        """Be probed like this from now on; the caller saves."""
        for name in PROBING_FIELDS:
            setattr(self, name, getattr(probing, name))


class ProbeDayQuerySet(WalledQuerySet["ProbeDay"]):
    project_path = "provider__project"
    shows_shared = True

    def expired(self, *, now: datetime) -> Self:
        return self.filter(day__lt=(now - ProbeDay.RETENTION).date())


class ProbeDay(models.Model):
    """What the paid probes of one provider came to on one day in UTC, over all workers.

    Reserved before each call and settled after it: a worker that dies in between leaves the
    reservation, so that the budget is never overspent.
    """

    RETENTION: ClassVar = timedelta(days=31)

    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.CASCADE, related_name="probe_days"
    )
    day = models.DateField("day in UTC")
    probes = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(
        default=0, help_text="Those of the probes whose price nobody knows."
    )
    spent_usd = models.DecimalField(
        "spent in USD", max_digits=24, decimal_places=12, default=Decimal(0)
    )

    objects = ProbeDayQuerySet.as_manager()

    class Meta:
        verbose_name = "day of probes"
        ordering = ("-day",)
        constraints = (
            models.UniqueConstraint(fields=("provider", "day"), name="probes_once_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.probes} probes on {self.day}"

    @classmethod
    def today(cls, provider: "Provider", *, now: datetime) -> "ProbeDay":
        """Give the day that `now` is in; one without a probe is not stored."""
        day = now.astimezone(UTC).date()
        stored = cls.objects.filter(provider=provider, day=day).first()
        return stored or cls(provider=provider, day=day)

    @classmethod
    def reserve(
        cls, provider: "Provider", price: Decimal | None, *, now: datetime
    ) -> "ProbeDay | None":
        """Set one probe aside from today's budget; None where it is used up.

        The provider's row is the lock, and its budget is read behind it. `price` is the most that
        the probe can cost in USD, None where nobody knows.
        """
        with transaction.atomic():
            current = _providers().select_for_update(of=("self",)).filter(pk=provider.pk).first()
            if current is None:
                return None
            today = cls.today(current, now=now)
            if not today.has_room(price):
                return None
            today.probes += 1
            if price is None:
                today.unpriced += 1
            else:
                today.spent_usd += price
            today.save()
        return today

    def has_room(self, price: Decimal | None) -> bool:
        """Say whether one more probe of this price stays inside both budgets."""
        if self.probes >= self.provider.probes_per_day:
            return False
        return price is None or self.spent_usd + price <= self.provider.probe_budget_usd

    def settle(self, reserved: Decimal | None, cost: Decimal | None) -> None:
        """Put what a probe cost in the place of what was set aside for it, where both are known."""
        if reserved is None or cost is None:
            return
        with transaction.atomic():
            mine = type(self).objects.select_for_update(of=("self",)).filter(pk=self.pk).first()
            if mine is not None:
                mine.spent_usd = max(Decimal(0), mine.spent_usd - reserved + cost)
                mine.save(update_fields=["spent_usd"])


def _providers() -> "ProviderQuerySet":
    """Every provider; they stand on this module, so it asks for them by name."""
    return cast("ProviderQuerySet", apps.get_model("providers.Provider").objects.all())
