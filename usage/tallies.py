"""The sums that buckets keep of calls: what is added up, and by what. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from usage.entries import Entry, Outcome

MINUTES: Final = 5

# A call's latency is counted at the first of these that it does not exceed, or behind them all.
# Counts at the same bounds add up, so that percentiles can be told of any time and any group.
LATENCY_BOUNDS_MS: Final = (
    *(5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750),
    *(1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000),
    *(60_000, 120_000, 300_000),
)
LATENCIES: Final = tuple(f"latency_{number:02}" for number in range(len(LATENCY_BOUNDS_MS) + 1))

# A client that hangs up is nobody's failure.
CLIENT_LEFT: Final = "client_left"

# What a bucket is of, in the order of an Entry's fields; names follow their ids.
DIMENSIONS: Final = (
    *("project_id", "project_public_id", "key_public_id", "key_name"),
    *("agent_public_id", "agent_name", "user_public_id", "user_name"),
    *("provider_public_id", "provider_name", "provider_kind", "model", "kind_of_use"),
)

TOKENS: Final = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    "reasoning_tokens",
)
SUMS: Final = (
    *("requests", "failed", "estimated", "partial", "unpriced", "attempts"),
    *TOKENS,
    *("cost", "latency_ms", "ttft_ms", "with_ttft"),
    *LATENCIES,
)

Sum = int | Decimal
Key = tuple[Any, ...]


def tallied(entries: Iterable[Entry]) -> Mapping[Key, list[Sum]]:
    """Add calls up by five minutes and dimensions; keys are the moment and DIMENSIONS' values."""
    groups: dict[Key, list[Entry]] = {}
    for entry in entries:
        dimensions = entry[1:14]  # the fields that DIMENSIONS are the columns of
        groups.setdefault((_five_minutes(entry.started_at), *dimensions), []).append(entry)
    return {key: _sums(group) for key, group in groups.items()}


def is_failed(status: int, error_class: str) -> bool:
    """Whether a client got less than an answer, and not by its own will."""
    return status >= 400 or error_class not in {"", CLIENT_LEFT}  # noqa: PLR2004 - HTTP's own number


def percentile(counts: Sequence[int], share: float) -> int | None:
    """Tell the latency in ms that a share of calls did not exceed; None where there are none.

    Within a bound's span calls are taken as evenly spread. What lies behind the last bound is
    told as that bound.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, below, start = share * total, 0, 0
    for bound, count in zip(LATENCY_BOUNDS_MS, counts, strict=False):
        if count and below + count >= wanted:
            return round(start + (bound - start) * (wanted - below) / count)
        below, start = below + count, bound
    return LATENCY_BOUNDS_MS[-1]


def _five_minutes(moment: datetime) -> datetime:
    minute = moment.minute - moment.minute % MINUTES
    return moment.replace(minute=minute, second=0, microsecond=0)


def _sums(group: Sequence[Entry]) -> list[Sum]:
    outcomes = [entry.outcome for entry in group]
    costs = [entry.cost for entry in group if entry.cost is not None]
    ttfts = [entry.ttft_ms for entry in group if entry.ttft_ms is not None]
    return [
        len(group),
        sum(is_failed(entry.status, entry.error_class) for entry in group),
        outcomes.count(Outcome.ESTIMATED),
        outcomes.count(Outcome.PARTIAL),
        len(group) - len(costs),
        sum(entry.attempts for entry in group),
        *_tokens(group),
        sum(costs, Decimal(0)),
        sum(entry.latency_ms for entry in group),
        sum(ttfts),
        len(ttfts),
        *_latencies(group),
    ]


def _tokens(group: Sequence[Entry]) -> Iterator[int]:
    first = Entry._fields.index(TOKENS[0])
    span = slice(first, first + len(TOKENS))
    yield from map(sum, zip(*(entry[span] for entry in group), strict=True))


def _latencies(group: Iterable[Entry]) -> list[int]:
    counts = [0] * len(LATENCIES)
    for entry in group:
        counts[bisect_left(LATENCY_BOUNDS_MS, entry.latency_ms)] += 1
    return counts
