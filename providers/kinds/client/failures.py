"""Say in words for people why no usable answer came."""

import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPException, IncompleteRead

import urllib3

from foundation import egress
from providers.kinds.client.deadline import Deadline
from providers.kinds.vocabulary import ErrorClass, Outcome

_MOST_CAUSES = 20


class CallFailed(Exception):
    """No usable answer came; the message is for people and free of secrets."""

    def __init__(
        self,
        error_class: ErrorClass,
        message: str,
        *,
        latency_ms: int | None = None,
        http_status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.latency_ms = latency_ms
        self.http_status = http_status

    def outcome(self) -> Outcome:
        return Outcome(
            ok=False,
            latency_ms=self.latency_ms,
            error_class=self.error_class,
            message=self.message,
            http_status=self.http_status,
        )


def explain(
    error: BaseException, destination: egress.Destination, deadline: Deadline
) -> CallFailed:
    """Classify what a connection raised. Of its words only the operating system's are shown."""
    latency_ms = deadline.elapsed_ms
    if deadline.is_over:
        return timed_out(_place(destination), deadline)
    causes = [*_causes(error)][::-1]
    for exception, error_class, sentence in _SENTENCES:
        for cause in causes:
            if isinstance(cause, exception):
                message = sentence(_place(destination), cause)
                return CallFailed(error_class, message, latency_ms=latency_ms)
    return CallFailed(
        ErrorClass.UNREACHABLE,
        f"Could not reach {_place(destination)}. Check the base URL and the network.",
        latency_ms=latency_ms,
    )


def timed_out(place: str, deadline: Deadline) -> CallFailed:
    return CallFailed(
        ErrorClass.TIMEOUT,
        f"{place} did not answer completely within {deadline.seconds:g} s. "
        "It may be busy, or loading the model: try again, then look at the server.",
        latency_ms=deadline.elapsed_ms,
    )


def _place(destination: egress.Destination) -> str:
    default_port = 443 if destination.scheme == "https" else 80
    if destination.port == default_port:
        return destination.host
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    return f"{host}:{destination.port}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk to everything that libraries wrapped into an exception, from the outside in."""
    waiting: list[object] = [error]
    for _ in range(_MOST_CAUSES):
        if not waiting:
            return
        cause = waiting.pop(0)
        if isinstance(cause, BaseException):
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__]


def _certificate(place: str, error: BaseException) -> str:
    why = getattr(error, "verify_message", "") or "it could not be verified"
    return (
        f"The certificate of {place} is not trusted: {why}. "
        "Check the host's name in the base URL, and the server's certificate."
    )


def _no_tls(place: str, _error: BaseException) -> str:
    return (
        f"{place} does not answer in TLS. If the server speaks plain HTTP, "
        "start the base URL with http://; else check its port."
    )


def _refused(place: str, _error: BaseException) -> str:
    return (
        f"Could not reach {place}: connection refused. "
        "Is the server running, and is the base URL right?"
    )


def _hung_up(place: str, _error: BaseException) -> str:
    return (
        f"{place} closed the connection without an answer. Check that the base URL's "
        "scheme (http or https) and port are the server's, then try again."
    )


def _not_http(place: str, _error: BaseException) -> str:
    return (
        f"{place} answered, but not in HTTP. Check the base URL's port, "
        "and whether it should start with https://."
    )


def _garbled(place: str, _error: BaseException) -> str:
    return (
        f"The answer of {place} could not be decompressed. The fault is on its side, "
        "or at a proxy on the way: try again in a minute."
    )


def _cut_off(place: str, _error: BaseException) -> str:
    return (
        f"{place} closed the connection before its answer was complete. The fault is on its "
        "side, or at a proxy on the way: try again in a minute."
    )


def _slow(place: str, _error: BaseException) -> str:
    return f"{place} stopped answering. Check that the server is well, then try again."


def _no_connection(place: str, error: BaseException) -> str:
    why = getattr(error, "strerror", None) or "no connection"
    return f"Could not reach {place}: {str(why).lower()}. Check the base URL and the network."


_SENTENCES: tuple[
    tuple[type[BaseException], ErrorClass, Callable[[str, BaseException], str]], ...
] = (
    (ssl.SSLCertVerificationError, ErrorClass.UNREACHABLE, _certificate),
    (ssl.SSLError, ErrorClass.UNREACHABLE, _no_tls),
    (ConnectionRefusedError, ErrorClass.UNREACHABLE, _refused),
    (ConnectionError, ErrorClass.UNREACHABLE, _hung_up),  # RemoteDisconnected is one
    (urllib3.exceptions.DecodeError, ErrorClass.PROVIDER_ERROR, _garbled),
    (IncompleteRead, ErrorClass.PROVIDER_ERROR, _cut_off),
    (HTTPException, ErrorClass.UNREACHABLE, _not_http),
    (urllib3.exceptions.InvalidHeader, ErrorClass.UNREACHABLE, _not_http),
    (TimeoutError, ErrorClass.TIMEOUT, _slow),
    (OSError, ErrorClass.UNREACHABLE, _no_connection),
)
