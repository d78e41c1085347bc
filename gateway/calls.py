"""One call under way, and what has become known of it."""

import time
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from gateway.attempts import Whole
from gateway.callers import Caller
from gateway.claiming import Ticket
from gateway.exchange import Exchange
from gateway.formats.asking import Asked, Form
from gateway.forward.failures import AttemptFailed
from gateway.snapshots.tables import Target
from gateway.watch import Watched
from providers.kinds.vocabulary import Usage
from usage.entries import Outcome


class Ending(NamedTuple):
    """How a call ended, as the ledger keeps it. Status 0 is a client that left before.

    A tuple, for one is made for each call.
    """

    status: int
    usage: Usage = Usage()
    outcome: Outcome = Outcome.ESTIMATED
    error_class: str = ""


@dataclass(slots=True)
class Call:
    """`started` is monotonic, `started_at` Unix time; the rest fills as the call goes on.

    `form` is how its client is answered.
    """

    exchange: Exchange
    watched: Watched
    form: Form
    started: float = field(default_factory=time.monotonic)
    started_at: float = field(default_factory=time.time)
    caller: Caller | None = None
    asked: Asked | None = None
    target: Target | None = None
    attempts: int = 0
    failure: AttemptFailed | None = None  # of the last attempt that failed
    retry_after_s: int | None = None  # the shortest wait that a failure told
    ttft_s: float | None = None
    ticket: Ticket | None = None  # what it holds of its limits
    whole: Whole | None = None  # what is to be sent once it is on record

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def failed(self, failure: AttemptFailed) -> None:
        """Keep how an attempt failed, and when it is worth while to ask any of them again."""
        self.failure = failure
        told = [self.retry_after_s, failure.retry_after_s]
        self.retry_after_s = min((wait for wait in told if wait is not None), default=None)

    def headers(self, *first: tuple[str, str]) -> list[tuple[str, str]]:
        """Give the headers of an answer: those that tell who answered come last."""
        fields = [
            *first,
            (self.form.id_header, self.exchange.request_id),
            ("x-axiom-attempts", str(self.attempts)),
        ]
        if self.target is not None:
            fields.append(("x-axiom-provider", self.target.provider_slug))
            fields.append(("x-axiom-model", _sendable(self.target.upstream_id)))
        return fields

    def send(self) -> None:
        """Send the complete answer, where there is one."""
        if self.whole is not None:
            headers = self.headers(("content-type", self.whole.content_type))
            if self.whole.retry_after_s is not None:
                headers.append(("retry-after", str(self.whole.retry_after_s)))
            self.exchange.answer(self.whole.status, self.whole.body, headers)


def _sendable(name: str) -> str:
    """Write a model's id so that a header can carry it."""
    return name if name.isascii() and name.isprintable() else quote(name, safe="/:@")
