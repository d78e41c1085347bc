"""Small made sources: a price list of each of the two packages, and their wheels."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers.catalog import genai_prices, litellm
from providers.catalog.build import build
from providers.catalog.entries import Catalog, CatalogModel
from providers.catalog.shelves import Shelf, family, legacy

TODAY = date(2026, 11, 20)

A_MODEL = CatalogModel(
    kind="maker",
    model_id="star-2",
    name="Star 2",
    purpose="chat",
    context_window=128_000,
    max_output=8_192,
    tools=True,
    vision=False,
    reasoning=True,
    streaming=True,
    json=True,
    input_price=Decimal("2.5"),
    output_price=Decimal(10),
    cache_read_price=Decimal("0.25"),
    cache_write_price=None,
    status="active",
    deprecated_on=None,
    source_url="https://maker.test/prices",
    review="",
)

A_LISTING = (
    '{"litellm_provider": "maker", "mode": "chat", "max_input_tokens": 128000,'
    ' "max_output_tokens": 8192, "supports_function_calling": true,'
    ' "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}'
)

A_SHELF = Shelf(
    kind="maker",
    providers=frozenset({"maker"}),
    families=(
        family(r"star-(?P<v>\d+(?:\.\d+)?)", r"star-(?P<v>\d+(?:\.\d+)?)-mini", r"star-\w+-\d{4}"),
        legacy(r"comet(?:-.+)?"),
        family(r"star-embed"),
    ),
    prefix="maker/",
    vendor="maker",
)


def quotes(models: str) -> str:
    """Write genai-prices' file around the constructor calls of one vendor's models."""
    return (
        "import datetime\nfrom decimal import Decimal\nfrom .types import *\n"
        "providers: list[Provider] = [\n"
        "Provider(id='maker', name='Maker', pricing_urls=['https://maker.test'],"
        f" models=[{models}])\n]\n"
    )


def quote(model_id: str, prices: str, more: str = "") -> str:
    match = f"ClauseEquals(equals='{model_id}')"
    return f"ModelInfo(id='{model_id}', match={match}, prices={prices}, {more})"


@pytest.fixture
def a_model() -> Callable[..., CatalogModel]:
    return lambda **changes: replace(A_MODEL, **changes)


@pytest.fixture
def listing() -> Callable[..., dict[str, object]]:
    """Make one entry of litellm's list; a field given as None is left out."""

    def made(**changes: object) -> dict[str, object]:
        entry = dict(litellm.parse(f'{{"it": {A_LISTING}}}')["it"]) | changes
        return {name: value for name, value in entry.items() if value is not None}

    return made


@pytest.fixture
def catalog() -> Callable[..., Catalog]:
    """Build a catalog of the kind "maker" from litellm's entries and genai-prices' quotes."""

    def made(
        entries: dict[str, dict[str, object]],
        *models: str,
        on: date = TODAY,
        **shelf: object,
    ) -> Catalog:
        return build(
            litellm.listings(entries),
            genai_prices.parse(quotes(", ".join(models)), on=on),
            shelves=[replace(A_SHELF, **shelf)],
            sources=[],
            on=on,
        )

    return made


@pytest.fixture
def models(catalog) -> Callable[..., tuple[CatalogModel, ...]]:
    return lambda *sources, **options: catalog(*sources, **options).models


@pytest.fixture
def quoted() -> Callable[..., str]:
    return quote


@pytest.fixture
def quotes_file() -> Callable[[str], str]:
    return quotes


@pytest.fixture
def wheel(tmp_path: Path) -> Callable[..., Path]:
    """Write a tiny wheel of one file."""

    def made(package: str, file: str, text: str, metadata: str | None = None) -> Path:
        path = tmp_path / f"{package.replace('-', '_')}-1.2.3-py3-none-any.whl"
        about = f"Name: {package}\nVersion: 1.2.3\nLicense-Expression: MIT\n\nWords.\n"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo(file), text)
            name = f"{package.replace('-', '_')}-1.2.3.dist-info/METADATA"
            archive.writestr(zipfile.ZipInfo(name), about if metadata is None else metadata)
        return path

    return made


@pytest.fixture
def wheels(wheel) -> tuple[Path, Path]:
    """Write wheels of both packages that know two models of OpenAI."""
    entry = json.loads(A_LISTING) | {"litellm_provider": "openai"}
    entries = {"gpt-6": entry, "gpt-6-mini": entry}
    book = quotes(quote("gpt-6", "ModelPrice(input_mtok=Decimal('3'))")).replace("maker", "openai")
    return (
        wheel("litellm", litellm.FILE, json.dumps(entries)),
        wheel("genai-prices", genai_prices.FILE, book),
    )
