"""Read the price list that the genai-prices package carries as Python constructor calls.

The file is parsed, never run: only literals and the constructors' names and arguments are read.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from providers.catalog.rates import LongRates, PriceTable, Rates

FILE = "genai_prices/data.py"

_RATE_FIELDS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")

Match = Callable[[str], bool]


class UnknownShape(ValueError):
    """The file is not written the way this reader knows; the message names the line."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the list says of one model on one day; `changes_on` is the next known price change."""

    matches: Match
    context_window: int | None
    is_deprecated: bool
    prices: PriceTable
    changes_on: date | None = None


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's quotes, and the vendors whose prices hold for what it doesn't quote."""

    quotes: tuple[Quote, ...]
    fallbacks: tuple[str, ...] = ()
    pricing_url: str = ""

    def quote(self, model_id: str) -> Quote | None:
        return next((quote for quote in self.quotes if quote.matches(model_id)), None)


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All vendors by the list's own ids."""

    vendors: Mapping[str, Vendor]

    def quote(self, vendor_id: str, model_id: str) -> Quote | None:
        """Find the quote for a model as `vendor_id` sells it, or as its maker does."""
        vendor = self.vendors.get(vendor_id)
        if vendor is None:
            return None
        sellers = (vendor, *(self.vendors[name] for name in vendor.fallbacks))
        found = (seller.quote(model_id.lower()) for seller in sellers)
        return next((quote for quote in found if quote), None)

    def pricing_url(self, vendor_id: str) -> str:
        vendor = self.vendors.get(vendor_id)
        return vendor.pricing_url if vendor else ""


