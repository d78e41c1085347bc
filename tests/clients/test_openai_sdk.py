"""OpenAI's own SDK against a real gateway process, through each of two upstreams."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from tests.journeys.aimock import ANSWER, KEY, MODEL, Aimock
from tests.journeys.installation import Installation
from tests.journeys.upstream import MODELS, WORDS, Upstream

REQUEST_ID = "x-axiom-request-id"
QUESTION = [{"role": "user", "content": "Say hello."}]


@dataclass(frozen=True, slots=True)
class Reached:
    """A provider in a running installation, what it answers, and a client's token."""

    installation: Installation
    token: str
    model: str
    answer: str

    def client(self, token: str = "") -> openai.OpenAI:
        address = f"{self.installation.gateway_url}/v1"
        return openai.OpenAI(base_url=address, api_key=token or self.token, max_retries=0)

    def rows(self, request_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Give the lines of the ledger that these requests left, in the order of the requests."""
        self.installation.settled()
        every = self.installation.rows("SELECT * FROM usage_usagerecord")
        return [row for wanted in request_ids for row in every if row["public_id"] == wanted]


@pytest.fixture(scope="module", params=["own", pytest.param("aimock", marks=pytest.mark.journey)])
def provider(request: pytest.FixtureRequest, installation: Installation) -> Iterator[Reached]:
    token = installation.script_token
    if request.param == "aimock":
        server: Aimock = request.getfixturevalue("aimock")
        installation.add_provider(
            token, name="SDK aimock", baseUrl=server.base_url, apiKey=KEY, models=[MODEL]
        )
        yield Reached(installation, token, f"sdk-aimock/{MODEL}", ANSWER)
        return
    own = Upstream()
    installation.add_provider(
        token, name="SDK own", baseUrl=own.base_url, apiKey="any", models=[MODELS[0]]
    )
    yield Reached(installation, token, f"sdk-own/{MODELS[0]}", "".join(WORDS))
    own.stop()


def test_a_whole_answer_comes_with_its_usage(provider):
    answer = provider.client().chat.completions.create(model=provider.model, messages=QUESTION)

    assert answer.choices[0].message.content == provider.answer
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0


def test_a_stream_comes_in_pieces_and_ends(provider):
    stream = provider.client().chat.completions.create(
        model=provider.model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )

    chunks = list(stream)

    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    said = [word for word in words if word]
    assert "".join(said) == provider.answer
    assert len(said) > 1
    assert chunks[-1].usage.total_tokens > 0


def test_usage_that_the_client_did_not_ask_for_stays_out_of_its_stream(provider):
    stream = provider.client().chat.completions.create(
        model=provider.model, messages=QUESTION, stream=True
    )

    chunks = list(stream)

    assert all(chunk.choices for chunk in chunks)
    (row,) = provider.rows([stream.response.headers[REQUEST_ID]])
    assert (row["outcome"], row["streamed"]) == ("reported", 1)
    assert row["output_tokens"] > 0


def test_every_request_leaves_one_row_with_what_it_used(provider):
    raw = provider.client().chat.completions.with_raw_response

    answers = [raw.create(model=provider.model, messages=QUESTION) for _ in range(3)]

    rows = provider.rows([answer.headers[REQUEST_ID] for answer in answers])
    assert len(rows) == len(answers)
    assert {row["status"] for row in rows} == {200}
    used = [(row["input_tokens"], row["output_tokens"]) for row in rows]
    usages = [answer.parse().usage for answer in answers]
    told = [(usage.prompt_tokens, usage.completion_tokens) for usage in usages]
    assert used == told


def test_the_models_that_a_token_can_call_are_listed(provider):
    listed = [model.id for model in provider.client().models.list()]

    assert "default" in listed
    assert provider.model in listed


def test_one_model_can_be_described(provider):
    described = provider.client().models.retrieve(provider.model)

    assert described.id == provider.model


def test_a_wrong_token_is_an_authentication_error(provider):
    client = provider.client("axk_" + 43 * "x")

    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model=provider.model, messages=QUESTION)

    assert caught.value.code == "invalid_api_key"
    assert "The API keys and Agents pages of your project" in caught.value.message


def test_an_unknown_model_is_not_found_and_the_closest_is_named(provider):
    mistyped = provider.model[:-1]

    with pytest.raises(openai.NotFoundError) as caught:
        provider.client().chat.completions.create(model=mistyped, messages=QUESTION)

    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"
    assert f"Did you mean {provider.model}?" in caught.value.message


def test_many_calls_at_once_are_each_answered_and_each_written_down(provider):
    async def ask_all() -> list[str]:
        address = f"{provider.installation.gateway_url}/v1"
        async with openai.AsyncOpenAI(
            base_url=address, api_key=provider.token, max_retries=0
        ) as client:
            raw = client.chat.completions.with_raw_response
            asked = [raw.create(model=provider.model, messages=QUESTION) for _ in range(20)]
            return [answer.headers[REQUEST_ID] for answer in await asyncio.gather(*asked)]

    answered = asyncio.run(ask_all())

    assert len(set(answered)) == 20
    assert len(provider.rows(answered)) == 20


def test_what_a_client_sends_beside_the_standard_reaches_the_provider(installation, upstream):
    token = installation.script_token
    installation.add_provider(token, name="Extra", baseUrl=upstream.base_url, models=[MODELS[1]])
    client = Reached(installation, token, f"extra/{MODELS[1]}", "").client()

    client.chat.completions.create(
        model=f"extra/{MODELS[1]}", messages=QUESTION, extra_body={"reasoning_style": "brief"}
    )

    sent = upstream.seen[-1]
    assert (sent["reasoning_style"], sent["model"]) == ("brief", MODELS[1])
