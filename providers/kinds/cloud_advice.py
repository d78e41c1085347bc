"""Refusals of the clouds, whose words say what their statuses do not: they decide the class too.

AWS answers 403 to a model that is not opened, to a clock that is wrong and to a key that it does
not know. Each row stands here because a recorded answer in tests/answers needs it.
"""

import re

from providers.kinds.advice import Advice
from providers.kinds.vocabulary import ErrorClass


def decided(*, words: str, codes: frozenset[str]) -> Advice | None:
    """Return the row whose words or codes an answer has, whatever its status; the first wins."""
    fitting = (row for row in _ROWS if row.fits(row.error_class, words=words, codes=codes))
    return next(fitting, None)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_AWS = (
    Advice(
        ErrorClass.NOT_FOUND,
        "{label} has not opened this model to the account (HTTP {status}). "
        "Request access to it in the Bedrock console, in the provider's region, "
        "then test again; the credential itself is good.",
        words=_words(r"don.t have access to the model with the specified model id"),
    ),
    Advice(
        ErrorClass.NOT_FOUND,
        "{label} wants the account's use case first (HTTP {status}). "
        "Fill in the model's use case form in the Bedrock console, wait some minutes, test again.",
        words=_words(r"use case details have not been submitted"),
    ),
    Advice(
        ErrorClass.BAD_REQUEST,
        "{label} calls this model by an inference profile alone (HTTP {status}). "
        "Enter the profile's id or ARN as the model, for example us. or eu. before the model's id.",
        words=_words(r"on-demand throughput isn.t supported"),
    ),
    Advice(
        ErrorClass.NOT_FOUND,
        "{label} has no model of this id in the provider's region (HTTP {status}). "
        "Check the id and the region against the list of models.",
        words=_words(
            r"provided model identifier is invalid|could not resolve the foundation model"
        ),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} says that the session token has expired (HTTP {status}). "
        "Enter new temporary credentials, or an access key that does not expire.",
        codes=frozenset({"expiredtokenexception", "expiredtoken"}),
        words=_words(r"security token included in the request is expired"),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} does not know this access key (HTTP {status}). "
        "Check that the access key ID is active and of this account, and that temporary "
        "credentials come with their session token.",
        codes=frozenset({"unrecognizedclientexception", "invalidclienttokenid"}),
        words=_words(r"security token included in the request is invalid"),
    ),
    Advice(
        ErrorClass.BAD_REQUEST,
        "{label} finds the signature too old or too new (HTTP {status}). "
        "Set the clock of the machine that Axiom runs on, then test again.",
        words=_words(r"signature (?:expired|not yet current)"),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} did not accept the signature (HTTP {status}). "
        "The secret access key does not belong to this access key ID: enter both again.",
        codes=frozenset({"invalidsignatureexception", "signaturedoesnotmatch"}),
        words=_words(r"request signature we calculated does not match"),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} does not let this key make the call (HTTP {status}). "
        "Allow the action that it names to the key's user or role, in IAM.",
        words=_words(r"is not authorized to perform: bedrock:"),
    ),
    Advice(
        ErrorClass.TIMEOUT,
        "{label} gave the model up after too long (HTTP {status}). "
        "Try again, or ask for a shorter answer.",
        codes=frozenset({"modeltimeoutexception"}),
    ),
    Advice(
        ErrorClass.PROVIDER_ERROR,
        "{label} saw the model itself fail (HTTP {status}). "
        "The fault is on its side: try again in a minute.",
        codes=frozenset({"modelerrorexception"}),
    ),
    Advice(
        ErrorClass.PROVIDER_ERROR,
        "{label} is still making the model ready (HTTP {status}). Try again in some minutes.",
        codes=frozenset({"modelnotreadyexception"}),
    ),
)

_GOOGLE = (
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} takes this key of the service account no longer (HTTP {status}). "
        "It was deleted or disabled: create a new JSON key and enter that.",
        words=_words(r"invalid jwt signature"),
    ),
    Advice(
        ErrorClass.BAD_REQUEST,
        "{label} finds the request too old or too new (HTTP {status}). "
        "Set the clock of the machine that Axiom runs on, then test again.",
        words=_words(r"token must be a short-lived token"),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} does not know this service account (HTTP {status}). "
        "It was deleted or disabled: check it in the console, or enter another one's key.",
        words=_words(r"^invalid (?:grant: account|issuer)|not a valid email or user id"),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} has its API switched off in this project (HTTP {status}). "
        "Enable the Vertex AI API (aiplatform.googleapis.com) in the project's console, "
        "wait some minutes, then test again.",
        codes=frozenset({"service_disabled"}),
        words=_words(r"aiplatform\.googleapis\.com.{0,80}(?:not been used|is disabled)"),
    ),
    Advice(
        ErrorClass.INVALID_KEY,
        "{label} does not let the service account make this call (HTTP {status}). "
        "Give it the role Vertex AI User in the provider's project; "
        "check the project's id and the location too.",
        words=_words(r"permission .?aiplatform\.\S+ denied"),
    ),
    Advice(
        ErrorClass.NOT_FOUND,
        "{label} has no such model for this project (HTTP {status}). "
        "Check the id and the location, and enable the model in Model Garden.",
        words=_words(r"publisher model .{1,300}(?:not found|not servable|does not have access)"),
    ),
)

_ROWS = (*_AWS, *_GOOGLE)
