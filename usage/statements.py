"""A provider's own account of what was used, and how far the ledger is from it. Pure.

Providers' exports differ in names alone: CSV files, and the answers of OpenAI's and Anthropic's
usage APIs, are read by the columns that are known here.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from usage.reports import Line

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_ROWS: Final = 200_000

_DAYS: Final = (
    *("date", "day", "usage_date", "usage_date_utc", "starting_at", "start_time_iso"),
    *("start_time", "timestamp"),
)
_MODELS: Final = ("model", "model_id", "model_version", "snapshot_id", "model_name")
# Each of the first is the whole prompt; the parts add up to one where none of them is there.
_PROMPTS: Final = ("prompt_tokens", "input_tokens", "n_context_tokens_total")
_PROMPT_PARTS: Final = (
    *("uncached_input_tokens", "usage_input_tokens_no_cache", "cache_read_input_tokens"),
    *("usage_input_tokens_cache_read", "usage_input_tokens_cache_write_5m"),
    *("usage_input_tokens_cache_write_1h", "ephemeral_5m_input_tokens"),
    "ephemeral_1h_input_tokens",
)
_GENERATED: Final = (
    *("completion_tokens", "output_tokens", "usage_output_tokens"),
    "n_generated_tokens_total",
)
_REQUESTS: Final = ("num_model_requests", "requests", "n_requests", "num_requests")
_COSTS: Final = ("cost_usd", "cost", "amount_usd", "amount_value")


class StatementInvalid(ValueError):
    """It can't be read; the message says what to do."""


@dataclass(slots=True)
class Stated:
    """What a provider says of one model; None where it says nothing of that."""

    requests: int | None = None
    prompt: int = 0
    generated: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a provider says of some days, both included and in UTC."""

    first: date
    last: date
    models: Mapping[str, Stated]


@dataclass(frozen=True, slots=True)
class Drift:
    """One model, as the ledger has it and as the provider does."""

    model: str
    ours: Stated
    theirs: Stated

    @property
    def token_drift(self) -> Decimal | None:
        """How much more the provider counts, as a share of its own count; None of nothing."""
        theirs = self.theirs.prompt + self.theirs.generated
        ours = self.ours.prompt + self.ours.generated
        return Decimal(theirs - ours) / theirs if theirs else None

    @property
    def cost_drift(self) -> Decimal | None:
        if self.theirs.cost is None or self.ours.cost is None or not self.theirs.cost:
            return None
        return (self.theirs.cost - self.ours.cost) / self.theirs.cost


def read_statement(content: bytes) -> Statement:
    """Read a CSV export, or the JSON of a usage API; raises StatementInvalid."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StatementInvalid("The file is no text. Export the usage as CSV or JSON.") from None
    rows = _json_rows(text) if text.lstrip()[:1] in {"{", "["} else _csv_rows(text)
    models: dict[str, Stated] = {}
    days: set[date] = set()
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise StatementInvalid(f"The file has more than {MOST_ROWS:,} rows. Export less.")
        day, model = _day(row, number), _first(row, _MODELS)
        if not model:
            raise StatementInvalid(f"Row {number} names no model. Group the export by model.")
        days.add(day)
        _add(models.setdefault(str(model), Stated()), row, number)
    if not days:
        raise StatementInvalid("The file has no rows.")
    return Statement(min(days), max(days), models)


def drifts(statement: Statement, lines: Iterable[Line]) -> Sequence[Drift]:
    """Compare model by model, those of either side; the largest cost or count first."""
    ours: dict[str, Stated] = {}
    for line in lines:
        totals = line.totals
        known = ours.setdefault(line.model, Stated(0, 0, 0, Decimal(0)))
        known.requests = (known.requests or 0) + totals.requests
        known.prompt += totals.input_tokens + totals.cached_tokens
        known.generated += totals.generated_tokens
        blind = known.cost is None or totals.unpriced
        known.cost = None if blind else (known.cost or Decimal(0)) + totals.cost
    nothing = Stated(0, 0, 0, Decimal(0))
    found = [
        Drift(model, ours.get(model, nothing), statement.models.get(model, Stated(0)))
        for model in {*ours, *statement.models}
    ]
    return sorted(found, key=_largest_first)


def _largest_first(drift: Drift) -> tuple[int, str]:
    tokens = (side.prompt + side.generated for side in (drift.ours, drift.theirs))
    return -max(tokens), drift.model


def _add(stated: Stated, row: Mapping[str, Any], number: int) -> None:
    whole = _first(row, _PROMPTS)
    parts = [row[name] for name in _PROMPT_PARTS if row.get(name) not in (None, "")]
    prompts = [whole] if whole is not None and "uncached_input_tokens" not in row else parts
    stated.prompt += sum(int(_number(value, number)) for value in prompts)
    generated = _first(row, _GENERATED)
    stated.generated += int(_number(generated, number)) if generated is not None else 0
    requests, cost = _first(row, _REQUESTS), _first(row, _COSTS)
    if requests is not None:
        stated.requests = (stated.requests or 0) + int(_number(requests, number))
    if cost is not None:
        stated.cost = (stated.cost or Decimal(0)) + _number(cost, number)


def _csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        for row in csv.DictReader(io.StringIO(text), strict=True):
            yield {_plain(name): value for name, value in row.items() if isinstance(name, str)}
    except csv.Error as error:
        raise StatementInvalid(f"The file is not CSV: {error}.") from error


def _json_rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Walk a usage API's buckets: their results have the numbers, and they the day."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StatementInvalid("The file is not JSON as a usage API answers it.") from error
    buckets = content.get("data") if isinstance(content, dict) else content
    for bucket in filter(_is_object, buckets if isinstance(buckets, list) else ()):
        results = bucket.get("results")
        for result in filter(_is_object, results if isinstance(results, list) else (bucket,)):
            created = result.get("cache_creation")
            yield {**bucket, **result, **(created if isinstance(created, dict) else {})}


def _day(row: Mapping[str, Any], number: int) -> date:
    value = _first(row, _DAYS)
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC).date()
        text = str(value)
        if text.isdigit() and len(text) >= len("1000000000"):
            return datetime.fromtimestamp(int(text), UTC).date()
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        message = f"Row {number} has no day that can be read, such as 2026-11-20."
        raise StatementInvalid(message) from None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def _number(value: object, row: int) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", "").lstrip("$").strip())
    except InvalidOperation:
        raise StatementInvalid(f"Row {row} has “{str(value)[:40]}” for a number.") from None
    if not number.is_finite() or not 0 <= number < 10**18:
        raise StatementInvalid(f"Row {row} has a number that can't be: {str(value)[:40]}.")
    return number


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
