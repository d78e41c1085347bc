"""Why an attempt brought no answer; the words are for people and name what to do."""

from foundation.egress import Destination
from providers.kinds.vocabulary import ErrorClass

_DEFAULT_PORTS = {"https": 443, "http": 80}


class AttemptFailed(Exception):
    """The provider gave no usable answer; `status` is its own, where it gave one."""

    def __init__(
        self,
        error_class: ErrorClass,
        message: str,
        *,
        status: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s


class Cut(Exception):
    """The connection ended before the answer did; `had_begun` tells whether any of it came."""

    def __init__(self, *, had_begun: bool) -> None:
        super().__init__("the connection ended in the middle of the answer")
        self.had_begun = had_begun


def place(destination: Destination) -> str:
    """Name a destination as people and Host headers do: its port only where that is unusual."""
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    is_usual = destination.port == _DEFAULT_PORTS[destination.scheme]
    return host if is_usual else f"{host}:{destination.port}"


def unreachable(destination: Destination, error: OSError) -> AttemptFailed:
    """Say why no connection came about; of the error's words only the system's are shown."""
    where = place(destination)
    if isinstance(error, ConnectionRefusedError):
        said = f"Could not reach {where}: connection refused. Is the server running?"
    elif error.strerror:
        said = f"Could not reach {where}: {error.strerror.lower()}. Check the base URL."
    else:
        said = f"Could not reach {where}. Check the base URL and the network."
    return AttemptFailed(ErrorClass.UNREACHABLE, said)


def untrusted(destination: Destination, why: str) -> AttemptFailed:
    said = f"The certificate of {place(destination)} is not trusted: {why}. Check the base URL."
    return AttemptFailed(ErrorClass.UNREACHABLE, said)


def not_tls(destination: Destination) -> AttemptFailed:
    where = place(destination)
    said = f"{where} does not answer in TLS. Check the base URL's scheme and port."
    return AttemptFailed(ErrorClass.UNREACHABLE, said)


def garbled(destination: Destination, why: str) -> AttemptFailed:
    said = f"{place(destination)} answered, but not in HTTP: {why}. Check the base URL."
    return AttemptFailed(ErrorClass.PROVIDER_ERROR, said)


def cut(destination: Destination) -> AttemptFailed:
    said = (
        f"{place(destination)} closed the connection before its answer was complete. "
        "The fault is on its side, or at a proxy on the way."
    )
    return AttemptFailed(ErrorClass.PROVIDER_ERROR, said)


def unfinished(destination: Destination) -> AttemptFailed:
    said = (
        f"{place(destination)} ended its stream before its answer was complete. "
        "The fault is on its side, or at a proxy on the way."
    )
    return AttemptFailed(ErrorClass.PROVIDER_ERROR, said)


def too_large(destination: Destination, most_bytes: int) -> AttemptFailed:
    said = f"{place(destination)} answered with more than {most_bytes // 1_048_576} MB."
    return AttemptFailed(ErrorClass.PROVIDER_ERROR, said)


def timed_out(destination: Destination, seconds: float) -> AttemptFailed:
    said = f"{place(destination)} did not answer within {seconds:.0f} s. It may be overloaded."
    return AttemptFailed(ErrorClass.TIMEOUT, said)
