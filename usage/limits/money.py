"""Money under limits: set aside in the database before a call, settled when its line is written.

The ledger's transaction settles: exactly once for each line, whichever process writes it. A call
that never becomes a line leaves what it set aside, until that expires.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connections, router, transaction

from usage.entries import Entry
from usage.limits import alerts
from usage.limits.rules import SOON_S, Claim, Rule, Standing, percent_of, span_of, stops
from usage.limits.windows import window_of
from usage.models.limit_window import LimitReservation, LimitWindow

EXPIRES_AFTER: Final = timedelta(hours=2)  # twice as long as the longest call

_Key = tuple[str, datetime]


def reserve(claims: Sequence[Claim], *, now: datetime) -> list[Standing | None]:
    """Set aside what each call may cost, of all its limits or of none, in one transaction.

    Returns for each what refuses it, or None. Calls that come together share the trip.
    """
    with transaction.atomic():
        _need_not_survive()
        windows = _locked(claims)
        held: list[LimitReservation] = []
        answers: list[Standing | None] = []
        for claim in claims:
            mine = [windows[_key(rule, claim.at)] for rule in claim.rules]
            standings = list(map(_standing, claim.rules, mine, [claim.at] * len(mine)))
            stop = stops(standings)
            _count(standings, mine, stop)
            answers.append(stop)
            if stop is None:
                held += [_hold(window, claim, now=now) for window in mine]
        LimitReservation.objects.bulk_create(held)
        _keep(windows.values(), now=now)
    return answers


def settle(entries: Sequence[Entry]) -> None:
    """Put real costs in the place of what was set aside; within the ledger's transaction.

    Calls that set nothing aside count too: tests, and those that came before the limit did.
    """
    calls = _by_subject(entries)
    if not calls:
        return
    first, last = min(e.started_at for e in entries), max(e.started_at for e in entries)
    rows = LimitWindow.objects.of_money().filter(
        subject__in=calls, starts_at__lte=last, ends_at__gt=first
    )
    windows = list(rows.in_order())
    if not windows:
        return
    held = _taken_back(entries, windows)
    for window in windows:
        for entry in calls[window.subject]:
            if window.has(entry.started_at):
                _charge(window, entry, held.get((window.pk, entry.request_id)))
    _keep(windows, now=last)


def expire(*, now: datetime) -> int:
    """Give back what calls set aside that never became a line; return how many that were."""
    with transaction.atomic():
        old = LimitReservation.objects.filter(expires_at__lt=now)
        pks = set(old.values_list("window", flat=True))
        rows = LimitWindow.objects.filter(pk__in=pks).in_order()
        windows = {window.pk: window for window in rows}
        gone = list(old.filter(window__in=windows))
        for reservation in gone:
            windows[reservation.window_id].reserved -= reservation.amount
        LimitWindow.objects.keep(windows.values())
        LimitReservation.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return len(gone)


def change(rule: Rule, *, now: datetime) -> None:
    """Let a limit's windows of now go by what it is now; what was told is armed anew.

    One that leaves its shadow has told nobody yet.
    """
    rows = LimitWindow.objects.filter(limit=rule.id, ends_at__gt=now)
    with transaction.atomic():
        for window in rows.in_order():
            window.amount, window.name = rule.amount, rule.name
            if window.is_shadow and not rule.is_shadow:
                window.told = 0
            window.is_shadow = rule.is_shadow
            if window.is_of_money:
                alerts.rearm(window, percent_of(window.spent, window.amount))
            window.save(update_fields=["amount", "name", "is_shadow", "told"])


def _need_not_survive() -> None:
    """Don't wait for PostgreSQL's disk: a crash of it may forget who had just set what aside.

    Lines of the ledger, which settle, are waited for.
    """
    connection = connections[router.db_for_write(LimitWindow)]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")


def _locked(claims: Iterable[Claim]) -> dict[_Key, LimitWindow]:
    """Lock the windows of all limits that are claimed; begin those that are not there."""
    wanted = {_key(rule, claim.at): (rule, claim.at) for claim in claims for rule in claim.rules}
    ids, starts = {key[0] for key in wanted}, {key[1] for key in wanted}
    rows = LimitWindow.objects.filter(limit__in=ids, starts_at__in=starts)
    known = {(row.limit, row.starts_at): row for row in rows.in_order()}
    missing = sorted(wanted.keys() - known.keys())
    if not missing:
        return known
    for key in missing:
        window_of(*wanted[key])
    return {(row.limit, row.starts_at): row for row in rows.all().in_order()}


def _key(rule: Rule, at: datetime) -> _Key:
    return rule.id, span_of(rule.measure, at)[0]


def _standing(rule: Rule, window: LimitWindow, at: datetime) -> Standing:
    """Tell how full it is; where only others' calls fill it, there may be room soon."""
    is_spent = window.spent >= window.amount
    wait_s = (window.ends_at - at).total_seconds() if is_spent else float(SOON_S)
    return Standing(replace(rule, amount=window.amount), window.taken, wait_s)


def _count(
    standings: Iterable[Standing], windows: Iterable[LimitWindow], stop: Standing | None
) -> None:
    """Count a refusal, and what shadow limits would have refused."""
    for standing, window in zip(standings, windows, strict=True):
        if standing is stop:
            window.refused += 1
        elif standing.is_full and standing.rule.is_shadow:
            window.would_refuse += 1


def _hold(window: LimitWindow, claim: Claim, *, now: datetime) -> LimitReservation:
    window.reserved += claim.cost
    return LimitReservation(
        window=window,
        request_id=claim.request_id,
        amount=claim.cost,
        expires_at=now + EXPIRES_AFTER,
    )


def _by_subject(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    """Sort calls by whose they are: their project's, and their agent's or key's."""
    calls: dict[str, list[Entry]] = {}
    for entry in entries:
        for subject in (entry.project, entry.agent, entry.key):
            if subject:
                calls.setdefault(subject, []).append(entry)
    return calls


def _taken_back(
    entries: Iterable[Entry], windows: Iterable[LimitWindow]
) -> Mapping[tuple[int, str], Decimal]:
    """Delete what the calls had set aside, and return how much that was, by window and call."""
    ids, pks = [entry.request_id for entry in entries], [window.pk for window in windows]
    rows = LimitReservation.objects.filter(request_id__in=ids, window__in=pks)
    held = {(row.window_id, row.request_id): row.amount for row in rows}
    if held:
        rows.delete()
    return held


def _charge(window: LimitWindow, entry: Entry, held: Decimal | None) -> None:
    """Count what a call cost; of one whose cost is unknown, what was set aside for it."""
    window.reserved -= held or 0
    if entry.cost is None:
        window.unpriced += 1
        window.spent += held or 0
    else:
        window.spent += entry.cost


def _keep(windows: Iterable[LimitWindow], *, now: datetime) -> None:
    """Store windows, and tell of the thresholds that what is spent has crossed.

    What calls under way have set aside is not spent: most of it comes back.
    """
    for window in windows:
        alerts.tell(window, percent_of(window.spent, window.amount), at=now)
    LimitWindow.objects.keep(windows)
