"""Read the price list that the litellm package carries as JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from providers.catalog.rates import LongRates, PriceTable, Rates, per_million

FILE = "litellm/model_prices_and_context_window_backup.json"

_EXAMPLE = "sample_spec"
_BASE_FIELDS = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
)
_CAPABILITIES = frozenset(
    {
        "supports_function_calling",
        "supports_vision",
        "supports_reasoning",
        "supports_response_schema",
    }
)
_LONG_FIELD = re.compile(rf"({'|'.join(_BASE_FIELDS)})_above_(\d+)k_tokens")


@dataclass(frozen=True, slots=True)
class Listing:
    """One entry of the list; `capabilities_are_stated` is false where it names none at all."""

    key: str
    provider: str
    mode: str
    prices: PriceTable
    context_window: int | None
    max_output: int | None
    tools: bool
    vision: bool
    reasoning: bool
    streaming: bool
    json: bool
    capabilities_are_stated: bool
    deprecated_on: date | None
    source_url: str


def parse(text: str) -> Mapping[str, Mapping[str, object]]:
    """Read the JSON with every fraction as a Decimal, so that no price ever is a float."""
    entries: dict[str, dict[str, object]] = json.loads(text, parse_float=Decimal)
    return entries


def listings(entries: Mapping[str, Mapping[str, object]]) -> Iterator[Listing]:
    """Turn the parsed JSON into typed entries, in the order of the file."""
    for key, entry in entries.items():
        if key != _EXAMPLE:
            yield _listing(key, entry)


def _listing(key: str, entry: Mapping[str, object]) -> Listing:
    return Listing(
        key=key,
        provider=_text(entry, "litellm_provider"),
        mode=_text(entry, "mode"),
        prices=_prices(entry),
        context_window=_count(entry, "max_input_tokens"),
        max_output=_count(entry, "max_output_tokens"),
        tools=entry.get("supports_function_calling") is True,
        vision=entry.get("supports_vision") is True or _takes_images(entry),
        reasoning=entry.get("supports_reasoning") is True,
        # The list names only those that can't stream over the ordinary chat surface.
        streaming=entry.get("supports_native_streaming") is not False,
        json=entry.get("supports_response_schema") is True,
        capabilities_are_stated=not _CAPABILITIES.isdisjoint(entry),
        deprecated_on=_day(entry, "deprecation_date"),
        source_url=_url(entry),
    )


def _prices(entry: Mapping[str, object]) -> PriceTable:
    base = Rates(*(_price(entry, field) for field in _BASE_FIELDS))
    thresholds = sorted({int(match[2]) for name in entry if (match := _LONG_FIELD.fullmatch(name))})
    longer = (
        LongRates(
            above_tokens=thousands * 1_000,
            rates=Rates(
                *(_price(entry, f"{field}_above_{thousands}k_tokens") for field in _BASE_FIELDS)
            ),
        )
        for thousands in thresholds
    )
    return PriceTable(base, tuple(step for step in longer if _differs(step.rates, base)))


def _differs(rates: Rates, base: Rates) -> bool:
    return any(
        rate is not None and rate != base_rate for rate, base_rate in zip(rates, base, strict=True)
    )


def _price(entry: Mapping[str, object], field: str) -> Decimal | None:
    value = entry.get(field)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return per_million(value)


def _count(entry: Mapping[str, object], field: str) -> int | None:
    value = entry.get(field)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return int(value) or None


def _text(entry: Mapping[str, object], field: str) -> str:
    value = entry.get(field)
    return value if isinstance(value, str) else ""


def _url(entry: Mapping[str, object]) -> str:
    source = _text(entry, "source")
    return source if source.startswith("https://") else ""


def _takes_images(entry: Mapping[str, object]) -> bool:
    modalities = entry.get("supported_modalities")
    return isinstance(modalities, list) and "image" in modalities


def _day(entry: Mapping[str, object], field: str) -> date | None:
    try:
        return date.fromisoformat(_text(entry, field))
    except ValueError:
        return None
