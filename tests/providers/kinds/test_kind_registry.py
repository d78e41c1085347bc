"""The table of spec/kinds.md against the rows, and what every row must keep."""

import re
from datetime import date

import pytest

from providers.kinds.declaration import Group, TermsStatus
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.kind import FormatUnsupported, Kind, KindUnavailable
from providers.kinds.registry import KINDS, UnknownKind, kind_for, type_choices
from providers.kinds.vocabulary import Answer, Format, ListingUnsupported

# slug, aliases, label, group, base URL, native formats, "live" list or not
TABLE = """
openai||OpenAI|primary|https://api.openai.com/v1|chat responses embeddings|live
anthropic|claude-api|Anthropic|primary|https://api.anthropic.com|messages|live
claude-sdk||Claude CLI (Max or Pro)|primary||messages|
ollama|ollama-local ollama-cloud|Ollama|primary|http://localhost:11434/v1|chat embeddings messages responses|live
google|gemini|Google Gemini|cloud|https://generativelanguage.googleapis.com/v1beta|gemini|live
vertex||Google Vertex AI|cloud||gemini|live
vertex-anthropic||Anthropic on Vertex AI|cloud||messages|
azure|azure-openai|Azure OpenAI|cloud||chat responses embeddings|
bedrock||Amazon Bedrock|cloud||converse|live
mistral||Mistral|compatible|https://api.mistral.ai/v1|chat embeddings|live
deepseek||DeepSeek|compatible|https://api.deepseek.com|chat messages|live
xai||xAI Grok|compatible|https://api.x.ai/v1|chat responses|live
groq||Groq|compatible|https://api.groq.com/openai/v1|chat|live
cerebras||Cerebras|compatible|https://api.cerebras.ai/v1|chat|live
together||Together AI|compatible|https://api.together.xyz/v1|chat embeddings|live
fireworks||Fireworks AI|compatible|https://api.fireworks.ai/inference/v1|chat embeddings|live
cohere||Cohere|compatible|https://api.cohere.ai/compatibility/v1|chat embeddings|live
moonshot|kimi|Moonshot AI|compatible|https://api.moonshot.ai/v1|chat messages|live
zai||Z.ai|compatible|https://api.z.ai/api/paas/v4|chat messages|
openrouter||OpenRouter|compatible|https://openrouter.ai/api/v1|chat|live
gateway||API gateway (LiteLLM, Portkey, Axiom…)|compatible||chat embeddings|live
custom|openai-compatible|Custom, OpenAI-compatible|compatible||chat embeddings|live
custom-anthropic||Custom, Anthropic-compatible|compatible||messages|live
anthropic-oauth||Anthropic (Claude Pro/Max)|subscription|https://api.anthropic.com|messages|
openai-codex||OpenAI (ChatGPT Plus/Pro)|subscription|*|responses|
google-antigravity||Google (Antigravity, free)|subscription|*|gemini|
github-copilot||GitHub Copilot|subscription|*|chat|live
oauth-compatible||Any OAuth 2.0 protected endpoint|subscription||chat messages|live
"""  # noqa: E501 - a row is a line
ROWS = [line.split("|") for line in TABLE.strip().splitlines()]
EDITABLE = {"ollama", "azure", "gateway", "custom", "custom-anthropic", "oauth-compatible"}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_kind_is_declared_as_agreed(row):
    slug, aliases, label, group, base_url, formats, listing = row

    kind = KINDS[slug]

    assert kind.label == label
    assert kind.aliases == tuple(aliases.split())
    assert kind.group == Group(group)
    assert kind.base_url == base_url or (base_url == "*" and kind.base_url)
    assert kind.native_formats == {Format(name) for name in formats.split()}
    assert kind.listing.is_live == (listing == "live")
    assert kind.base_url_is_editable == (slug in EDITABLE)


def test_there_are_no_other_kinds_and_the_order_is_that_of_the_table():
    assert list(KINDS) == [row[0] for row in ROWS]


def test_slugs_and_aliases_are_unique():
    names = [name for kind in KINDS.values() for name in (kind.slug, *kind.aliases)]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_labels_are_unique():
    assert len({kind.label for kind in KINDS.values()}) == len(KINDS)


def test_an_alias_finds_its_kind():
    assert kind_for("claude-api").slug == "anthropic"
    assert kind_for("kimi").slug == "moonshot"
    assert kind_for("groq").slug == "groq"


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownKind) as error:
        kind_for("grok")

    assert str(error.value) == "There is no provider kind “grok”."


