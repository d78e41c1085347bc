import json
from datetime import date
from decimal import Decimal

import pytest

from providers.catalog import entries
from providers.catalog.entries import Catalog, CatalogInvalid, Source, Tier, dump, load

SOURCE = Source(package="prices", version="1.2.3", sha256="ab12", licence="MIT")


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "catalog-2026-11-20.json"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def changed(file, a_model):
    """Write a sound catalog of one model with some of the model's fields changed."""

    def written(**changes):
        document = json.loads(dump(Catalog("2026-11-20", (SOURCE,), (a_model(),))))
        document["models"][0] |= changes
        return file(json.dumps(document))

    return written


def test_a_catalog_that_is_written_and_read_again_is_the_same(file, a_model):
    tier = Tier(200_000, Decimal("5.0"), None, Decimal(0), Decimal("6.25"))
    catalog = Catalog(
        version="2026-11-20",
        sources=(SOURCE,),
        models=(
            a_model(tiers=(tier,), deprecated_on=date(2027, 1, 14), review="look – “twice”"),
            a_model(model_id="star-1", input_price=Decimal(0), output_price=None),
            a_model(model_id="embed", purpose="embedding", context_window=None, max_output=None),
        ),
    )

    assert load(file(dump(catalog))) == catalog


def test_equal_prices_are_written_alike(a_model):
    def written(price):
        return dump(Catalog("2026-11-20", (), (a_model(input_price=Decimal(price)),)))

    assert written("20.00") == written("2E+1")
    assert '"input": "20"' in written("20.00")


def test_every_model_is_one_line(a_model):
    models = tuple(a_model(model_id=f"star-{number}") for number in range(3))

    lines = dump(Catalog("2026-11-20", (SOURCE,), models)).splitlines()

    assert sum('"kind"' in line for line in lines) == 3


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"input": 2.5}, r'models 1: input must be a price in quotes, like "2.50", not 2.5'),
        ({"input": "-1"}, "input must be a price"),
        ({"input": "NaN"}, "input must be a price"),
        ({"input": "much"}, "input must be a price"),
        ({"id": ""}, "id must be a text that is not empty"),
        ({"name": 7}, "name must be a text"),
        ({"purpose": "image"}, "purpose must be chat or embedding, not 'image'"),
        ({"status": "retired"}, "status must be active or legacy or deprecated"),
        ({"tools": "yes"}, "tools must be true or false"),
        ({"max_output": True}, "max_output must be a whole number"),
        ({"deprecated_on": "soon"}, "deprecated_on must be a date"),
        ({"tiers": {}}, "tiers must be a list"),
        ({"tiers": [{"input": "1"}]}, "tiers 1: above_tokens is missing"),
        ({"tiers": [5]}, "tiers 1 must be an object"),
        ({"colour": "red"}, "a field that nobody knows: colour"),
    ],
)
def test_a_malformed_entry_is_named(changed, changes, complaint):
    path = changed(**changes)

    with pytest.raises(CatalogInvalid, match=complaint) as refused:
        load(path)

    assert "catalog-2026-11-20.json" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "can't be read"),
        ("[]", "must be an object"),
        ('{"models": []}', "version is missing"),
        ('{"version": "new"}', "version must be a date"),
        ('{"version": "2026-11-20", "sources": [{}]}', "sources 1: package must be"),
        ('{"version": "2026-11-20", "prices": []}', "nobody knows: prices"),
    ],
)
def test_a_malformed_file_is_refused(file, text, complaint):
    with pytest.raises(CatalogInvalid, match=complaint):
        load(file(text))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CatalogInvalid, match="can't be read"):
        load(tmp_path / "catalog-2026-11-20.json")


def test_a_model_that_stands_there_twice_is_refused(file, a_model):
    text = dump(Catalog("2026-11-20", (), (a_model(), a_model(name="Other"))))

    with pytest.raises(CatalogInvalid, match="star-2 of maker twice"):
        load(file(text))


@pytest.fixture
def shipping(tmp_path, monkeypatch):
    """Make an empty folder the one that catalogs are shipped in."""
    monkeypatch.setattr(entries, "DATA_FOLDER", tmp_path)
    entries.builtin.cache_clear()
    yield tmp_path
    entries.builtin.cache_clear()


def test_the_built_in_catalog_is_the_newest_one_that_is_shipped(shipping):
    for version in ("2026-09-30", "2026-11-20", "2025-12-31"):
        text = dump(Catalog(version, (), ()))
        (shipping / entries.file_name(version)).write_text(text, encoding="utf-8")

    assert entries.builtin().version == "2026-11-20"


def test_without_any_catalog_the_refusal_says_how_to_make_one(shipping):
    with pytest.raises(CatalogInvalid, match="make one with manage"):
        entries.builtin()
