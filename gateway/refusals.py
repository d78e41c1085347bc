"""What the gateway answers by itself, before or instead of a provider. Messages are for people."""

import math
from dataclasses import dataclass
from typing import Final

from providers.kinds.vocabulary import ErrorClass
from usage.limits.rules import Rule, Standing, amount_label


class Refusal(Exception):
    """A call that ends without a provider's answer; each client family words it its own way.

    `code` is for programs, `param` names the field of the request that it is about.
    """

    status = 400
    code = "invalid_request"

    def __init__(
        self, message: str, *, param: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class BadRequest(Refusal):
    """The request can't be understood."""


class RequestTooLong(BadRequest):
    """It has more tokens than any of its candidates takes."""

    code = "context_length_exceeded"


class TooLarge(Refusal):
    status = 413
    code = "request_too_large"


class TooSlow(Refusal):
    """The client took too long to send its request."""

    status = 408
    code = "request_timeout"


class TokenInvalid(Refusal):
    """The client's own token, and never the provider's."""

    status = 401
    code = "invalid_api_key"


class NotAllowed(Refusal):
    status = 403
    code = "insufficient_permissions"


class NoSuchModel(Refusal):
    status = 404
    code = "model_not_found"


class NoSuchEndpoint(Refusal):
    status = 404
    code = "unknown_url"


class WrongMethod(Refusal):
    status = 405
    code = "method_not_allowed"


class NoUpgrade(Refusal):
    """Another protocol was asked for; the client goes on in HTTP."""

    status = 426
    code = "upgrade_not_offered"


class Unavailable(Refusal):
    """Something that Axiom needs is away; the same request may work in a moment."""

    status = 503
    code = "service_unavailable"


class LimitReached(Refusal):
    """A limit on the project, the agent or the key has no room left."""

    status = 429
    code = "limit_reached"

    def __init__(self, standing: Standing) -> None:
        rule, wait_s = standing.rule, max(1, math.ceil(standing.wait_s))
        label = amount_label(rule.measure, rule.amount)
        super().__init__(
            f"The limit “{rule.name}” on this {_subject(rule)} is reached: {label}. "
            f"Try again in {_span(wait_s)}.",
            retry_after_s=wait_s,
        )


class ModelUnpriced(Refusal):
    """A limit of money can't count what has no price."""

    status = 403
    code = "model_unpriced"

    def __init__(self, model: str, rule: Rule) -> None:
        super().__init__(
            f"{model} has no price, and the limit “{rule.name}” on this {_subject(rule)} lets only "
            "priced models through. Give the model its prices, or let the limit allow it."
        )


class Broken(Refusal):
    """A fault of ours."""

    status = 500
    code = "internal_error"


@dataclass(frozen=True, slots=True)
class _Wording:
    status: int
    code: str


class NobodyAnswered(Refusal):
    """Every candidate failed; status and code follow from how the last one did."""

    def __init__(
        self, error_class: ErrorClass, message: str, *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        wording = _WORDINGS.get(error_class, _Wording(502, "provider_error"))
        self.error_class = error_class
        self.status = wording.status
        self.code = wording.code


_WORDINGS = {
    ErrorClass.TIMEOUT: _Wording(504, "provider_timeout"),
    ErrorClass.UNREACHABLE: _Wording(502, "provider_unreachable"),
    ErrorClass.INVALID_KEY: _Wording(502, "provider_credential_refused"),
    ErrorClass.RATE_LIMITED: _Wording(429, "rate_limit_exceeded"),
    ErrorClass.BLOCKED: _Wording(502, "provider_address_refused"),
}

_SUBJECTS: Final = {"prj": "project", "agt": "agent", "key": "API key"}
_SPANS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def _subject(rule: Rule) -> str:
    return _SUBJECTS[rule.subject.partition("_")[0]]


def _span(seconds: int) -> str:
    """Say it in the largest unit that it has at least two of."""
    for length, unit in _SPANS:
        if seconds >= 2 * length:
            return f"{math.ceil(seconds / length)} {unit}s"
    return "a second" if seconds == 1 else f"{seconds} seconds"
