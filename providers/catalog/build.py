"""Make a catalog out of two price lists. Pure: nothing is read, fetched or written here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from providers.catalog.entries import Catalog, CatalogModel, Purpose, Source, Status, Tier
from providers.catalog.genai_prices import PriceBook, Quote
from providers.catalog.litellm import Listing
from providers.catalog.names import display_name, plain_id
from providers.catalog.rates import PriceTable, Rates, plain
from providers.catalog.shelves import Place, Shelf

MODELS_PER_KIND = 60
# A model that was switched off longer ago than this is of no use to anybody.
REMEMBERED = timedelta(days=60)
# Vendors date the end of nearly every model; only a near one means that it is on its way out.
RETIRES_SOON = timedelta(days=90)
LEGACY_GENERATIONS = Decimal("1.5")
DEAREST_CHAT_PRICE = Decimal(1_000)
DEAREST_EMBEDDING_PRICE = Decimal(10)

_STATUS_ORDER: tuple[Status, ...] = ("active", "legacy", "deprecated")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of the first list, beside what the second says of it."""

    model_id: str
    listing: Listing
    place: Place
    quote: Quote | None

    @property
    def purpose(self) -> Purpose:
        return "embedding" if self.listing.mode == "embedding" else "chat"

    @property
    def generation(self) -> Decimal:
        return self.place.generation or Decimal(0)


def build(
    listings: Iterable[Listing],
    book: PriceBook,
    *,
    shelves: Sequence[Shelf],
    sources: Sequence[Source],
    on: date,
) -> Catalog:
    """Fill the shelves from the first list, and check each price against the second.

    Where both state a price and differ, the first one's stays and the model is marked for review.
    """
    by_provider: dict[str, list[Listing]] = defaultdict(list)
    for listing in listings:
        by_provider[listing.provider].append(listing)
    models: list[CatalogModel] = []
    for shelf in shelves:
        offered = [entry for name in sorted(shelf.providers) for entry in by_provider[name]]
        models.extend(_models(shelf, _candidates(shelf, offered, book, on), book, on))
    return Catalog(version=on.isoformat(), sources=tuple(sources), models=tuple(models))


def _models(
    shelf: Shelf, wanted: Iterable[Candidate], book: PriceBook, on: date
) -> list[CatalogModel]:
    candidates = _without_old_ones(shelf, _without_duplicates(wanted))
    newest = _newest_generations(candidates)
    models = [
        _model(shelf, candidate, _status(candidate, newest, on), book)
        for candidate in sorted(candidates, key=lambda candidate: _rank(candidate, newest))
    ]
    # The sort is stable: within a status the order of the shelf stays.
    models.sort(key=lambda model: _STATUS_ORDER.index(model.status))
    chat = [model for model in models if model.purpose == "chat"]
    embedding = [model for model in models if model.purpose == "embedding"]
    return [*chat[: MODELS_PER_KIND - len(embedding)], *embedding]


def _candidates(
    shelf: Shelf, offered: Iterable[Listing], book: PriceBook, on: date
) -> Iterator[Candidate]:
    for listing in offered:
        model_id = listing.key.removeprefix(shelf.prefix)
        place = shelf.place(model_id)
        if place and _is_wanted(shelf, listing, on):
            yield Candidate(model_id, listing, place, book.quote(shelf.vendor, model_id))


def _is_wanted(shelf: Shelf, listing: Listing, on: date) -> bool:
    if listing.mode not in shelf.modes:
        return False
    if listing.deprecated_on and listing.deprecated_on < on - REMEMBERED:
        return False
    # Where not one capability is stated the flags would be guesses.
    if listing.mode != "embedding" and not listing.capabilities_are_stated:
        return False
    dearest = DEAREST_EMBEDDING_PRICE if listing.mode == "embedding" else DEAREST_CHAT_PRICE
    stated = [price for price in listing.prices.base if price is not None]
    return all(0 <= price <= dearest for price in stated)


