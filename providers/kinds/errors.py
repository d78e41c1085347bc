"""Turn a provider's refusal into a class for machines and a sentence for people.

Classes follow the HTTP status, with two exceptions: Google and xAI answer a wrong key with 400,
and the clouds answer 403 and 400 to a good deal more than a wrong key (cloud_advice.py).
The sentences say what happened, where it seems to be mended, and what to do next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from providers.kinds import advice, cloud_advice, provider_words
from providers.kinds.dialects import reading
from providers.kinds.retry_after import retry_after_s
from providers.kinds.scrubbing import scrub
from providers.kinds.vocabulary import Answer, ErrorClass, Failure, UnreadableAnswer

LONGEST_MESSAGE = 500

_KEY_CODES = {"api_key_invalid", "invalid_api_key", "authentication_error", "unauthenticated"}
_KEY_WORDS = re.compile(
    r"api[ _-]?key (?:not valid|expired|not found)|(?:invalid|incorrect) api[ _-]?key",
    re.IGNORECASE,
)
_CREDIT_CODES = {"insufficient_quota", "exceeded_current_quota_error", "billing_error"}
_CREDIT_WORDS = re.compile(
    r"insufficient (?:balance|credit|funds)|credit balance|out of credit|more credits|recharge"
    r"|exceeded your current quota|check your plan and billing|billing (?:details|hard limit)",
    re.IGNORECASE,
)
_MODEL_WORDS = re.compile(r"\bmodels?\b|\bdeployment\b|\bmodel_", re.IGNORECASE)
_OVERLOAD_WORDS = re.compile(r"overloaded|capacity|too busy|high demand", re.IGNORECASE)
_CLASSES = {
    401: ErrorClass.INVALID_KEY,
    403: ErrorClass.INVALID_KEY,
    404: ErrorClass.NOT_FOUND,
    429: ErrorClass.RATE_LIMITED,
}
_PROXY_STATUSES = {502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530}
_OVERLOADED = 529


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One refused call as the sentences below look at it."""

    label: str
    status: int
    words: str
    codes: frozenset[str]
    is_html: bool
    retry_after_s: int | None
    has_credential: bool
    has_login: bool

    def has(self, codes: set[str], words: re.Pattern[str]) -> bool:
        return bool(self.codes & codes or words.search(self.words))


def classify(
    kind_label: str, answer: Answer, *, secrets: Sequence[str], has_login: bool = False
) -> Failure:
    """Classify an answer that is not a success; `secrets` never appear in the message.

    Where the kind `has_login`, the way out of a refused token is to sign in.
    """
    refusal = _Refusal(
        kind_label,
        answer.status,
        provider_words.words_of(answer),
        provider_words.codes_of(answer),
        reading.is_html(answer),
        retry_after_s(answer),
        has_credential=any(secrets),
        has_login=has_login,
    )
    decided = cloud_advice.decided(words=refusal.words, codes=refusal.codes)
    error_class = decided.error_class if decided else _class_of(refusal)
    told = (
        decided.sentence
        if decided
        else advice.told(error_class, words=refusal.words, codes=refusal.codes)
    )
    if told:
        sentence = told.format(label=kind_label, status=answer.status)
    else:
        sentence = _SENTENCES[error_class](refusal)
    if refusal.is_html:
        sentence += " The answer is a web page: check the base URL, or the proxy on the way."
    return Failure(
        error_class,
        _with_words(sentence, kind_label, scrub(refusal.words, secrets)),
        answer.status,
        refusal.retry_after_s,
    )


def classify_unreadable(
    kind_label: str, answer: Answer, error: UnreadableAnswer, *, secrets: Sequence[str]
) -> Failure:
    """Classify a success that could not be read, with the error that some hide inside."""
    body = provider_words.json_of(answer)
    words = provider_words.words_of(answer) if isinstance(body, dict) and "error" in body else ""
    is_withheld = isinstance(error, reading.Withheld)
    return Failure(
        ErrorClass.BAD_REQUEST if is_withheld else ErrorClass.PROVIDER_ERROR,
        _with_words(str(error), kind_label, scrub(words, secrets)),
        answer.status,
    )


def is_cut(answer: Answer) -> bool:
    """Whether the provider refused because the answer's tokens ended before its first word."""
    return bool(advice.OUT_OF_TOKENS.search(provider_words.words_of(answer)))


