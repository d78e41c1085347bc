"""The contract that every kind fulfils, over answers in its vendor's documented shapes."""

import json

import pytest

from providers.kinds import errors
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Answer, ErrorClass, Format, UnreadableAnswer, Usage

CLASS_OF_CASE = {
    "invalid_key": ErrorClass.INVALID_KEY,
    "rate_limited": ErrorClass.RATE_LIMITED,
    "rate_limited_with_retry_after": ErrorClass.RATE_LIMITED,
    "model_not_found": ErrorClass.NOT_FOUND,
    "overloaded": ErrorClass.PROVIDER_ERROR,
    "no_credit": ErrorClass.RATE_LIMITED,
}
EVERY_KIND_HAS = set(CLASS_OF_CASE) - {"no_credit"}
PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def test_every_kind_that_can_be_called_has_recorded_answers(recorded):
    callable_kinds = {slug for slug, kind in KINDS.items() if kind.is_available}

    assert callable_kinds <= set(recorded)


def test_every_file_of_answers_has_every_case(recorded):
    for slug, answers in recorded.items():
        assert answers["errors"].keys() >= EVERY_KIND_HAS, slug
        assert answers["source"].startswith("https://"), slug


def test_every_format_that_a_kind_serves_has_a_recorded_success(callable_kind, recorded):
    answers = recorded[callable_kind.slug]["formats"]

    assert callable_kind.formats <= {Format(name.split()[0]) for name in answers}


def test_a_success_is_read_with_its_text(success):
    reply = success.dialect.read_answer(success.answer)

    assert reply.text == success.record["text"]


def test_a_success_is_read_with_every_bucket_of_its_usage(success, make_usage):
    reply = success.dialect.read_answer(success.answer)

    assert reply.usage == make_usage(success.record["usage"])


def test_the_buckets_sum_to_the_total_that_the_provider_names(success):
    usage = success.dialect.read_answer(success.answer).usage
    body = success.record["answer"]
    named = body.get("usage", {}).get("total_tokens") or body.get("usageMetadata", {}).get(
        "totalTokenCount"
    )

    assert named is None or usage.total_tokens == named


def test_the_usage_of_a_stream_is_that_of_its_last_events(success, make_usage):
    seen = Usage()
    for event in success.record.get("stream", []):
        usage = success.dialect.usage_of_event(json.dumps(event).encode())
        seen = seen.updated_by(usage) if usage else seen

    assert seen == make_usage(success.record.get("stream_usage")) or "stream" not in success.record


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"", "empty body", id="empty"),
        pytest.param(b"  \n", "empty body", id="blank"),
        pytest.param(PAGE, "web page", id="html"),
        pytest.param(b"\n\n<html lang=de>", "web page", id="html-without-doctype"),
        pytest.param(b"OK", "not complete JSON", id="text"),
        pytest.param(b"\xff\xfe{}", "not complete JSON", id="not-unicode"),
        pytest.param(b"[]", "not an object", id="array"),
        pytest.param(b"null", "not an object", id="null"),
        pytest.param(b"{}", "has no", id="empty-object"),
        pytest.param(b'{"choices": [], "content": null, "candidates": 3}', "has no", id="hollow"),
        pytest.param(b'{"error": {"message": "no"}}', "with an error", id="error-as-success"),
    ],
)
def test_a_success_that_is_none_says_what_came_instead(success, body, words):
    with pytest.raises(UnreadableAnswer, match=words):
        success.dialect.read_answer(Answer(200, {}, body))


def test_a_truncated_success_is_said_to_be_cut_off(success):
    half = success.answer.body[: len(success.answer.body) // 2]

    with pytest.raises(UnreadableAnswer, match="cut off"):
        success.dialect.read_answer(Answer(200, {}, half))


def test_the_smallest_request_is_json_and_keeps_the_key_out_of_the_url(
    success, make_endpoint, secret
):
    endpoint = make_endpoint(success.kind)

    request = success.dialect.smallest_request(endpoint, success.record["model"], max_tokens=16)

    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body)
    assert secret not in request.url
    is_in_a_header = success.kind.credential.is_required and success.kind.authorizer is None
    assert (secret in "".join(request.headers.values())) == is_in_a_header


def test_a_refusal_gets_its_class(refusal, secret):
    expected = refusal.record.get("class") or CLASS_OF_CASE[refusal.case]

    failure = errors.classify(refusal.kind.label, refusal.answer, secrets=[secret])

    assert failure.error_class == expected
    assert failure.http_status == refusal.record["status"]


def test_a_refusal_keeps_how_long_to_wait(refusal):
    failure = errors.classify(refusal.kind.label, refusal.answer, secrets=["sk-x"])

    assert failure.retry_after_s == refusal.record.get("retry_after_s")


def test_a_refusal_names_the_kind_and_fits_its_place(refusal):
    failure = errors.classify(refusal.kind.label, refusal.answer, secrets=[])

    assert refusal.kind.label in failure.message
    assert 40 < len(failure.message) <= errors.LONGEST_MESSAGE
    assert refusal.record.get("says", "") in failure.message


def test_a_refusal_shows_the_providers_words_without_secrets(refusal, secret):
    failure = errors.classify(refusal.kind.label, refusal.answer, secrets=[secret])

    assert " says: “" in failure.message
    assert secret not in failure.message
    assert "***" not in failure.message


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ErrorClass.BAD_REQUEST),
        (401, ErrorClass.INVALID_KEY),
        (402, ErrorClass.BAD_REQUEST),
        (403, ErrorClass.INVALID_KEY),
        (404, ErrorClass.NOT_FOUND),
        (408, ErrorClass.BAD_REQUEST),
        (413, ErrorClass.BAD_REQUEST),
        (422, ErrorClass.BAD_REQUEST),
        (429, ErrorClass.RATE_LIMITED),
        (500, ErrorClass.PROVIDER_ERROR),
        (502, ErrorClass.PROVIDER_ERROR),
        (503, ErrorClass.PROVIDER_ERROR),
        (529, ErrorClass.PROVIDER_ERROR),
        (999, ErrorClass.PROVIDER_ERROR),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(PAGE, id="page"),
        pytest.param(b"<html>" + b"<title" * 500_000, id="endless-tags"),
        pytest.param(b'{"error":', id="truncated"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"x" * 5_000_000, id="huge"),
        pytest.param(b'{"error": "' + b"*-" * 30_000 + b'"}', id="endless-sentence"),
    ],
)
def test_the_status_decides_whatever_the_body(status, expected, body):
    failure = errors.classify("Groq", Answer(status, {}, body), secrets=[])

    assert failure.error_class is expected
    assert str(status) in failure.message
    assert len(failure.message) <= errors.LONGEST_MESSAGE