def test_the_dropdown_has_the_key_groups_first_and_subscriptions_last():
    headings = [heading for heading, _ in type_choices()]

    assert headings == [
        "API key · Primary",
        "API key · Cloud",
        "API key · OpenAI-compatible",
        "Subscription / OAuth",
    ]
    assert [slug for _, choices in type_choices() for slug, _ in choices] == list(KINDS)


def test_a_base_url_is_complete_and_plain(any_kind, make_endpoint):
    derived = make_endpoint(any_kind).base_url if any_kind.derived_url else ""
    urls = [url for url in (any_kind.base_url, any_kind.base_url_placeholder, derived) if url]

    assert urls or any_kind.runs_program or not any_kind.is_available
    for url in urls:
        assert re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?(/[a-z0-9/-]*[a-z0-9])?", url)


def test_what_people_enter_as_a_credential_is_secret(any_kind):
    assert all(field.secret for field in any_kind.credential.fields)
    assert not any(field.secret for field in any_kind.fields)


def test_fields_have_names_of_their_own(any_kind):
    names = [field.name for field in (*any_kind.fields, *any_kind.credential.fields)]

    assert len(names) == len(set(names))


def test_an_editable_base_url_comes_with_an_example(any_kind):
    assert bool(any_kind.base_url_placeholder) == any_kind.base_url_is_editable


def test_terms_were_reviewed(any_kind):
    assert any_kind.terms.reviewed_on == date(2026, 11, 20)
    assert any_kind.terms.note or any_kind.terms.status is TermsStatus.ALLOWED


def test_subscriptions_are_personal_and_anthropics_is_prohibited():
    by_slug = {slug: KINDS[slug].terms.status for slug in KINDS}

    assert by_slug["anthropic-oauth"] is TermsStatus.PROHIBITED
    assert "API key" in KINDS["anthropic-oauth"].terms.note
    for slug in ("openai-codex", "google-antigravity", "github-copilot", "claude-sdk"):
        assert by_slug[slug] is TermsStatus.PERSONAL_ONLY


def test_a_client_id_has_no_default():
    for kind in KINDS.values():
        fields = {field.name: field for field in kind.fields}
        if kind.group is Group.SUBSCRIPTION:
            assert fields["client_id"].required
            assert not fields["client_id"].default


def test_a_kind_either_has_a_dialect_or_says_why_it_can_not_be_called(any_kind):
    assert bool(any_kind.dialects) == any_kind.is_available
    assert any_kind.is_available or any_kind.unavailable_reason.startswith(
        f"{any_kind.label.split(' (')[0]}"
    )


def test_a_kind_that_can_not_be_called_refuses_with_its_reason(any_kind):
    if any_kind.is_available:
        assert any_kind.dialect_for_model("chat").format in any_kind.formats
        return

    with pytest.raises(KindUnavailable, match="this version"):
        any_kind.dialect(Format.CHAT)
    with pytest.raises(KindUnavailable, match="this version"):
        any_kind.probe_request(any_kind.endpoint())
    assert any_kind.problems(base_url="", credential=None, config={})["kind"]


def test_a_kind_without_embeddings_says_so():
    with pytest.raises(FormatUnsupported, match="Groq has no embedding models"):
        KINDS["groq"].dialect_for_model("embedding")


def test_a_format_that_the_kind_lacks_is_named():
    with pytest.raises(FormatUnsupported, match="Groq can't be called in the format “messages”"):
        KINDS["groq"].dialect(Format.MESSAGES)


def test_no_request_carries_the_key_in_its_url(callable_kind, make_endpoint, secret):
    endpoint = make_endpoint(callable_kind)

    requests = [
        dialect.request(endpoint, "some/model", {}, stream=stream)
        for dialect in callable_kind.dialects
        for stream in (False, True)
    ]
    if callable_kind.listing.is_live:
        requests.append(callable_kind.listing.request(endpoint))

    assert not [request.url for request in requests if secret in request.url]
    assert not [request.url for request in requests if "{" in request.url]


def test_every_call_goes_to_the_host_of_the_base_url(callable_kind, make_endpoint):
    endpoint = make_endpoint(callable_kind)
    if callable_kind.runs_program:
        return
    host = endpoint.base_url.split("/")[2]

    for dialect in callable_kind.dialects:
        url = dialect.request(endpoint, "some/model", {}).url
        assert url.split("/")[2] == host


