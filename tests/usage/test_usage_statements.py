"""What providers' exports look like, and what is read of them."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.statements import StatementInvalid, read_statement

OPENAI = {
    "object": "page",
    "data": [
        {
            "object": "bucket",
            "start_time": 1_795_132_800,
            "end_time": 1_795_219_200,
            "results": [
                {
                    "object": "organization.usage.completions.result",
                    "input_tokens": 1000,
                    "input_cached_tokens": 800,
                    "output_tokens": 500,
                    "num_model_requests": 5,
                    "model": "gpt-5.4",
                }
            ],
        }
    ],
}
ANTHROPIC = {
    "data": [
        {
            "starting_at": "2026-11-20T00:00:00Z",
            "ending_at": "2026-11-21T00:00:00Z",
            "results": [
                {
                    "uncached_input_tokens": 100,
                    "cache_creation": {
                        "ephemeral_1h_input_tokens": 10,
                        "ephemeral_5m_input_tokens": 20,
                    },
                    "cache_read_input_tokens": 70,
                    "output_tokens": 50,
                    "model": "claude-opus-5",
                }
            ],
        }
    ],
    "has_more": False,
}
CONSOLE = (
    "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_read,"
    "usage_output_tokens\n"
    "2026-11-20,claude-opus-5,100,100,30\n"
    "2026-11-21,claude-opus-5,1,,2\n"
)
PLAIN = 'Date,Model,Requests,Prompt tokens,Completion tokens,Cost\n2026-11-20,m,2,"1,000",3,$0.50\n'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (json.dumps(OPENAI), ("gpt-5.4", 5, 1000, 500, None)),
        (json.dumps(ANTHROPIC), ("claude-opus-5", None, 200, 50, None)),
        (CONSOLE, ("claude-opus-5", None, 201, 32, None)),
        (PLAIN, ("m", 2, 1000, 3, Decimal("0.50"))),
        ("\ufeff" + PLAIN, ("m", 2, 1000, 3, Decimal("0.50"))),
    ],
    ids=["OpenAI's API", "Anthropic's API", "Anthropic's console", "a plain table", "with a BOM"],
)
def test_an_export_is_read_by_the_columns_that_are_known(content, expected):
    statement = read_statement(content.encode())

    ((model, stated),) = statement.models.items()
    assert (model, stated.requests, stated.prompt, stated.generated, stated.cost) == expected
    assert statement.first == date(2026, 11, 20)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_refused_in_words(content):
    with pytest.raises(StatementInvalid, match=r"\w"):
        read_statement(content)
