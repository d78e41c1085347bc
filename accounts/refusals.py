"""Why Axiom says no to something that is well-formed; every message says what to do instead."""

from collections.abc import Sequence


class Refused(Exception):
    """A rule of the domain forbids it now; nothing was changed."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Unsupported(Refused):
    """What is asked for is nothing that this one can do, whatever its state."""


class HasDependents(Refused):
    """Something else stands on it: how many, and the public ids of at most 20."""

    def __init__(self, message: str, *, code: str, count: int, ids: Sequence[str]) -> None:
        super().__init__(message, code=code)
        self.count = count
        self.ids = tuple(ids)


class DependencyDown(Exception):
    """A part that Axiom needs does not answer; asking again later will do."""

    def __init__(
        self, part: str, *, retry_after_s: int = 5, trouble: str = "does not answer"
    ) -> None:
        super().__init__(f"The {part} {trouble}. Try again in a few seconds.")
        self.part = part
        self.retry_after_s = retry_after_s


class QuotaExceeded(Exception):
    """A limit was reached; asking again after `retry_after_s` seconds may do."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderFailed(Exception):
    """An upstream said no; the message is its own, scrubbed by whoever raises this."""