@pytest.mark.parametrize(
    ("slug", "wanted", "url"),
    [
        ("openai", Format.CHAT, "https://api.openai.com/v1/chat/completions"),
        ("openai", Format.EMBEDDINGS, "https://api.openai.com/v1/embeddings"),
        ("anthropic", Format.MESSAGES, "https://api.anthropic.com/v1/messages"),
        ("deepseek", Format.CHAT, "https://api.deepseek.com/chat/completions"),
        ("deepseek", Format.MESSAGES, "https://api.deepseek.com/anthropic/v1/messages"),
        ("moonshot", Format.MESSAGES, "https://api.moonshot.ai/anthropic/v1/messages"),
        ("zai", Format.CHAT, "https://api.z.ai/api/paas/v4/chat/completions"),
        ("zai", Format.MESSAGES, "https://api.z.ai/api/anthropic/v1/messages"),
        ("ollama", Format.CHAT, "http://localhost:11434/v1/chat/completions"),
        ("ollama", Format.MESSAGES, "http://localhost:11434/v1/messages"),
        ("ollama", Format.RESPONSES, "http://localhost:11434/v1/responses"),
        ("openai", Format.RESPONSES, "https://api.openai.com/v1/responses"),
        ("xai", Format.RESPONSES, "https://api.x.ai/v1/responses"),
        (
            "google",
            Format.GEMINI,
            "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
        ),
    ],
)
def test_calls_go_where_the_vendor_documents(slug, wanted, url, make_endpoint):
    kind = KINDS[slug]

    assert kind.dialect(wanted).request(make_endpoint(kind), "m", {}).url == url


@pytest.mark.parametrize(
    "base_url", ["http://llm:11434", "http://llm:11434/v1", "http://llm:11434/v1/"]
)
def test_ollama_may_be_written_with_or_without_v1(base_url):
    kind = KINDS["ollama"]
    endpoint = kind.endpoint(base_url=base_url)

    assert kind.dialect(Format.CHAT).request(endpoint, "m", {}).url == (
        "http://llm:11434/v1/chat/completions"
    )
    assert kind.listing.request(endpoint).url == "http://llm:11434/api/tags"
    assert kind.probe_request(endpoint).url == "http://llm:11434/api/tags"


def test_a_keyless_provider_sends_no_key():
    kind = KINDS["ollama"]

    request = kind.smallest_request(
        kind.endpoint(), "llama3.2", model_kind="chat", is_reasoning=False
    )

    assert set(request.headers) == {"content-type"}


def test_adding_an_openai_compatible_kind_is_one_row(make_answer):
    kind = Kind(
        "example", "Example", Group.COMPATIBLE, (OpenAIChat(),), base_url="https://e.test/v1"
    )
    endpoint = kind.endpoint(credential={"api_key": "k-1"})

    request = kind.smallest_request(endpoint, "m", model_kind="chat", is_reasoning=False)
    reply = kind.read_answer(
        make_answer({"choices": [{"message": {"content": "OK"}}]}), model_kind="chat"
    )

    assert request.url == "https://e.test/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer k-1"
    assert reply.text == "OK"
    assert kind.probe_request(endpoint).url == "https://e.test/v1/models"
    assert not kind.problems(base_url="", credential={"api_key": "k-1"}, config={})


def test_openrouters_probe_proves_the_key_for_its_list_needs_none():
    kind = KINDS["openrouter"]

    assert kind.probe_request(kind.endpoint()).url == "https://openrouter.ai/api/v1/key"


def test_a_kind_without_a_live_list_has_no_free_probe():
    assert KINDS["zai"].probe_request(KINDS["zai"].endpoint()) is None


def test_a_kind_without_a_live_list_says_where_models_come_from():
    with pytest.raises(ListingUnsupported, match="catalog"):
        KINDS["zai"].listing.request(KINDS["zai"].endpoint())
    with pytest.raises(ListingUnsupported, match="catalog"):
        KINDS["zai"].listing.read(Answer(200, {}, b"{}"))


def test_a_subscription_is_marked_in_lists():
    assert KINDS["openai-codex"].type_label == "OpenAI (ChatGPT Plus/Pro) · OAuth"
    assert KINDS["openai"].type_label == "OpenAI"
