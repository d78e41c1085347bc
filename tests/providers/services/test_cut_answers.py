"""A model that thinks before its first word: tests give it the tokens for that, once."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from providers.kinds.vocabulary import Answer, ErrorClass
from providers.models import TestStatus
from providers.services import completions, connections
from tests.factories import make_provider, make_secret
from usage.models import UsageRecord

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def said(text, ended_by, tokens):
    body = {
        "choices": [{"message": {"content": text}, "finish_reason": ended_by}],
        "usage": {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens},
    }
    return Answer(200, {}, json.dumps(body).encode(), 321)


CUT = said("", "length", 16)
SPOKEN = said("OK", "stop", 200)
OUT_OF_TOKENS = Answer(
    400,
    {},
    b'{"error": {"message": "Could not finish the message because max_tokens or model output '
    b'limit was reached."}}',
    90,
)


@pytest.fixture
def answers(monkeypatch):
    """Answer with these one after the other, and keep the limit that each request set."""
    waiting, limits = [], []

    def send(_call, request, *, timeout_s):
        assert 0 < timeout_s <= 60
        limits.append(json.loads(request.body)["max_tokens"])
        return waiting.pop(0)

    monkeypatch.setattr(connections.Call, "send", send)
    return waiting, limits


@pytest.fixture
def model():
    secret = make_secret(kind="mistral", host="api.mistral.ai")
    provider = make_provider(secret.project, name="Main", kind="mistral", secret=secret)
    provider.models.update(input_price=Decimal(1), output_price=Decimal(10))
    return provider.models.get()


@pytest.mark.parametrize("first", [CUT, OUT_OF_TOKENS], ids=["an empty answer", "a refusal"])
def test_a_test_that_is_cut_before_the_first_word_is_made_once_more_with_room(
    answers, model, first
):
    waiting, limits = answers
    waiting += [first, SPOKEN]

    outcome = connections.test_connection(model, now=NOON)

    assert outcome.ok
    assert limits == [16, 1024]
    assert model.test_status == TestStatus.CONNECTED


def test_both_calls_are_lines_of_the_ledger(answers, model):
    answers[0].extend([CUT, SPOKEN])

    asked = completions.complete(model, "test", now=NOON)

    lines = UsageRecord.objects.order_by("pk")
    assert [(line.output_tokens, line.status) for line in lines] == [(16, 200), (200, 200)]
    assert asked.cost == sum(line.cost for line in lines)


def test_a_cut_answer_with_a_word_in_it_has_answered(answers, model):
    waiting, limits = answers
    waiting.append(said("O", "length", 16))

    assert connections.test_connection(model, now=NOON).ok
    assert limits == [16]


@pytest.mark.parametrize("is_known_to_reason", [True, False])
def test_a_model_that_never_comes_to_a_word_is_an_error_that_says_so(
    answers, model, is_known_to_reason
):
    waiting, limits = answers
    model.has_reasoning = is_known_to_reason
    waiting += [CUT] * (1 if is_known_to_reason else 2)

    outcome = connections.test_connection(model, now=NOON)

    assert limits[-1] == 1024
    assert waiting == []
    assert (outcome.ok, outcome.error_class) == (False, ErrorClass.PROVIDER_ERROR)
    assert outcome.message.startswith(
        "some-model at Main used up the 1024 tokens of the test before its first word."
    )
    assert model.test_status == TestStatus.ERROR


def test_a_paid_probe_is_never_made_twice(answers, model):
    waiting, limits = answers
    waiting.append(CUT)

    assert completions.complete(model, "probe", now=NOON).outcome.ok
    assert limits == [16]