def _class_of(refusal: _Refusal) -> ErrorClass:
    if refusal.status == HTTPStatus.BAD_REQUEST and refusal.has(_KEY_CODES, _KEY_WORDS):
        return ErrorClass.INVALID_KEY
    if refusal.status in _CLASSES:
        return _CLASSES[refusal.status]
    is_ours = HTTPStatus.BAD_REQUEST <= refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return ErrorClass.BAD_REQUEST if is_ours else ErrorClass.PROVIDER_ERROR


def _key_sentence(refusal: _Refusal) -> str:
    label, status = refusal.label, refusal.status
    if refusal.has(_CREDIT_CODES, _CREDIT_WORDS):
        return _credit_sentence(refusal)
    if refusal.has_login:
        return (
            f"{label} did not accept the login (HTTP {status}). Renew the token, or sign in again "
            "with an account that may use this model."
        )
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"{label} refused this call for the key (HTTP 403). Check the key, what it may use, "
            "and whether the provider serves this account and region."
        )
    if not refusal.has_credential:
        return f"{label} asks for a key (HTTP {status}). Enter one, then test again."
    return (
        f"{label} did not accept the key (HTTP {status}). Check that it was copied whole, "
        "is still active and belongs to this provider, then enter it again."
    )


def _limit_sentence(refusal: _Refusal) -> str:
    if refusal.has(_CREDIT_CODES, _CREDIT_WORDS):
        return _credit_sentence(refusal)
    if _OVERLOAD_WORDS.search(refusal.words):
        return _provider_sentence(refusal)
    seconds = refusal.retry_after_s
    wait = "in a minute" if seconds is None else f"in {max(seconds, 1)} s"
    return (
        f"{refusal.label} limits this account's requests (HTTP {refusal.status}). "
        f"Try again {wait}, or raise the limit with the provider."
    )


def _not_found_sentence(refusal: _Refusal) -> str:
    label, status = refusal.label, refusal.status
    if refusal.has({"model_not_found"}, _MODEL_WORDS):
        return (
            f"{label} does not know this model, or the key may not use it (HTTP {status}). "
            "Check the model's id against the provider's list."
        )
    return (
        f"{label} has nothing at this address (HTTP {status}). "
        "Check the base URL, and then the model's id."
    )


def _request_sentence(refusal: _Refusal) -> str:
    is_unpaid = refusal.status == HTTPStatus.PAYMENT_REQUIRED
    if is_unpaid or refusal.has(_CREDIT_CODES, _CREDIT_WORDS):
        return _credit_sentence(refusal)
    return (
        f"{refusal.label} did not accept the request (HTTP {refusal.status}). "
        "Check the model's id and the provider's settings."
    )


def _credit_sentence(refusal: _Refusal) -> str:
    return (
        f"The account at {refusal.label} has no credit or quota left (HTTP {refusal.status}). "
        "Add credit or raise the quota with the provider, then try again."
    )


def _provider_sentence(refusal: _Refusal) -> str:
    label, status = refusal.label, refusal.status
    if status == _OVERLOADED or _OVERLOAD_WORDS.search(refusal.words):
        return f"{label} is overloaded (HTTP {status}). The fault is on its side: try again later."
    if status in _PROXY_STATUSES:
        return (
            f"{label} is not available right now (HTTP {status}). The fault is on its side, "
            "or at a proxy on the way: try again in a minute."
        )
    return (
        f"{label} failed while answering (HTTP {status}). The fault is on its side: "
        "try again in a minute, then look at its status page."
    )


_SENTENCES = {
    ErrorClass.INVALID_KEY: _key_sentence,
    ErrorClass.RATE_LIMITED: _limit_sentence,
    ErrorClass.NOT_FOUND: _not_found_sentence,
    ErrorClass.BAD_REQUEST: _request_sentence,
    ErrorClass.PROVIDER_ERROR: _provider_sentence,
}


def _with_words(sentence: str, label: str, words: str) -> str:
    """Add the provider's own words, scrubbed before they are cut: no cut leaves half a secret."""
    room = LONGEST_MESSAGE - len(sentence) - len(f" {label} says: “”")
    if not words or room <= 0:
        return sentence[:LONGEST_MESSAGE]
    shown = words if len(words) <= room else f"{words[: room - 1]}…"
    return f"{sentence} {label} says: “{shown}”"
