"""What limits count in the database: money by the window, what is set aside, and what was told."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from django.db import connections, models, router
from django.db.models import Q

from accounts.models import Project
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from usage.limits.rules import Measure
from usage.pricing import COST_DIGITS, COST_PLACES

_COUNTED: Final = ("spent", "reserved", "unpriced", "refused", "would_refuse", "told")


def _usd(**options: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=COST_DIGITS + 6, decimal_places=COST_PLACES, **options)


class LimitWindowQuerySet(WalledQuerySet["LimitWindow"]):
    """Whoever may read a limit may read what it has counted."""

    read_as = "gateway.limit"

    def of_money(self) -> Self:
        return self.filter(measure__startswith="usd_")

    def in_order(self) -> Self:
        """Lock rows in one order everywhere: two writers never wait for each other in a circle."""
        return self.order_by("pk").select_for_update()

    def keep(self, windows: "Iterable[LimitWindow]") -> None:
        """Store what locked windows count; a fraction of what `bulk_update` takes for one row."""
        connection = connections[router.db_for_write(self.model)]
        quoted = connection.ops.quote_name
        changes = ", ".join(f"{quoted(name)} = %s" for name in _COUNTED)
        statement = f"UPDATE {quoted(self.model._meta.db_table)} SET {changes} WHERE id = %s"  # noqa: S608 - names of our own columns
        rows = [(*(getattr(row, name) for name in _COUNTED), row.pk) for row in windows]
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


class LimitWindow(TenantModel):
    """What one limit has counted in one day, week or month.

    Names its limit and subject by public id, as the ledger does: limits stand a floor above.
    `spent` and `reserved` are USD; rates are counted elsewhere, and only reported here.
    """

    RETENTION: ClassVar = timedelta(days=400)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    limit = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=20)
    measure = models.CharField(max_length=20)
    amount = _usd()
    is_shadow = models.BooleanField(default=False, db_default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    spent = _usd(default=0)
    reserved = _usd(default=0)
    unpriced = models.BigIntegerField(default=0, help_text="Calls whose cost is unknown.")
    refused = models.BigIntegerField(default=0)
    would_refuse = models.BigIntegerField(default=0, help_text="In shadow mode.")
    told = models.PositiveSmallIntegerField(
        default=0, help_text="Percent that was told of: 0, 80, 100."
    )

    objects = LimitWindowQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("limit", "starts_at"), name="limit_window_is_one"),
        )
        indexes = (models.Index(fields=("subject", "ends_at"), name="limit_window_of_subject"),)

    def __str__(self) -> str:
        return f"{self.name} from {self.starts_at:%Y-%m-%d}"

    @property
    def taken(self) -> Decimal:
        taken: Decimal = self.spent + self.reserved
        return taken

    def has(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    @property
    def is_of_money(self) -> bool:
        return Measure(self.measure).is_money


class LimitReservation(models.Model):
    """What one call under way may cost at most; the write of its line puts the real cost there.

    It goes with its call's line, or when it has expired.
    """

    window = models.ForeignKey(LimitWindow, on_delete=models.CASCADE, related_name="reservations")
    request_id = models.CharField(max_length=20)
    amount = _usd()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("request_id", "window"), name="limit_reservation_is_one"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="limit_reservation_is_positive"
            ),
        )
        indexes = (models.Index(fields=("expires_at",), name="limit_reservation_expiry"),)

    def __str__(self) -> str:
        return self.request_id


class LimitAlertQuerySet(WalledQuerySet["LimitAlert"]):
    project_path = "window__project"
    read_as = "gateway.limit"

    def of_limit(self, limit: str) -> Self:
        """Keep those of a limit, by its public id, the newest first."""
        return self.filter(window__limit=limit).select_related("window").order_by("-pk")


class LimitAlert(models.Model):
    """A threshold that a limit has crossed, once for each crossing."""

    RETENTION: ClassVar = timedelta(days=400)

    window = models.ForeignKey(LimitWindow, on_delete=models.CASCADE, related_name="alerts")
    threshold = models.PositiveSmallIntegerField(help_text="Percent.")
    at = models.DateTimeField()

    objects = LimitAlertQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.window}: {self.threshold} %"
