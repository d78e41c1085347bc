"""The catalog that is shipped: what must hold of it whenever it is renewed."""

from collections import Counter
from datetime import date
from decimal import Decimal

from providers.catalog.curation import SHELVES
from providers.catalog.entries import DATA_FOLDER, builtin, dump, file_name


def test_it_holds_at_least_120_models_over_at_least_12_kinds():
    models = builtin().models

    assert len(models) >= 120
    assert len({model.kind for model in models}) >= 12


def test_the_kinds_that_people_expect_each_have_models():
    kinds = {model.kind for model in builtin().models}

    assert kinds >= {
        "anthropic", "openai", "google", "mistral", "deepseek", "xai", "bedrock",
        "groq", "together", "fireworks", "cohere", "moonshot", "zai",
    }  # fmt: skip


def test_bedrock_offers_nova_llama_mistral_and_claude():
    ids = " ".join(model.model_id for model in builtin().models if model.kind == "bedrock")

    assert all(f"{vendor}." in ids for vendor in ("amazon", "meta", "mistral", "anthropic"))


def test_every_kind_is_a_declared_one():
    from providers.kinds.registry import KINDS  # noqa: PLC0415 - the registry tests itself

    assert {shelf.kind for shelf in SHELVES} <= set(KINDS)
    assert {model.kind for model in builtin().models} <= set(KINDS)


def test_no_id_stands_twice_within_a_kind():
    ids = Counter((model.kind, model.model_id) for model in builtin().models)

    assert max(ids.values()) == 1


def test_every_model_of_a_kind_stands_together_with_embeddings_last():
    order = [(model.kind, model.purpose) for model in builtin().models]
    groups = list(dict.fromkeys(order))

    assert order == sorted(order, key=groups.index)
    assert all(
        (kind, "chat") not in groups[groups.index((kind, "embedding")) :]
        for kind, purpose in groups
        if purpose == "embedding"
    )


def test_every_kind_begins_with_an_active_model():
    first = {model.kind: model for model in reversed(builtin().models)}

    assert {model.status for model in first.values()} == {"active"}


def test_every_price_is_exact_and_possible():
    prices = [
        price
        for model in builtin().models
        for priced in (model, *model.tiers)
        for price in (
            priced.input_price,
            priced.output_price,
            priced.cache_read_price,
            priced.cache_write_price,
        )
        if price is not None
    ]

    assert all(isinstance(price, Decimal) and 0 <= price <= 1000 for price in prices)


def test_nearly_every_model_that_is_not_a_subscription_has_both_prices():
    by_use = {shelf.kind for shelf in SHELVES if shelf.is_priced}
    unpriced = [
        model
        for model in builtin().models
        if model.kind in by_use and None in (model.input_price, model.output_price)
    ]

    assert all(model.purpose == "embedding" for model in unpriced)


def test_it_says_where_it_came_from():
    catalog = builtin()

    assert [(source.package, source.licence) for source in catalog.sources] == [
        ("litellm", "MIT"),
        ("genai-prices", "MIT"),
    ]
    assert all(len(source.sha256) == 64 for source in catalog.sources)


def test_its_version_is_its_date_and_it_is_written_as_the_command_writes():
    catalog = builtin()
    path = DATA_FOLDER / file_name(catalog.version)

    assert date.fromisoformat(catalog.version)
    assert path.read_text(encoding="utf-8") == dump(catalog)