def parse(text: str, *, on: date) -> PriceBook:
    """Read the list as it holds on the day `on`; raises UnknownShape."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "providers":
            vendors = _items(statement.value)
            return PriceBook({_text(vendor, "id"): _vendor(vendor, on) for vendor in vendors})
    raise UnknownShape(f"{FILE} has no list of providers.")


def _vendor(node: ast.expr, on: date) -> Vendor:
    urls = [_literal(url) for url in _items(_argument(node, "pricing_urls"))]
    fallbacks = _items(_argument(node, "fallback_model_providers"))
    return Vendor(
        quotes=tuple(_quote(model, on) for model in _items(_argument(node, "models"))),
        fallbacks=tuple(str(_literal(name)) for name in fallbacks),
        pricing_url=str(urls[0]) if urls else "",
    )


def _quote(node: ast.expr, on: date) -> Quote:
    window = _literal(_argument(node, "context_window"))
    quote = Quote(
        matches=_match(_needed(node, "match")),
        context_window=window if isinstance(window, int) else None,
        is_deprecated=_literal(_argument(node, "deprecated")) is True,
        prices=PriceTable(),
    )
    prices = _argument(node, "prices")
    if isinstance(prices, ast.Call):
        return replace(quote, prices=_price_table(prices))
    return replace(
        quote,
        prices=_prices_on(on, _items(prices)),
        changes_on=min((day for day in _starts(_items(prices)) if day > on), default=None),
    )


def _prices_on(on: date, offers: list[ast.expr]) -> PriceTable:
    """Choose as the list's own rules do: the last offer that has started.

    Of prices that change with the hour the dearest holds, as the other list has it, so that a
    budget is never surprised.
    """
    standing = [
        offer for offer in offers if (start := _start(offer)) is None or start <= on
    ] or offers[:1]
    by_the_hour = [offer for offer in standing if _is_by_the_hour(offer)]
    all_day = [offer for offer in standing if not _is_by_the_hour(offer)]
    tables = [_price_table(_needed(offer, "prices")) for offer in (*all_day[-1:], *by_the_hour)]
    return max(tables, key=lambda table: table.base.input or Decimal(0))


def _starts(offers: list[ast.expr]) -> Iterator[date]:
    return (start for offer in offers if (start := _start(offer)))


def _start(offer: ast.expr) -> date | None:
    start = _argument(_argument(offer, "constraint"), "start_date")
    if not isinstance(start, ast.Call):
        return None
    return date(*(int(str(_literal(part))) for part in start.args))


def _is_by_the_hour(offer: ast.expr) -> bool:
    return _argument(_argument(offer, "constraint"), "start_time") is not None


def _price_table(node: ast.expr) -> PriceTable:
    stated = [_argument(node, field) for field in _RATE_FIELDS]
    starts = sorted({start for price in stated for start in _long_prices(price)})
    return PriceTable(
        base=Rates(*(_base_price(price) for price in stated)),
        longer=tuple(
            LongRates(start, Rates(*(_long_prices(price).get(start) for price in stated)))
            for start in starts
        ),
    )


def _base_price(node: ast.expr | None) -> Decimal | None:
    if node is None or _name(node) == "TieredPrices":
        node = _argument(node, "base")
    return None if node is None else _decimal(node)


def _long_prices(node: ast.expr | None) -> dict[int, Decimal]:
    return {
        int(_text(tier, "start")): _decimal(_needed(tier, "price"))
        for tier in _items(_argument(node, "tiers"))
    }


def _decimal(node: ast.expr) -> Decimal:
    if not isinstance(node, ast.Call) or _name(node) != "Decimal":
        raise UnknownShape(f"{FILE}, line {node.lineno}: {ast.unparse(node)} is not a price.")
    return Decimal(str(_literal(node.args[0])))


def _match(node: ast.expr) -> Match:
    name = _name(node)
    if not isinstance(node, ast.Call) or name not in _MATCHES:
        raise UnknownShape(f"{FILE}, line {node.lineno}: {name} is not a known match.")
    return _MATCHES[name](node.keywords[0].value)


def _any_of(node: ast.expr) -> Match:
    matches = [_match(item) for item in _items(node)]
    return lambda model_id: any(match(model_id) for match in matches)


def _all_of(node: ast.expr) -> Match:
    matches = [_match(item) for item in _items(node)]
    return lambda model_id: all(match(model_id) for match in matches)


def _equals(node: ast.expr) -> Match:
    value = str(_literal(node)).lower()
    return lambda model_id: model_id == value


def _starts_with(node: ast.expr) -> Match:
    value = str(_literal(node)).lower()
    return lambda model_id: model_id.startswith(value)


def _ends_with(node: ast.expr) -> Match:
    value = str(_literal(node)).lower()
    return lambda model_id: model_id.endswith(value)


def _contains(node: ast.expr) -> Match:
    value = str(_literal(node)).lower()
    return lambda model_id: value in model_id


def _regex(node: ast.expr) -> Match:
    pattern = re.compile(str(_literal(node)))
    return lambda model_id: bool(pattern.search(model_id))


_MATCHES: Mapping[str, Callable[[ast.expr], Match]] = {
    "ClauseOr": _any_of,
    "ClauseAnd": _all_of,
    "ClauseEquals": _equals,
    "ClauseStartsWith": _starts_with,
    "ClauseEndsWith": _ends_with,
    "ClauseContains": _contains,
    "ClauseRegex": _regex,
}


def _name(node: ast.expr) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(node)


def _argument(node: ast.expr | None, name: str) -> ast.expr | None:
    if not isinstance(node, ast.Call):
        return None
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _needed(node: ast.expr, name: str) -> ast.expr:
    value = _argument(node, name)
    if value is None:
        raise UnknownShape(f"{FILE}, line {node.lineno}: {_name(node)} has no {name}.")
    return value


def _text(node: ast.expr, name: str) -> str:
    return str(_literal(_needed(node, name)))


def _items(node: ast.expr | None) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List) else []


def _literal(node: ast.expr | None) -> object:
    if node is None:
        return None
    try:
        value: object = ast.literal_eval(node)
    except ValueError as error:
        raise UnknownShape(f"{FILE}, line {node.lineno}: a literal is expected.") from error
    return value
