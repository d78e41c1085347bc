import json

import pytest

from providers.kinds import errors
from providers.kinds.retry_after import retry_after_s
from providers.kinds.vocabulary import Answer, Endpoint, ErrorClass, UnreadableAnswer

NGINX = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
CLOUDFLARE = b"<!DOCTYPE html><title>Attention Required! | Cloudflare</title><script>x()</script>"


def test_a_proxys_page_is_named_as_one_and_its_title_shown():
    failure = errors.classify("Groq", Answer(502, {}, NGINX), secrets=["sk-x"])

    assert failure.error_class is ErrorClass.PROVIDER_ERROR
    assert "The answer is a web page: check the base URL, or the proxy" in failure.message
    assert failure.message.endswith("Groq says: “502 Bad Gateway”")


def test_a_firewalls_page_shows_no_markup():
    failure = errors.classify("Groq", Answer(403, {}, CLOUDFLARE), secrets=["sk-x"])

    assert "Attention Required! | Cloudflare" in failure.message
    assert "<" not in failure.message


def test_a_page_without_a_title_shows_its_text():
    page = b"<html><style>p {}</style><body><p>Please   sign in</p></body></html>"

    failure = errors.classify("Custom", Answer(401, {}, page), secrets=["sk-x"])

    assert failure.message.endswith("says: “Please sign in”")


def test_an_empty_refusal_still_says_what_to_do():
    failure = errors.classify("Groq", Answer(401, {}, b""), secrets=["sk-x"])

    assert failure.message == (
        "Groq did not accept the key (HTTP 401). Check that it was copied whole, "
        "is still active and belongs to this provider, then enter it again."
    )


def test_a_refusal_without_any_key_asks_for_one():
    failure = errors.classify("Ollama", Answer(401, {}, b'{"error":"unauthorized"}'), secrets=[])

    assert failure.message.startswith("Ollama asks for a key (HTTP 401). Enter one")


def test_a_long_sentence_is_cut_and_says_so():
    body = b'{"error": {"message": "' + b"much to say, " * 1000 + b'"}}'

    failure = errors.classify("Groq", Answer(500, {}, body), secrets=[])

    assert len(failure.message) == errors.LONGEST_MESSAGE
    assert failure.message.endswith("…”")


def test_a_secret_at_the_cut_is_redacted_whole():
    secret = "canary-" + "9f8e7d6c" * 20
    body = f'{{"error": {{"message": "{"x, " * 80}{secret}"}}}}'.encode()

    failure = errors.classify("Groq", Answer(500, {}, body), secrets=[secret])

    assert "canary" not in failure.message


def test_a_secret_repeated_without_end_is_redacted_at_every_cut():
    secret = "canary-" + "9f8e7d6c" * 60
    body = f'{{"error": "{secret * 300}"}}'.encode()

    failure = errors.classify("Groq", Answer(500, {}, body), secrets=[secret])

    assert "canary" not in failure.message
    assert "9f8e7d6c" not in failure.message


def test_every_line_of_a_credential_counts_as_secret():
    endpoint = Endpoint("https://x", {"secret_headers": "X-One: first-value\nX-Two: second-value"})
    body = b'{"message": "first-value and second-value"}'

    failure = errors.classify("Gateway", Answer(500, {}, body), secrets=endpoint.secrets)

    assert failure.message.endswith("says: “[redacted] and [redacted]”")


def test_a_secret_in_a_repr_would_end_up_in_logs_so_it_is_not_there():
    endpoint = Endpoint("https://x", {"api_key": "canary-9f8e7d6c5b4a"})

    assert "canary" not in repr(endpoint)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": {"detail": [{"msg": "Extra inputs", "loc": ["body"]}]}}', "Extra inputs"),
        (b'{"detail": [{"msg": "too short"}, {"msg": "too odd"}]}', "too short; too odd"),
        (b'{"error": "plain"}', "plain"),
        (b'{"error": {"message": "{\\"error\\": {\\"message\\": \\"inner\\"}}"}}', "inner"),
        (b'[{"error": {"message": "in an array"}}]', "in an array"),
        (b'{"Message": "from AWS"}', "from AWS"),
        (b"Plain\r\n  text\x00.", "Plain text ."),
        (b'{"error": {"code": 7}}', ""),
    ],
)
def test_the_providers_words_are_found_in_every_shape(body, words):
    failure = errors.classify("Groq", Answer(500, {}, body), secrets=[])

    said = failure.message.partition(" says: “")[2].removesuffix("”")
    assert said == words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "7.2"}, 8),
        ({"retry-after": "999999999"}, 86_400),
        (
            {
                "retry-after": "Fri, 20 Nov 2026 12:01:00 GMT",
                "date": "Fri, 20 Nov 2026 12:00:00 GMT",
            },
            60,
        ),
        (
            {
                "retry-after": "Fri, 20 Nov 2026 11:00:00 GMT",
                "date": "Fri, 20 Nov 2026 12:00:00 GMT",
            },
            0,
        ),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers, seconds):
    assert retry_after_s(Answer(429, headers, b"")) == seconds


@pytest.mark.parametrize(
    "words", ["model 'llama9' not found", 'model "llama9" not found, try pulling it first']
)
def test_a_model_that_is_not_pulled_is_told_to_be_pulled(words):
    body = json.dumps({"error": words}).encode()

    failure = errors.classify("Ollama", Answer(404, {}, body), secrets=[])

    assert failure.message.startswith("Ollama does not have this model (HTTP 404). Pull it first")


def test_a_server_too_old_for_a_format_is_told_as_one():
    failure = errors.classify("Ollama", Answer(404, {}, b"404 page not found\n"), secrets=[])

    assert failure.error_class is ErrorClass.NOT_FOUND
    assert "an older server may lack this format" in failure.message


def test_a_failure_becomes_an_outcome():
    outcome = errors.classify("Groq", Answer(429, {"retry-after": "3"}, b""), secrets=[]).outcome(
        latency_ms=12
    )

    assert not outcome.ok
    assert outcome.error_class is ErrorClass.RATE_LIMITED
    assert (outcome.latency_ms, outcome.http_status, outcome.retry_after_s) == (12, 429, 3)


def test_an_unreadable_success_is_the_providers_error():
    error = UnreadableAnswer("The server answered with a web page instead of JSON.")

    failure = errors.classify_unreadable("Custom", Answer(200, {}, NGINX), error, secrets=[])

    assert failure.error_class is ErrorClass.PROVIDER_ERROR
    assert failure.message == str(error)


def test_an_error_dressed_as_success_shows_its_words():
    error = UnreadableAnswer("The server answered HTTP 200, but with an error.")
    answer = Answer(200, {}, b'{"error": {"message": "no seats left for canary-1234"}}')

    failure = errors.classify_unreadable("OpenRouter", answer, error, secrets=["canary-1234"])

    assert failure.message.endswith("OpenRouter says: “no seats left for [redacted]”")
