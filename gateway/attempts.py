"""One attempt: one candidate is asked, and its answer read far enough to know whether it counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final, NamedTuple

import orjson

from gateway import unusable
from gateway.authorizing import authorized, note_answer
from gateway.bounds import Bounds
from gateway.caches import Remembered
from gateway.database import Database
from gateway.formats.asking import Asked, Form
from gateway.forward.destinations import Access
from gateway.forward.failures import AttemptFailed
from gateway.forward.incoming import Incoming
from gateway.forward.sending import Sender
from gateway.logins import Logins
from gateway.passing import named
from gateway.refusals import BadRequest
from gateway.scrubbing import scrubbed
from gateway.snapshots.loading import access_to
from gateway.snapshots.tables import Target
from gateway.streaming import EventRelay
from gateway.watch import Watched
from providers.kinds.dialects.sse import EventTooLarge
from providers.kinds.errors import classify
from providers.kinds.vocabulary import (
    Answer,
    CountsTokens,
    Dialect,
    Endpoint,
    ErrorClass,
    Failure,
    Request,
    Usage,
)
from providers.models.provider import Provider
from providers.models.secret import SecretNeedsValue
from providers.models.signing_in import TokenExpired

_MOST_PROVIDERS: Final = 10_000
_LONGEST_SILENCE: Final = 65_536  # bytes of a stream that are held back for its first word
_EVENTS: Final = "text/event-stream"
_PLAIN: Final = frozenset({"", "identity"})
_REFUSED: Final = 300  # from this status on an answer is none
_UNAUTHORIZED: Final = HTTPStatus.UNAUTHORIZED.value

UsageOf = Callable[[Mapping[str, object]], Usage | None]
_READ_HEADERS: Final = ("content-type", "retry-after", "date", "x-amzn-errortype")
_MOVING_ON: Final = frozenset(
    {
        ErrorClass.RATE_LIMITED,
        ErrorClass.PROVIDER_ERROR,
        ErrorClass.TIMEOUT,
        ErrorClass.UNREACHABLE,
        ErrorClass.BLOCKED,
    }
)


def moves_on(failure: AttemptFailed) -> bool:
    """Tell whether another candidate may do better where this one failed."""
    return failure.error_class in _MOVING_ON


class Whole(NamedTuple):
    """A complete answer: a success, or the provider's own word that the request is wrong."""

    status: int
    body: bytes
    content_type: str
    usage: Usage | None = None
    error_class: str = ""
    retry_after_s: int | None = None


@dataclass(slots=True, eq=False)
class Flowing:
    """A stream that has begun: `beginning` is what has come already, until it is taken."""

    incoming: Incoming
    relay: EventRelay
    beginning: bytes = field(repr=False)

    def taken_beginning(self) -> bytes:
        beginning, self.beginning = self.beginning, b""
        return beginning


class Question(NamedTuple):
    """What candidates are asked, with the client's headers that mean something to them."""

    asked: Asked
    form: Form
    passed: Mapping[str, str]


