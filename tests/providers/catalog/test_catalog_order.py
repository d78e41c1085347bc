from datetime import date

import pytest

from providers.catalog.build import MODELS_PER_KIND
from providers.catalog.shelves import family


def test_the_newest_generation_comes_first_and_within_it_the_strongest_line(models, listing):
    keys = ["star-3.1-mini", "star-4-mini", "star-3.1", "star-embed", "star-4", "star-3.10"]
    entries = {
        f"maker/{key}": listing(mode="embedding" if key == "star-embed" else "chat") for key in keys
    }

    ids = [model.model_id for model in models(entries)]

    assert ids == ["star-4", "star-4-mini", "star-3.1", "star-3.10", "star-3.1-mini", "star-embed"]


def test_a_regional_profile_stands_before_the_bare_id(models, listing):
    shelf = {"families": (family(r"(?:us\.)?star-(?P<v>\d)"),), "prefix": ""}

    found = models({"star-4": listing(), "us.star-4": listing(), "us.star-3": listing()}, **shelf)

    assert [model.model_id for model in found] == ["us.star-4", "star-4", "us.star-3"]


def test_legacy_stands_after_active_and_deprecated_after_legacy(models, listing):
    entries = {
        "maker/comet": listing(),
        "maker/star-4": listing(deprecation_date="2026-11-01"),
        "maker/star-3": listing(),
    }

    statuses = [(model.model_id, model.status) for model in models(entries)]

    assert statuses == [("star-3", "active"), ("comet", "legacy"), ("star-4", "deprecated")]


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ("2026-09-21", "deprecated"),
        ("2026-11-20", "deprecated"),
        ("2026-11-21", "legacy"),
        ("2027-02-18", "legacy"),
        ("2027-02-19", "active"),
    ],
)
def test_the_day_of_its_end_tells_a_models_status(models, listing, ends, status):
    (model,) = models({"maker/star-4": listing(deprecation_date=ends)})

    assert model.status == status
    assert model.deprecated_on == date.fromisoformat(ends)


def test_a_model_that_the_second_source_calls_deprecated_is_deprecated(models, listing, quoted):
    quote = quoted("star-4", "ModelPrice()", "deprecated=True")

    (model,) = models({"maker/star-4": listing()}, quote)

    assert model.status == "deprecated"
    assert model.deprecated_on is None


def test_a_generation_and_a_half_behind_is_legacy(models, listing):
    entries = {f"maker/star-{version}": listing() for version in ("5", "3.6", "3.5")}

    statuses = {model.model_id: model.status for model in models(entries)}

    assert statuses == {"star-5": "active", "star-3.6": "active", "star-3.5": "legacy"}


@pytest.mark.parametrize("spelling", ["star-4-2026-03-05", "star-4-20260305", "star-4@default"])
def test_a_dated_spelling_is_dropped_beside_the_plain_id(models, listing, spelling):
    entries = {f"maker/{spelling}": listing(), "maker/star-4": listing()}
    everything = r"star-4.*"

    found = models(entries, families=(family(everything),))

    assert [model.model_id for model in found] == ["star-4"]


def test_a_dated_id_stays_where_it_is_the_only_one(models, listing):
    (model,) = models({"maker/star-pro-0813": listing()})

    assert model.model_id == "star-pro-0813"


def test_an_id_offered_under_two_spellings_is_one_model(models, listing):
    entries = {"star-4": listing(), "maker/star-4": listing()}

    assert len(models(entries)) == 1


def test_a_kind_is_cut_where_it_grows_too_long_but_keeps_its_embeddings(models, listing):
    entries = {f"maker/comet-{number}": listing() for number in range(MODELS_PER_KIND + 5)}
    entries["maker/star-embed"] = listing(mode="embedding")

    found = models(entries)

    assert len(found) == MODELS_PER_KIND
    assert found[-1].model_id == "star-embed"


def test_a_short_shelf_keeps_the_newest_generations_of_each_line(models, listing):
    keys = ["star-3", "star-4", "star-5", "star-2-mini"]

    found = models({f"maker/{key}": listing() for key in keys}, generations_per_line=2)

    assert {model.model_id for model in found} == {"star-5", "star-4", "star-2-mini"}
