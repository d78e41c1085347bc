"""The catalog's records, and the dated file that holds them."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast

from providers.catalog.rates import plain
from providers.catalog.rows import CatalogInvalid, Row

DATA_FOLDER = Path(__file__).parent / "data"

Purpose = Literal["chat", "embedding"]
Status = Literal["active", "legacy", "deprecated"]


@dataclass(frozen=True, slots=True)
class Tier:
    """Other prices for a whole request whose input is longer than `above_tokens`.

    USD per million tokens; None where the long request has no other price than the base one.
    """

    above_tokens: int
    input_price: Decimal | None
    output_price: Decimal | None
    cache_read_price: Decimal | None
    cache_write_price: Decimal | None


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One model as one kind of provider offers it.

    Prices are USD per million tokens: None is unknown, zero is free. `context_window` counts the
    input tokens that a request may hold. `deprecated_on` is the day on which the vendor switches
    the model off, past or to come. `review` says why a person should look, or is empty.
    """

    kind: str
    model_id: str
    name: str
    purpose: Purpose
    context_window: int | None
    max_output: int | None
    tools: bool
    vision: bool
    reasoning: bool
    streaming: bool
    json: bool
    input_price: Decimal | None
    output_price: Decimal | None
    cache_read_price: Decimal | None
    cache_write_price: Decimal | None
    status: Status
    deprecated_on: date | None
    source_url: str
    review: str
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A data package that a catalog was made from; `sha256` is that of its wheel."""

    package: str
    version: str
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models of one day; within a kind they stand in catalog order, flagships first."""

    version: str
    sources: tuple[Source, ...]
    models: tuple[CatalogModel, ...]


@cache
def builtin() -> Catalog:
    """Return the newest catalog that is shipped; raises CatalogInvalid."""
    shipped = sorted(DATA_FOLDER.glob("catalog-*.json"))
    if not shipped:
        raise CatalogInvalid(f"No catalog in {DATA_FOLDER}; make one with manage.py build_catalog.")
    return load(shipped[-1])


def file_name(version: str) -> str:
    return f"catalog-{version}.json"


def load(path: Path) -> Catalog:
    """Read a catalog file; raises CatalogInvalid, which names the entry and the field."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogInvalid(f"{path.name} can't be read: {error}") from error
    document = Row.of(path.name, content)
    catalog = Catalog(
        version=_version(document),
        sources=tuple(_source(row) for row in document.rows("sources")),
        models=tuple(_model(row) for row in document.rows("models")),
    )
    document.must_be_read_whole()
    _refuse_twins(path.name, catalog)
    return catalog


def dump(catalog: Catalog) -> str:
    """Write a catalog as text, always the same for the same catalog, with one model on a line."""
    sources = ",\n".join(_line(_source_values(source)) for source in catalog.sources)
    models = ",\n".join(_line(_model_values(model)) for model in catalog.models)
    version = json.dumps(catalog.version)
    return f'{{"version": {version},\n"sources": [\n{sources}\n],\n"models": [\n{models}\n]}}\n'


def _version(document: Row) -> str:
    day = document.day("version")
    if day is None:
        raise CatalogInvalid(f"{document.place}: version is missing.")
    return day.isoformat()


def _source(row: Row) -> Source:
    source = Source(
        package=row.named("package"),
        version=row.named("version"),
        sha256=row.named("sha256"),
        licence=row.named("licence"),
    )
    row.must_be_read_whole()
    return source


def _model(row: Row) -> CatalogModel:
    model = CatalogModel(
        kind=row.named("kind"),
        model_id=row.named("id"),
        name=row.named("name"),
        purpose=cast("Purpose", row.named("purpose", ("chat", "embedding"))),
        context_window=row.count("context_window"),
        max_output=row.count("max_output"),
        tools=row.flag("tools"),
        vision=row.flag("vision"),
        reasoning=row.flag("reasoning"),
        streaming=row.flag("streaming"),
        json=row.flag("json"),
        input_price=row.price("input"),
        output_price=row.price("output"),
        cache_read_price=row.price("cache_read"),
        cache_write_price=row.price("cache_write"),
        status=cast("Status", row.named("status", ("active", "legacy", "deprecated"))),
        deprecated_on=row.day("deprecated_on"),
        source_url=row.text("source_url"),
        review=row.text("review"),
        tiers=tuple(_tier(tier) for tier in row.rows("tiers")),
    )
    row.must_be_read_whole()
    return model


def _tier(row: Row) -> Tier:
    above_tokens = row.count("above_tokens")
    if above_tokens is None:
        raise CatalogInvalid(f"{row.place}: above_tokens is missing.")
    tier = Tier(
        above_tokens=above_tokens,
        input_price=row.price("input"),
        output_price=row.price("output"),
        cache_read_price=row.price("cache_read"),
        cache_write_price=row.price("cache_write"),
    )
    row.must_be_read_whole()
    return tier


def _refuse_twins(place: str, catalog: Catalog) -> None:
    seen: set[tuple[str, str]] = set()
    for model in catalog.models:
        key = (model.kind, model.model_id)
        if key in seen:
            raise CatalogInvalid(f"{place} has {model.model_id} of {model.kind} twice.")
        seen.add(key)


def _source_values(source: Source) -> dict[str, object]:
    return {
        "package": source.package,
        "version": source.version,
        "sha256": source.sha256,
        "licence": source.licence,
    }


def _model_values(model: CatalogModel) -> dict[str, object]:
    return {
        "kind": model.kind,
        "id": model.model_id,
        "name": model.name,
        "purpose": model.purpose,
        "status": model.status,
        "deprecated_on": model.deprecated_on and model.deprecated_on.isoformat(),
        "context_window": model.context_window,
        "max_output": model.max_output,
        "tools": model.tools,
        "vision": model.vision,
        "reasoning": model.reasoning,
        "streaming": model.streaming,
        "json": model.json,
        **_price_values(model),
        "tiers": [
            {"above_tokens": tier.above_tokens, **_stated(_price_values(tier))}
            for tier in model.tiers
        ],
        "source_url": model.source_url,
        "review": model.review,
    }


def _price_values(priced: CatalogModel | Tier) -> dict[str, object]:
    return {
        "input": _price(priced.input_price),
        "output": _price(priced.output_price),
        "cache_read": _price(priced.cache_read_price),
        "cache_write": _price(priced.cache_write_price),
    }


def _price(price: Decimal | None) -> str | None:
    return None if price is None else plain(price)


def _stated(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _line(values: dict[str, object]) -> str:
    return json.dumps(_stated(values), ensure_ascii=False)