def _without_duplicates(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keep one entry for an id, and the plain id rather than its dated or preview spellings."""
    by_id: dict[str, Candidate] = {}
    for candidate in candidates:
        by_id.setdefault(candidate.model_id, candidate)
    return [
        candidate
        for model_id, candidate in by_id.items()
        if (plain := plain_id(model_id)) == model_id or plain not in by_id
    ]


def _without_old_ones(shelf: Shelf, candidates: list[Candidate]) -> list[Candidate]:
    if shelf.generations_per_line is None:
        return candidates
    found: dict[tuple[int, int], set[Decimal]] = defaultdict(set)
    for candidate in candidates:
        found[candidate.place.line_key].add(candidate.generation)
    kept = {
        line: sorted(generations, reverse=True)[: shelf.generations_per_line]
        for line, generations in found.items()
    }
    return [
        candidate
        for candidate in candidates
        if candidate.generation in kept[candidate.place.line_key]
    ]


def _newest_generations(candidates: Iterable[Candidate]) -> Mapping[int, Decimal]:
    newest: dict[int, Decimal] = defaultdict(Decimal)
    for candidate in candidates:
        family = candidate.place.family
        newest[family] = max(newest[family], candidate.generation)
    return newest


def _behind(place: Place, newest: Mapping[int, Decimal]) -> Decimal:
    """Tell how far a model stands behind the newest generation of its family."""
    return Decimal(0) if place.generation is None else newest[place.family] - place.generation


def _status(candidate: Candidate, newest: Mapping[int, Decimal], on: date) -> Status:
    ends = candidate.listing.deprecated_on
    if (ends and ends <= on) or (candidate.quote and candidate.quote.is_deprecated):
        return "deprecated"
    is_outdated = _behind(candidate.place, newest) >= LEGACY_GENERATIONS
    if candidate.place.is_legacy or is_outdated or (ends and ends <= on + RETIRES_SOON):
        return "legacy"
    return "active"


def _rank(
    candidate: Candidate, newest: Mapping[int, Decimal]
) -> tuple[int, Decimal, int, bool, str]:
    place = candidate.place
    # On Bedrock the newer models answer only to an inference profile, so that one comes first.
    is_bare = not candidate.model_id.startswith("us.")
    return (place.family, _behind(place, newest), place.line, is_bare, candidate.model_id)


def _model(shelf: Shelf, candidate: Candidate, status: Status, book: PriceBook) -> CatalogModel:
    listing, quote = candidate.listing, candidate.quote
    prices = _merged_prices(shelf, candidate)
    is_chat = candidate.purpose == "chat"
    return CatalogModel(
        kind=shelf.kind,
        model_id=candidate.model_id,
        name=display_name(candidate.model_id),
        purpose=candidate.purpose,
        context_window=listing.context_window or (quote.context_window if quote else None),
        max_output=listing.max_output if is_chat else None,
        tools=is_chat and listing.tools,
        vision=listing.vision,
        reasoning=is_chat and listing.reasoning,
        streaming=is_chat and listing.streaming,
        json=is_chat and listing.json,
        input_price=prices.base.input,
        output_price=prices.base.output,
        cache_read_price=prices.base.cache_read,
        cache_write_price=prices.base.cache_write,
        status=status,
        deprecated_on=listing.deprecated_on,
        source_url=listing.source_url or book.pricing_url(shelf.vendor),
        review="; ".join(_doubts(candidate)) if shelf.is_priced else "",
        tiers=tuple(_tier(step.above_tokens, step.rates) for step in prices.longer),
    )


def _merged_prices(shelf: Shelf, candidate: Candidate) -> PriceTable:
    if not shelf.is_priced:
        return PriceTable()
    stated = candidate.listing.prices
    if candidate.quote is None:
        return stated
    merged = stated.filled_from(candidate.quote.prices)
    if candidate.purpose == "chat":
        return merged
    # An embedding has no output tokens; what the second list says of them is a habit of its own.
    return replace(merged, base=merged.base._replace(output=stated.base.output))


def _tier(above_tokens: int, rates: Rates) -> Tier:
    return Tier(
        above_tokens=above_tokens,
        input_price=rates.input,
        output_price=rates.output,
        cache_read_price=rates.cache_read,
        cache_write_price=rates.cache_write,
    )


def _doubts(candidate: Candidate) -> Iterator[str]:
    ours, quote = candidate.listing.prices, candidate.quote
    if quote is None:
        if ours.base.input == 0:
            yield "only litellm says that it is free"
        return
    differing = [
        f"{name} {plain(our_price)} and {plain(their_price)}"
        for name, our_price, their_price in ours.disagreements(quote.prices)
    ]
    if differing:
        yield f"litellm and genai-prices differ: {', '.join(differing)}"
    if not ours.has_thresholds_of(quote.prices):
        theirs = _steps(quote.prices)
        yield f"long-context prices: litellm {_steps(ours)}, genai-prices {theirs}"
    if quote.changes_on:
        yield f"genai-prices knows other prices from {quote.changes_on.isoformat()}"


def _steps(prices: PriceTable) -> str:
    thresholds = prices.thresholds()
    return " and ".join(f"above {start:,}" for start in thresholds) if thresholds else "none"
