"""The rows of limits: what each is on, how much of it is used, and what may be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from accounts.authority import Principal
from accounts.panels.people import lacking
from foundation.panels import MenuItem, Way
from gateway.models import Limit
from usage.limits.reading import Use, uses_of
from usage.limits.rules import usd

_WARNS_FROM: Final = Decimal(80)
_FULL: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class LimitRow:
    limit: Limit
    use: Use
    url: str
    menu: tuple[MenuItem, ...]

    @property
    def subject(self) -> str:
        return "The whole project" if self.is_on_project else str(self.limit.subject)

    @property
    def what(self) -> str:
        """The sort of thing that it is on; empty for the project."""
        return "" if self.is_on_project else str(self.limit.subject._meta.verbose_name)

    @property
    def is_on_project(self) -> bool:
        return self.limit.agent is None and self.limit.key is None

    @property
    def used(self) -> str:
        if self.use.used is None:
            return "unknown now"
        return f"${usd(self.use.used)}" if self.limit.is_of_money else f"{self.use.used:,.0f}"

    @property
    def reserved(self) -> str:
        """What calls under way may cost; empty where that is nothing."""
        return f"${usd(self.use.reserved)}" if self.use.reserved else ""

    @property
    def percent(self) -> str:
        return "" if self.use.percent is None else f"{self.use.percent:.0f}"

    @property
    def filled(self) -> str:
        """The length of its bar, of a hundred."""
        return f"{min(self.use.percent or Decimal(0), _FULL):.0f}"

    @property
    def look(self) -> str:
        if self.use.is_full:
            return "is-bad"
        is_near = self.use.percent is not None and self.use.percent >= _WARNS_FROM
        return "is-warning" if is_near else "is-good"

    @property
    def state(self) -> str:
        """One word for the badge."""
        if not self.limit.is_enabled:
            return "disabled"
        if self.limit.is_shadow:
            return "shadow"
        return "reached" if self.use.is_full else "enforced"

    @property
    def state_look(self) -> str:
        return {"reached": "is-bad", "enforced": "is-good"}.get(self.state, "")


def limit_rows(limits: Iterable[Limit], principal: Principal) -> tuple[LimitRow, ...]:
    """Give each limit a row; they come `with_subject`. One query more, however many."""
    found = list(limits)
    uses = uses_of([limit.rule for limit in found], now=principal.now)
    return tuple(
        LimitRow(limit, uses[limit.public_id], _url(limit, "change"), _menu(limit, principal))
        for limit in found
    )


def limits_of(subject: str) -> str:
    """Give the address of the list of what is on an agent, by its public id."""
    return f"{reverse('admin:gateway_limit_changelist')}?{urlencode({'q': subject})}"


def _menu(limit: Limit, principal: Principal) -> tuple[MenuItem, ...]:
    return (
        MenuItem("View", _url(limit, "change"), Way.OPEN),
        MenuItem(
            "Edit", _url(limit, "edit"), Way.ASK, lacking(principal, "limits:UpdateLimit", limit)
        ),
        MenuItem("Impact", _url(limit, "impact"), Way.ASK),
        MenuItem(
            "Delete",
            _url(limit, "delete"),
            Way.ASK,
            lacking(principal, "limits:DeleteLimit", limit),
            is_dangerous=True,
        ),
    )


def _url(limit: Limit, page: str) -> str:
    return reverse(f"admin:gateway_limit_{page}", args=[limit.public_id])
