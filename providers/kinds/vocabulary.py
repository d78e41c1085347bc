"""The words of provider kinds: what goes out, what comes back, what it meant.

Values only. Nothing here opens a connection, reads the clock or knows Django.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, runtime_checkable

ModelKind = Literal["chat", "embedding"]


class Format(StrEnum):
    """A wire format: what clients send and providers take."""

    CHAT = "chat"
    RESPONSES = "responses"
    EMBEDDINGS = "embeddings"
    MESSAGES = "messages"
    GEMINI = "gemini"
    CONVERSE = "converse"


class ErrorClass(StrEnum):
    """Why a call failed; health, routing and breakers decide by it."""

    INVALID_KEY = "invalid_key"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    PROVIDER_ERROR = "provider_error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one tenant's provider is, and what to show it.

    `credential` and `config` are keyed by the names of the kind's fields. The values of
    `credential` never show up in a repr.
    """

    base_url: str
    credential: Mapping[str, str] = field(default_factory=dict, repr=False)
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not appear in a message: values, their lines, header values."""
        return tuple(dict.fromkeys(self._secret_texts()))

    def _secret_texts(self) -> Iterator[str]:
        for value in self.credential.values():
            yield value.strip()
            for line in value.splitlines():
                yield line.strip()
                yield line.partition(":")[2].strip()


@dataclass(slots=True)  # not frozen: one is made for each call, which would cost twice as much
class Request:
    """One HTTP request, complete; headers hold the credential and stay out of a repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int | None = None

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers


class Usage(NamedTuple):
    """Tokens of one call in five buckets that do not overlap and sum to the provider's total.

    `input_tokens` leaves out what was read from or written to a cache; `output_tokens` leaves
    out reasoning where the provider counts it apart.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.generated_tokens

    @property
    def prompt_tokens(self) -> int:
        """Everything that went in, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def generated_tokens(self) -> int:
        """Everything that is priced as output."""
        return self.output_tokens + self.reasoning_tokens

    def updated_by(self, later: "Usage") -> "Usage":
        """Return what a stream has used, given a later event of the same stream.

        Events count from the stream's beginning; each may report the prompt, the generated
        tokens, or both. A side that the later one reports replaces the earlier one whole.
        """
        prompt = later if later.prompt_tokens else self
        generated = later if later.generated_tokens else self
        return Usage(
            input_tokens=prompt.input_tokens,
            output_tokens=generated.output_tokens,
            cache_read_tokens=prompt.cache_read_tokens,
            cache_write_tokens=prompt.cache_write_tokens,
            reasoning_tokens=generated.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered; embeddings have no text, and neither has what is cut before it."""

    text: str
    usage: Usage | None
    is_cut: bool = False  # at the limit of its tokens


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test, a probe or a discovery went.

    `installed` are the models that a probe saw on a server where they come and go; None for all
    else.
    """

    ok: bool
    latency_ms: int | None
    error_class: ErrorClass | None
    message: str
    http_status: int | None
    retry_after_s: int | None = None
    installed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A provider's refusal, classified; the message is for people and free of secrets."""

    error_class: ErrorClass
    message: str
    http_status: int | None
    retry_after_s: int | None = None

    def outcome(self, *, latency_ms: int | None) -> Outcome:
        return Outcome(
            ok=False,
            latency_ms=latency_ms,
            error_class=self.error_class,
            message=self.message,
            http_status=self.http_status,
            retry_after_s=self.retry_after_s,
        )


Send = Callable[[Request], Answer]


class NotAuthorized(Exception):
    """No call can be made with this credential; the failure says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class UnreadableAnswer(ValueError):
    """A success whose body is not what its format promises; the message is for people."""


class NothingListed(UnreadableAnswer):
    """A list of models has none to offer; the message is for people."""


class ListingUnsupported(ValueError):
    """The kind has no live list of models; the message says where models come from instead."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model that a provider's live list names; a server on one's own tells its size too."""

    id: str
    name: str
    kind: ModelKind
    size: int = 0  # bytes on disk
    parameters: str = ""
    quantization: str = ""


class Dialect(Protocol):
    """One wire format: encode, decode, decode a chunk. Pure, so sync and async share it."""

    @property
    def format(self) -> Format: ...

    @property
    def model_kind(self) -> ModelKind:
        """Which models the format calls: a chat answers, an embedding measures."""

    @property
    def path(self) -> str:
        """The call's path under the base URL; `{model}` stands for the model's id."""

    def smallest_request(self, endpoint: Endpoint, model_id: str, *, max_tokens: int) -> Request:
        """Build the cheapest call that a model answers."""

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,
    ) -> Request:
        """Build a call with a client's body; bytes travel as they are.

        A mapping is copied and given the model id and the streaming flags of the format's body.
        """

    def read_answer(self, answer: Answer) -> Reply:
        """Read what the model said; `UnreadableAnswer` when this is not the format's answer."""

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        """Read the usage of a decoded answer, None when it reports none."""

    def usage_of_event(self, payload: bytes) -> Usage | None:
        """Read the usage of one SSE data payload, None when it has none; never raises."""


@runtime_checkable
class CountsTokens(Protocol):
    """A dialect whose vendors count a request's tokens without answering it."""

    def count_request(
        self, endpoint: Endpoint, model_id: str, body: Mapping[str, object]
    ) -> Request:
        """Build the call that counts what a client's body would cost."""


class Authorizer(Protocol):
    """Completes a request where the credential itself is not what a header carries.

    `at` is the moment of the call. What has to be fetched first is fetched by `send`.
    """

    def at_once(
        self, request: Request, endpoint: Endpoint, *, at: datetime, send: Send
    ) -> Request | None:
        """Return the request as it may go out, or None where something has to be fetched first.

        It never waits: what runs out soon is renewed in a thread of its own.
        """

    def authorized(
        self, request: Request, endpoint: Endpoint, *, at: datetime, send: Send
    ) -> Request:
        """Return the request as it may go out; raises NotAuthorized, or what `send` raises."""

    def forget(self, endpoint: Endpoint) -> None:
        """Drop what was fetched for this endpoint: the provider takes it no longer."""


class Listing(Protocol):
    """How a kind's live list of models is asked for and read."""

    @property
    def is_live(self) -> bool: ...

    def request(self, endpoint: Endpoint) -> Request:
        """Build the call that lists; `ListingUnsupported` when there is no such call."""

    def request_after(self, endpoint: Endpoint, answer: Answer) -> Request | None:
        """Build the call for the page after this one, None where it was the last."""

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        """Read a page's models in the provider's order; `UnreadableAnswer` when it has none."""
