"""How failed sign-ins add up: one person from one place, one account, one place."""

import copy
from collections.abc import Mapping
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, QueryDict

from accounts.sign_in import counted_as


class SignInHandler(AxesDatabaseHandler):
    """Counts wider circles beside the narrow one, each with a limit of its own.

    The narrow one, an account from one address, locks nobody else out. The wide ones stop those who
    guess one account's password from many addresses, or one password for many accounts.
    """

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **words: Any
    ) -> None:
        """Count a failure, and keep nothing of what was typed beside the address."""
        if request is None:
            return
        bare = copy.copy(request)
        bare.GET = bare.POST = QueryDict()
        super().user_login_failed(sender, credentials, bare, **words)
        told = {name: value for name, value in vars(bare).items() if name.startswith("axes_")}
        vars(request).update(told)

    def get_failures(
        self, request: HttpRequest, credentials: Mapping[str, str] | None = None
    ) -> int:
        """Give the failures that count; the limit itself where a wider circle is full."""
        narrow: int = super().get_failures(request, credentials)
        limit: int = settings.AXES_FAILURE_LIMIT
        if narrow >= limit:
            return narrow
        lately = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
        account, place = counted_as(request, credentials), request.axes_ip_address  # type: ignore[attr-defined]  # axes puts it there
        is_full = (
            account
            and _failures(lately.filter(username=account)) >= settings.SIGN_IN_FAILURES_OF_ACCOUNT
        ) or (
            place
            and _failures(lately.filter(ip_address=place)) >= settings.SIGN_IN_FAILURES_OF_ADDRESS
        )
        return limit if is_full else narrow


def _failures(attempts: QuerySet[AccessAttempt]) -> int:
    return attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
