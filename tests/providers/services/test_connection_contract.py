"""What Test Connection says of every kind, whatever its server answers: over a real socket.

The answers are those of tests/answers; each kind lives at a path of loopback instead of its
vendor's host, and is otherwise as declared.
"""

import json
import re
from pathlib import Path

import pytest
from django.utils import timezone

from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import ErrorClass, Format
from providers.services import completions, connections
from tests.moved_kinds import only_model, provider_there

pytestmark = pytest.mark.django_db

ANSWERS = Path(__file__).resolve().parents[2] / "answers"
SECRET = "canary-9f8e7d6c5b4a"
PAGE = "<!DOCTYPE html><html><title>502 Bad Gateway</title><body>nginx</body></html>"

# Kinds that have an address; the others ask a program.
ADDRESSED = {
    slug: kind for slug, kind in KINDS.items() if kind.is_available and not kind.runs_program
}
RECORDED = {slug: json.loads((ANSWERS / f"{slug}.json").read_text()) for slug in ADDRESSED}

CLASSES = {
    "invalid_key": ErrorClass.INVALID_KEY,
    "rate_limited": ErrorClass.RATE_LIMITED,
    "rate_limited_with_retry_after": ErrorClass.RATE_LIMITED,
    "model_not_found": ErrorClass.NOT_FOUND,
    "overloaded": ErrorClass.PROVIDER_ERROR,
    "no_credit": ErrorClass.RATE_LIMITED,
}
TO_DO = (
    r"\b(?:[Cc]heck|[Tt]ry|[Ee]nter|Add|Pull|Allow|Switch|Leave|[Ll]ook|Tick"
    r"|Request|Fill|Set|Enable|Give)\b"
)
NEXT = {
    "invalid_key": "then enter it again|come with their session token|Give it the role",
    "rate_limited": "Try again in a minute|Add credit",
    "rate_limited_with_retry_after": r"Try again in [1-9]\d* s",
    "model_not_found": "Check the (?:model's )?id|Pull it first|the name of its deployment",
    "overloaded": "The fault is on its side",
}


def next_step(slug, case):
    """Nobody has a key to enter again where somebody signs in."""
    if case == "invalid_key" and KINDS[slug].has_login:
        return "[Ss]ign in again"
    return NEXT.get(case, TO_DO)


def preferred(slug):
    return next(iter(RECORDED[slug]["formats"]))


def calls():
    return [
        pytest.param(slug, name, id=f"{slug}-{name.replace(' ', '-')}")
        for slug, answers in RECORDED.items()
        for name in answers["formats"]
    ]


def refusals():
    return [
        pytest.param(slug, case, id=f"{slug}-{case}")
        for slug, answers in RECORDED.items()
        for case in answers["errors"]
    ]


@pytest.fixture
def model_of(httpserver, monkeypatch):
    """Make a provider of a kind at an address of loopback, and give its model."""

    def make(slug, name, *, origin=""):
        provider = provider_there(
            monkeypatch,
            slug,
            origin or httpserver.url_for(""),
            wanted=Format(name.split(maxsplit=1)[0]),
            key=SECRET,
            model_id=RECORDED[slug]["formats"][name]["model"],
        )
        provider.name = "Main"
        return only_model(provider)

    return make


@pytest.fixture
def outcome_of(httpserver, model_of):
    """Ask a model of a kind while its server answers everything alike."""

    def ask(slug, name, body, status=200, headers=None):
        httpserver.expect_request(re.compile(""), method="POST").respond_with_data(
            body, status, {"content-type": "application/json"} | (headers or {})
        )
        return connections.ask(model_of(slug, name), now=timezone.now())

    return ask


def said(body):
    return json.dumps(body).replace("{{secret}}", SECRET)


def endings(*, cut):
    return [call for call in calls() if call.values[1].endswith("cut short") is cut]


@pytest.mark.parametrize(("slug", "name"), endings(cut=True))
def test_an_answer_that_ends_before_its_first_word_is_no_success(outcome_of, slug, name):
    outcome = outcome_of(slug, name, said(RECORDED[slug]["formats"][name]["answer"]))

    assert not outcome.ok
    assert "at Main used up the 1024 tokens of the test before its first word" in outcome.message


@pytest.mark.parametrize(("slug", "name"), endings(cut=False))
def test_a_success_is_connected(outcome_of, slug, name):
    outcome = outcome_of(slug, name, said(RECORDED[slug]["formats"][name]["answer"]))

    assert outcome.ok, outcome.message
    assert (outcome.error_class, outcome.http_status) == (None, 200)
    assert f"answered in {outcome.latency_ms} ms" in outcome.message


@pytest.mark.parametrize(("slug", "case"), refusals())
def test_a_refusal_has_its_class_and_says_what_to_do_next(outcome_of, slug, case):
    record = RECORDED[slug]["errors"][case]

    outcome = outcome_of(
        slug, preferred(slug), said(record["body"]), record["status"], record.get("headers")
    )

    assert not outcome.ok
    assert outcome.error_class == record.get("class", CLASSES.get(case))
    assert outcome.http_status == record["status"]
    assert outcome.retry_after_s == record.get("retry_after_s")
    assert re.search(r"\bMain\b", outcome.message), outcome.message
    assert re.search(next_step(slug, case), outcome.message), outcome.message
    assert SECRET not in outcome.message


@pytest.mark.parametrize("slug", ADDRESSED)
def test_a_proxys_error_page_is_named_as_one(outcome_of, slug):
    outcome = outcome_of(slug, preferred(slug), PAGE, 502, {"content-type": "text/html"})

    assert outcome.error_class is ErrorClass.PROVIDER_ERROR
    assert "a proxy on the way: try again in a minute" in outcome.message
    assert "check the base URL" in outcome.message
    assert "502 Bad Gateway" in outcome.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(lambda _answer: PAGE, "a web page instead of JSON. Check the base", id="page"),
        pytest.param(lambda _answer: "", "an empty body. Check that the base URL", id="empty"),
        pytest.param(
            lambda answer: answer[: len(answer) // 2],
            "cut off on the way.* Try again",
            id="truncated",
        ),
    ],
)
@pytest.mark.parametrize(("slug", "name"), calls())
def test_a_success_that_is_none_says_what_came_and_what_to_do(outcome_of, slug, name, body, words):
    outcome = outcome_of(slug, name, body(said(RECORDED[slug]["formats"][name]["answer"])))

    assert outcome.error_class is ErrorClass.PROVIDER_ERROR
    assert outcome.http_status == 200
    assert re.search(words, outcome.message, re.DOTALL), outcome.message


@pytest.mark.parametrize("slug", ADDRESSED)
def test_a_server_that_hangs_is_left_in_time(model_of, hanging_server, monkeypatch, slug):
    monkeypatch.setattr(completions, "TEST_TIMEOUT_S", 0.05)
    model = model_of(slug, preferred(slug), origin=hanging_server)

    outcome = connections.ask(model, now=timezone.now())

    assert outcome.error_class is ErrorClass.TIMEOUT
    assert outcome.latency_ms >= 50
    assert "did not answer completely within 0.05 s" in outcome.message
    assert "try again, then look at the server" in outcome.message


def test_a_test_takes_a_minute_at_most():
    assert completions.TEST_TIMEOUT_S == 60
