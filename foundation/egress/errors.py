"""Why a URL is not called; each message is for people and says what to do."""


class EgressError(ValueError):
    """A URL that Axiom does not call."""


class Refused(EgressError):
    """The policy does not permit the URL."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotResolve(EgressError):
    """The host has no address."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} has no address. Check its spelling and your DNS.")
        self.host = host
