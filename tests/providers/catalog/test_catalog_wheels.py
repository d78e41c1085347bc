import hashlib
from datetime import date
from decimal import Decimal

import pytest

from providers.catalog import genai_prices, litellm
from providers.catalog.entries import Source, dump
from providers.catalog.wheels import WheelUnreadable, catalog_from

ON = date(2026, 11, 20)


def test_the_same_wheels_always_make_the_same_catalog(wheels):
    first, second = (dump(catalog_from(*wheels, on=ON)) for _ in range(2))

    assert first == second


def test_the_catalog_is_made_from_both_wheels(wheels):
    catalog = catalog_from(*wheels, on=ON)

    assert catalog.version == "2026-11-20"
    assert [model.model_id for model in catalog.models] == ["gpt-6", "gpt-6-mini"]
    assert catalog.models[0].input_price == Decimal("2.5")
    assert catalog.models[0].review == "litellm and genai-prices differ: input 2.5 and 3"


def test_each_source_is_recorded_with_version_hash_and_licence(wheels):
    sources = catalog_from(*wheels, on=ON).sources

    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in wheels]
    assert sources == (
        Source("litellm", "1.2.3", hashes[0], "MIT"),
        Source("genai-prices", "1.2.3", hashes[1], "MIT"),
    )


def test_wheels_that_are_swapped_are_refused(wheels):
    with pytest.raises(WheelUnreadable, match="as a litellm wheel"):
        catalog_from(*reversed(wheels), on=ON)


def test_a_wheel_of_another_package_is_refused(wheel, wheels):
    other = wheel("prices", litellm.FILE, "{}")

    with pytest.raises(WheelUnreadable, match="is the package prices, not litellm"):
        catalog_from(other, wheels[1], on=ON)


@pytest.mark.parametrize("metadata", ["Name: litellm\n", "Name: litellm\nVersion: 1.2.3\n"])
def test_a_wheel_without_version_or_licence_is_refused(wheel, wheels, metadata):
    nameless = wheel("litellm", litellm.FILE, "{}", metadata)

    with pytest.raises(WheelUnreadable, match="doesn't state its version and its licence"):
        catalog_from(nameless, wheels[1], on=ON)


def test_a_file_that_is_no_wheel_is_refused(tmp_path, wheels):
    text = tmp_path / "litellm-1.2.3.whl"
    text.write_text("not a zip", encoding="utf-8")

    with pytest.raises(WheelUnreadable, match="can't be read as a litellm wheel"):
        catalog_from(text, wheels[1], on=ON)


def test_prices_that_are_no_json_are_refused(wheel, wheels):
    broken = wheel("litellm", litellm.FILE, "{")

    with pytest.raises(WheelUnreadable, match="The prices in litellm-"):
        catalog_from(broken, wheels[1], on=ON)


def test_prices_that_are_no_python_are_refused(wheel, wheels):
    broken = wheel("genai-prices", genai_prices.FILE, "providers: list = [")

    with pytest.raises(WheelUnreadable, match="The prices in genai_prices-"):
        catalog_from(wheels[0], broken, on=ON)
