"""Calls that do not come through the gateway, and prices that grow with the prompt."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from providers.kinds.vocabulary import Format, Usage
from providers.models.catalog import CatalogEntry
from tests import factories
from usage.entries import KindOfUse, Outcome
from usage.models import FreshBucket, UsageRecord
from usage.prices import prices_of
from usage.pricing import LongRates, Prices, Rates, cost_of
from usage.recording import Use, record

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE, TWO, THREE, NINE = map(Decimal, (1, 2, 3, 9))
MILLION = 1_000_000


@pytest.fixture
def model(project):
    provider = factories.make_provider(project, name="Main", kind="openai", models=("gpt-x",))
    model = provider.models.get()
    model.input_price, model.output_price = ONE, TWO
    model.cache_read_price = model.cache_write_price = None
    model.save()
    return model


def make_use(model, **fields):
    plain = {
        "kind_of_use": KindOfUse.TEST,
        "format": Format.CHAT.value,
        "started_at": NOW,
        "latency_ms": 30,
        "project": model.provider.project,
        "usage": Usage(input_tokens=MILLION, output_tokens=MILLION),
    }
    return Use(model=model, **(plain | fields))


def test_a_test_is_a_line_of_the_ledger_with_its_cost(model, viewer):
    request_id = record(make_use(model, user=viewer)).request_id

    line = UsageRecord.objects.get()
    assert (line.public_id, line.kind_of_use, line.model) == (request_id, "test", "gpt-x")
    assert (line.cost, line.outcome, line.user_name) == (THREE, "reported", viewer.email)
    assert FreshBucket.objects.get().kind_of_use == "test"


def test_written_twice_with_its_own_id_it_counts_once(model):
    use = make_use(model, request_id="req_abc")

    record(use)
    record(use)

    assert (UsageRecord.objects.count(), FreshBucket.objects.get().requests) == (1, 1)


def test_what_nobody_knows_the_use_of_has_no_cost(model):
    record(make_use(model, usage=None, source=Outcome.PARTIAL, error_class="timeout", status=504))

    line = UsageRecord.objects.get()
    assert (line.cost, line.outcome, line.status) == (None, "partial", 504)


def test_a_probe_of_a_shared_provider_belongs_to_no_project(model, viewer, staff):
    record(make_use(model, project=None, kind_of_use=KindOfUse.PROBE))

    assert UsageRecord.objects.visible_to(viewer).count() == 0
    assert UsageRecord.objects.visible_to(staff).get().project is None


LONG = Prices(ONE, TWO).with_tiers(
    Rates(ONE, TWO), [LongRates(500, Rates(NINE, None)), LongRates(100, Rates(TWO, THREE))]
)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(input_tokens=100, output_tokens=100), 100 * 1 + 100 * 2),
        (Usage(input_tokens=101, output_tokens=100), 101 * 2 + 100 * 3),
        (Usage(input_tokens=501, output_tokens=10), 501 * 9 + 10 * 2),
        (Usage(input_tokens=50, output_tokens=1_000), 50 * 1 + 1_000 * 2),
    ],
    ids=["as long as the base goes", "longer", "longest, whose output is the base's", "answers"],
)
def test_a_long_prompt_has_its_own_prices_for_the_whole_request(usage, expected):
    assert cost_of(usage, LONG) == Decimal(expected) / MILLION


def test_what_is_cached_makes_a_prompt_long():
    free = Prices(ONE, TWO, ONE, ONE).with_tiers(
        Rates(ONE, TWO, ONE, ONE), [LongRates(100, Rates(NINE, NINE, NINE, NINE))]
    )

    assert cost_of(Usage(input_tokens=1, cache_read_tokens=100), free) == Decimal(909) / MILLION


def test_a_price_of_ones_own_holds_for_every_length():
    own = Prices(NINE, TWO).with_tiers(Rates(ONE, TWO), [LongRates(100, Rates(TWO, THREE))])

    assert own.rates_for(101) == Rates(NINE, THREE)


def test_the_catalogs_tiers_come_with_its_prices(model, django_assert_num_queries):
    CatalogEntry.objects.create(
        provider_kind="openai",
        model_id="gpt-x",
        name="X",
        kind="chat",
        position=999,
        status="active",
        input_price=ONE,
        output_price=TWO,
        tiers=[{"above_tokens": 100, "input_price": "2", "output_price": "3"}],
        version="2026-11-20",
    )

    with django_assert_num_queries(1):
        prices = prices_of([model])[model.pk]

    assert prices.longer == (LongRates(100, Rates(TWO, THREE)),)
