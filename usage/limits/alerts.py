"""Alerts: a limit that has crossed 80 or 100 % is told of once, until it has fallen well below."""

from datetime import datetime
from decimal import Decimal

from accounts.models import Topic
from accounts.services import notices
from usage.limits.rules import Measure, amount_label, crossed
from usage.models.limit_window import LimitAlert, LimitWindow


def tell(window: LimitWindow, percent: Decimal, *, at: datetime) -> None:
    """Tell of the threshold that a level has crossed, where it has; the caller stores `told`.

    In shadow mode it stands on the limit's page, and nobody is told.
    """
    threshold, window.told = crossed(percent, window.told)
    if not threshold:
        return
    alert = LimitAlert.objects.create(window=window, threshold=threshold, at=at)
    if not window.is_shadow:
        notices.tell(
            window.project,
            topic=Topic.LIMITS,
            message=words(alert),
            key=_key(alert),
            at=at,
            about=window.limit,
        )


def _key(alert: LimitAlert) -> str:
    """Name what is told once: each crossing of a budget, and of a rate one a day."""
    window = alert.window
    return f"limit {alert.pk if window.is_of_money else f'{window.pk} {alert.threshold} %'}"


def rearm(window: LimitWindow, percent: Decimal) -> None:
    """Forget what was told of thresholds that the level is well below."""
    window.told = min(window.told, crossed(percent, window.told)[1])


def words(alert: LimitAlert) -> str:
    """Say it in one sentence."""
    window = alert.window
    label = amount_label(Measure(window.measure), window.amount)
    if alert.threshold < 100:  # noqa: PLR2004 - percent
        return f"{alert.threshold} % of the limit “{window.name}” ({label}) are used."
    return f"The limit “{window.name}” ({label}) is reached."
