import json

import pytest

from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Answer, ListedModel, UnreadableAnswer

LIVE = [kind for kind in KINDS.values() if kind.is_available and kind.listing.is_live]
OPENAI = KINDS["openai"].listing
KEYS = ("data", "models", "modelSummaries", "publisherModels")
NOTHING_OF_USE = json.dumps({key: [7, None, {}, {"name": ""}] for key in KEYS}).encode()


@pytest.mark.parametrize("kind", LIVE, ids=lambda kind: kind.slug)
def test_the_recorded_list_is_read_in_order_with_embedding_models_marked(
    kind, recorded, make_answer
):
    listing = recorded[kind.slug]["models"]

    models = kind.listing.read(make_answer(listing["answer"]))

    assert [[model.id, model.kind] for model in models] == listing["listed"]
    assert all(model.name for model in models)


@pytest.mark.parametrize("kind", LIVE, ids=lambda kind: kind.slug)
def test_an_empty_list_says_so(kind):
    body = {key: [] for key in KEYS}

    with pytest.raises(UnreadableAnswer, match=r"lists no models|No model is pulled"):
        kind.listing.read(Answer(200, {}, json.dumps(body).encode()))


@pytest.mark.parametrize("kind", LIVE, ids=lambda kind: kind.slug)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty body"),
        (b"<html></html>", "web page"),
        (b'{"data": [{"id": "x"', "cut off"),
        (b"{}", "no list of models"),
        (b'{"data": {}, "models": 3}', "no list of models"),
        (b"null", "not an object"),
        (b'"text"', "not an object"),
        (b'{"error": {"message": "no"}}', "with an error"),
        (NOTHING_OF_USE, "none that chats or embeds"),
    ],
)
def test_a_list_that_is_none_says_what_came_instead(kind, body, words):
    with pytest.raises(UnreadableAnswer, match=words):
        kind.listing.read(Answer(200, {}, body))


def test_a_bare_array_is_a_list_too(make_answer):
    assert OPENAI.read(make_answer([{"id": "m"}])) == (ListedModel("m", "m", "chat"),)


def test_a_model_that_is_listed_twice_comes_once(make_answer):
    models = OPENAI.read(make_answer({"data": [{"id": "m"}, {"id": "m"}, {"id": "n"}]}))

    assert [model.id for model in models] == ["m", "n"]


def test_a_list_of_pictures_and_voices_has_no_model_to_offer(make_answer):
    with pytest.raises(UnreadableAnswer, match="none that chats or embeds"):
        OPENAI.read(make_answer({"data": [{"id": "dall-e-3"}, {"id": "tts-1"}]}))


@pytest.mark.parametrize(
    ("model_id", "kind"),
    [
        ("text-embedding-3-large", "embedding"),
        ("nomic-embed-text:latest", "embedding"),
        ("BAAI/bge-m3", "embedding"),
        ("intfloat/multilingual-e5-large-instruct", "embedding"),
        ("Alibaba-NLP/gte-modernbert-base", "embedding"),
        ("voyage-3", "embedding"),
        ("gpt-5.2", "chat"),
        ("deepseek-chat", "chat"),
        ("cohere/command-a", "chat"),
        ("my-own-finetune", "chat"),
        ("attsila-7b", "chat"),
    ],
)
def test_a_name_alone_tells_what_most_models_do(make_answer, model_id, kind):
    assert OPENAI.read(make_answer({"data": [{"id": model_id}]}))[0].kind == kind


def test_a_vendors_display_name_is_kept(make_answer):
    models = KINDS["anthropic"].listing.read(
        make_answer({"data": [{"id": "claude-x", "display_name": "Claude X"}]})
    )

    assert models == (ListedModel("claude-x", "Claude X", "chat"),)


@pytest.mark.parametrize(
    ("slug", "url", "header"),
    [
        ("openai", "https://api.openai.com/v1/models", "authorization"),
        ("anthropic", "https://api.anthropic.com/v1/models?limit=1000", "x-api-key"),
        (
            "google",
            "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
            "x-goog-api-key",
        ),
        ("cohere", "https://api.cohere.com/v1/models?page_size=1000", "authorization"),
        ("deepseek", "https://api.deepseek.com/models", "authorization"),
    ],
)
def test_lists_are_asked_for_where_the_vendor_documents(slug, url, header, make_endpoint):
    request = KINDS[slug].listing.request(make_endpoint(KINDS[slug]))

    assert (request.method, request.url) == ("GET", url)
    assert header in request.headers
