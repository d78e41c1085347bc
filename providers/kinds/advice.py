"""Refusals that tell more than their status: the provider's codes or words, and what to do then.

Each row stands here because a recorded answer in tests/answers needs it. The first row that fits
wins; where none does, the status alone decides about the sentence.
"""

import re
from dataclasses import dataclass

from providers.kinds.vocabulary import ErrorClass

_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Advice:
    """One such refusal; `{label}` and `{status}` stand in the sentence. Codes are in lower case."""

    error_class: ErrorClass
    sentence: str
    words: re.Pattern[str] = _NEVER
    codes: frozenset[str] = frozenset()

    def fits(self, error_class: ErrorClass, *, words: str, codes: frozenset[str]) -> bool:
        return error_class is self.error_class and bool(
            self.codes & codes or self.words.search(words)
        )


def told(error_class: ErrorClass, *, words: str, codes: frozenset[str]) -> str:
    """Return the sentence of the row that fits, empty where none does."""
    return next(
        (
            advice.sentence
            for advice in ADVICE
            if advice.fits(error_class, words=words, codes=codes)
        ),
        "",
    )


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


OUT_OF_TOKENS = _words(r"max_tokens or model output limit was reached")

ADVICE = (
    Advice(  # Azure
        ErrorClass.INVALID_KEY,
        "{label} takes no calls from this network (HTTP {status}). "
        "Allow Axiom's address in the resource's network settings, or call its private address.",
        words=_words(r"virtual network|firewall rules|public (?:network )?access is disabled"),
    ),
    Advice(  # Azure
        ErrorClass.INVALID_KEY,
        "{label} takes no keys at this resource (HTTP {status}). "
        "Switch key access on there, then test again.",
        words=_words(r"key[ -]based authentication is disabled"),
        codes=frozenset({"authenticationtypedisabled"}),
    ),
    Advice(  # Azure
        ErrorClass.NOT_FOUND,
        "{label} has no deployment of this name (HTTP {status}). A model's id must be the name "
        "of its deployment: check it. A new deployment takes some minutes.",
        codes=frozenset({"deploymentnotfound"}),
    ),
    Advice(  # Azure: of a version that it does not know, and of any other wrong address
        ErrorClass.NOT_FOUND,
        "{label} has nothing at this address (HTTP {status}). "
        "Check the API version and the base URL: the resource's address, with nothing after it.",
        words=_words(r"^resource not found\.?$"),
    ),
    Advice(  # Azure
        ErrorClass.BAD_REQUEST,
        "{label} does not serve this model in the API version that is set (HTTP {status}). "
        "Leave the API version empty for the v1 surface, or enter a newer one.",
        words=_words(r"\bapi[ -]?versions?\b"),
    ),
    Advice(  # Azure
        ErrorClass.BAD_REQUEST,
        "{label}'s content filter refused the prompt (HTTP {status}). Key and model work: "
        "look at the filter's settings there, or change the prompt.",
        words=_words(r"content management policy"),
        codes=frozenset({"content_filter", "content_policy_violation"}),
    ),
    Advice(  # OpenAI and Azure: a model that reasons, called as one that does not
        ErrorClass.BAD_REQUEST,
        "{label}'s model used up the tokens of the test before its first word (HTTP {status}). "
        "Tick Reasoning at the model if it is not, or try it with a request of your own.",
        words=OUT_OF_TOKENS,
    ),
    Advice(  # Cerebras: its queue is full, which is nobody's limit
        ErrorClass.RATE_LIMITED,
        "{label} is overloaded (HTTP {status}). The fault is on its side: try again later.",
        codes=frozenset({"queue_exceeded"}),
    ),
    Advice(  # OpenRouter: none of those that it routes to serves the model
        ErrorClass.NOT_FOUND,
        "{label} does not know this model, or nobody serves it there now (HTTP {status}). "
        "Check the model's id against the provider's list.",
        words=_words(r"^no endpoints found for"),
    ),
    Advice(  # Ollama, in the words of each of its formats
        ErrorClass.NOT_FOUND,
        "{label} does not have this model (HTTP {status}). Pull it first, then test again.",
        words=_words(r"try pulling|^model ['\"][^'\"]+['\"] not found"),
    ),
    Advice(  # Ollama, and whatever else is written in Go
        ErrorClass.NOT_FOUND,
        "{label} has nothing at this address (HTTP {status}). Check the base URL; "
        "an older server may lack this format, then update it.",
        words=_words(r"^404 page not found$"),
    ),
)