class Attempts:
    """Asks candidates. Credentials are opened once per epoch, and held in memory alone."""

    def __init__(self, database: Database, sender: Sender, bounds: Bounds) -> None:
        self._database = database
        self._sender = sender
        self._bounds = bounds
        self._accesses: Remembered[int, Access] = Remembered(most=_MOST_PROVIDERS)
        self._logins = Logins()

    async def make(self, target: Target, question: Question, watched: Watched) -> Whole | Flowing:
        """Ask one candidate.

        Raises AttemptFailed where it gives no answer that counts, BadRequest where nobody could,
        DatabaseAway where its credential can't be looked up, or what ended the wait.
        """
        access, asked = self._accesses.known(target.provider_pk), question.asked
        if access is None or not access.is_good:
            access = await self._looked_up(target)
        dialect = target.kind.dialect(asked.format)
        request = _request(dialect, access.endpoint, target, asked)
        if target.kind.authorizer is not None:
            request = await authorized(target.kind, request, access)
        headers = named(question.passed, target.kind)
        incoming = await self._sender.send(request, access, passed=headers, watched=watched)
        if incoming.status == _UNAUTHORIZED:
            self._distrust(target, access)
        has_begun = False
        try:
            if incoming.header("content-encoding") not in _PLAIN and incoming.status < _REFUSED:
                raise unusable.compressed(target, incoming.status)
            if asked.streams and _is_stream(incoming):
                flowing = await self._begun(incoming, dialect, asked, access.endpoint)
                has_begun = True
                return flowing
            usage_of = dialect.usage_of
            return await self._whole(incoming, target, question, access.endpoint, usage_of)
        finally:
            if not has_begun:
                self._sender.end(incoming)

    def end(self, flowing: Flowing) -> None:
        self._sender.end(flowing.incoming)

    def forget(self) -> None:
        self._accesses.forget()

    async def close(self) -> None:
        await self._logins.close()

    def _distrust(self, target: Target, access: Access) -> None:
        """Drop what the provider no longer takes, so that the next call fetches another."""
        note_answer(target.kind, access, status=_UNAUTHORIZED)
        if target.kind.has_login:
            self._accesses.drop(target.provider_pk)
            self._logins.distrust(target.provider_pk, token_of=access.good_until)

    async def _looked_up(self, target: Target) -> Access:
        self._accesses.drop(target.provider_pk)
        look_up = partial(self._database.run, partial(access_to, target.provider_pk))
        try:
            try:
                return await self._accesses.get(target.provider_pk, look_up)
            except TokenExpired:
                await self._logins.renew(target.provider_pk)
                return await self._accesses.get(target.provider_pk, look_up)
        except SecretNeedsValue as error:
            raise AttemptFailed(ErrorClass.INVALID_KEY, str(error)) from error
        except Provider.DoesNotExist:
            message = "The provider has just been deleted."
            raise AttemptFailed(ErrorClass.UNREACHABLE, message) from None

    async def _begun(
        self, incoming: Incoming, dialect: Dialect, asked: Asked, endpoint: Endpoint
    ) -> Flowing:
        """Wait for the first word: until then another candidate may still take over."""
        relay = EventRelay(dialect, hides_usage=not asked.wants_usage, secrets=endpoint.secrets)
        try:
            beginning = await _until_first_word(incoming, relay)
        except EventTooLarge as error:
            raise AttemptFailed(ErrorClass.PROVIDER_ERROR, str(error)) from error
        if relay.failure or not beginning:
            said = f" It says: “{relay.failure}”" if relay.failure else ""
            message = f"The provider ended the stream before its first word.{said}"
            raise AttemptFailed(ErrorClass.PROVIDER_ERROR, message)
        return Flowing(incoming, relay, beginning)

    async def _whole(
        self,
        incoming: Incoming,
        target: Target,
        question: Question,
        endpoint: Endpoint,
        usage_of: UsageOf,
    ) -> Whole:
        if not 200 <= incoming.status < 300:  # noqa: PLR2004 - HTTP's own numbers
            return await self._refused(incoming, target, question.form, endpoint)
        body = await incoming.whole(most_bytes=self._bounds.most_answer_bytes)
        content_type = incoming.header("content-type")
        content = _object(body)
        if content is None:
            raise unusable.unreadable(target, _answer(incoming, body))
        if content.get("error"):
            raise unusable.failed_inside(target, _answer(incoming, body), endpoint.secrets)
        return Whole(
            incoming.status,
            body,
            content_type or "application/json",
            usage_of(content),
        )

    async def _refused(
        self, incoming: Incoming, target: Target, form: Form, endpoint: Endpoint
    ) -> Whole:
        """Pass on what is wrong with the request; everything else is the provider's failure."""
        body = await incoming.beginning(most_bytes=self._bounds.most_error_bytes)
        answer = _answer(incoming, body)
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise unusable.redirected(target, answer.status)
        failure = classify(
            target.provider_name,
            answer,
            secrets=endpoint.secrets,
            has_login=target.kind.has_login,
        )
        if failure.error_class in _MOVING_ON or failure.error_class is ErrorClass.INVALID_KEY:
            raise AttemptFailed(
                failure.error_class,
                failure.message,
                status=answer.status,
                retry_after_s=failure.retry_after_s,
            )
        return _own_words(answer, failure, form, endpoint)


async def _until_first_word(incoming: Incoming, relay: EventRelay) -> bytes:
    """Return what came up to the first word, or of a long silence; nothing where none came."""
    beginning = b""
    while not relay.has_spoken and not relay.failure and len(beginning) < _LONGEST_SILENCE:
        piece = await incoming.piece()
        if not piece:
            last = relay.end()
            return beginning + last if relay.has_spoken else b""
        beginning += relay.feed(piece)
    return beginning


def _request(dialect: Dialect, endpoint: Endpoint, target: Target, asked: Asked) -> Request:
    try:
        if asked.counts_tokens:
            return _counting(dialect, endpoint, target, asked)
        return dialect.request(endpoint, target.upstream_id, asked.fields, stream=asked.streams)
    except orjson.JSONEncodeError as error:
        raise BadRequest("The request is nested too deeply to be passed on.") from error
    except ValueError as error:
        raise AttemptFailed(ErrorClass.BAD_REQUEST, str(error)) from error


def _counting(dialect: Dialect, endpoint: Endpoint, target: Target, asked: Asked) -> Request:
    if not isinstance(dialect, CountsTokens):
        raise BadRequest(f"{target.name} is at a provider that does not count tokens.")
    return dialect.count_request(endpoint, target.upstream_id, asked.fields)


def _own_words(answer: Answer, failure: Failure, form: Form, endpoint: Endpoint) -> Whole:
    """Give the provider's own error where it is one of the format's, else put it into one."""
    content = _object(answer.body)
    if content is not None and form.is_error(content):
        body = orjson.dumps(scrubbed(content, endpoint.secrets))
    else:
        code = failure.error_class.value
        body = form.error_body(failure.message, status=answer.status, code=code)
    return Whole(
        answer.status,
        body,
        "application/json",
        error_class=failure.error_class.value,
        retry_after_s=failure.retry_after_s,
    )


def _is_stream(incoming: Incoming) -> bool:
    is_ok = 200 <= incoming.status < 300  # noqa: PLR2004 - HTTP's own numbers
    return is_ok and incoming.header("content-type").lower().startswith(_EVENTS)


def _answer(incoming: Incoming, body: bytes) -> Answer:
    fields = {name: incoming.header(name) for name in _READ_HEADERS if incoming.header(name)}
    return Answer(incoming.status, fields, body)


def _object(body: bytes) -> Mapping[str, object] | None:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None
