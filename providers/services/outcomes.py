"""What became of a call, as tests, probes and lists tell it."""

from providers.kinds.errors import classify, classify_unreadable
from providers.kinds.vocabulary import Answer, Endpoint, ErrorClass, Outcome, UnreadableAnswer
from providers.models import Provider
from providers.services.calls import Call


def answered(provider: Provider, who: str, answer: Answer) -> Outcome:
    latency_ms = answer.latency_ms
    message = f"{who} answered in {latency_ms} ms."
    if latency_ms is not None and latency_ms > provider.degraded_threshold_ms:
        message += f" That is slow: the threshold is {provider.degraded_threshold_ms} ms."
    return Outcome(
        ok=True, latency_ms=latency_ms, error_class=None, message=message, http_status=answer.status
    )


def signed_in(who: str) -> Outcome:
    return Outcome(
        ok=True,
        latency_ms=None,
        error_class=None,
        message=f"The login of {who} has a good token; its vendor has no free call to ask more.",
        http_status=None,
    )


def refused(who: str, answer: Answer, call: Call) -> Outcome:
    secrets, has_login = call.endpoint.secrets, call.kind.has_login
    failure = classify(who, answer, secrets=secrets, has_login=has_login)
    return failure.outcome(latency_ms=answer.latency_ms)


def unreadable(who: str, answer: Answer, error: UnreadableAnswer, endpoint: Endpoint) -> Outcome:
    failure = classify_unreadable(who, answer, error, secrets=endpoint.secrets)
    return failure.outcome(latency_ms=answer.latency_ms)


def failed(error_class: ErrorClass, message: str) -> Outcome:
    return Outcome(
        ok=False, latency_ms=None, error_class=error_class, message=message, http_status=None
    )
