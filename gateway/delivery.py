"""The client gets its answer: whole, or piece by piece to whatever end the stream comes."""

from http import HTTPStatus
from typing import Final

from gateway.attempts import Flowing, Whole
from gateway.bounds import Bounds
from gateway.calls import Call, Ending
from gateway.edge import CLIENT_LEFT, RESTARTING
from gateway.estimates import estimated
from gateway.exchange import EVENTS, Stream
from gateway.forward import failures
from gateway.forward.failures import AttemptFailed
from gateway.streaming import EventRelay
from gateway.watch import ClientLeft, Stopping
from providers.kinds.dialects.sse import EventTooLarge
from providers.kinds.vocabulary import ErrorClass, Format, Usage
from usage.entries import Outcome

STOPPED: Final = "gateway_stopped"

_NO_CACHE: Final = ("cache-control", "no-cache")


def deliver(call: Call, answer: Whole) -> Ending:
    """Let a complete answer be sent, as soon as its line is in the journal."""
    call.whole = answer
    if answer.error_class:
        return Ending(answer.status, error_class=answer.error_class)
    if answer.usage is None:
        return Ending(answer.status, _estimated(call, _length_of_texts(call, answer)))
    return Ending(answer.status, answer.usage, Outcome.REPORTED)


async def relay(call: Call, flowing: Flowing, bounds: Bounds) -> Ending:
    """Pass a stream on until it ends, breaks, or the client leaves.

    A stream that breaks ends with an error event, and never as if it were complete.
    """
    headers = call.headers(EVENTS, _NO_CACHE)
    stream = call.exchange.stream(HTTPStatus.OK, headers, call.watched, longest_s=bounds.unsent_s)
    error_class, message = "", ""
    try:
        await _flow(call, flowing, stream, bounds)
    except ClientLeft:
        error_class = CLIENT_LEFT
    except Stopping:
        error_class, message = STOPPED, RESTARTING
    except AttemptFailed as failure:
        error_class, message = failure.error_class.value, failure.message
    except EventTooLarge as failure:
        error_class, message = ErrorClass.PROVIDER_ERROR.value, str(failure)
    if message:
        await _break_off(call, stream, message, error_class)
    return _ending(call, flowing, error_class)


async def _flow(call: Call, flowing: Flowing, stream: Stream, bounds: Bounds) -> None:
    incoming, events = flowing.incoming, flowing.relay
    await stream.send(flowing.taken_beginning())
    while piece := await incoming.piece():
        passed = events.feed(piece)
        if passed:
            await stream.send(passed)
        if call.elapsed_s > bounds.whole_s:
            raise failures.timed_out(incoming.destination, bounds.whole_s)
    rest = events.end()
    if rest:
        await stream.send(rest)
    if not events.has_ended and not events.failure:
        raise failures.unfinished(incoming.destination)


async def _break_off(call: Call, stream: Stream, message: str, code: str) -> None:
    try:
        await stream.send(call.form.error_event(message, code=code))
    except ClientLeft:
        return  # it has seen the connection end instead


def _ending(call: Call, flowing: Flowing, error_class: str) -> Ending:
    events = flowing.relay
    if events.failure and not error_class:
        error_class = ErrorClass.PROVIDER_ERROR.value
    if error_class:
        outcome = Outcome.PARTIAL
    else:
        outcome = Outcome.REPORTED if events.has_counted else Outcome.ESTIMATED
    return Ending(HTTPStatus.OK, _used(call, events), outcome, error_class)


def _used(call: Call, events: EventRelay) -> Usage:
    """Take the provider's count, or before its last one at least what has passed.

    Anthropic counts the prompt at the beginning, and beside it one token of an answer to come.
    """
    if events.usage is not None and events.has_counted:
        return events.usage
    seen = _estimated(call, events.answer_characters)
    told = seen.updated_by(events.usage or Usage())
    if told.generated_tokens >= seen.generated_tokens:
        return told
    return told.updated_by(Usage(output_tokens=seen.output_tokens))


def _length_of_texts(call: Call, answer: Whole) -> int:
    is_vectors = call.asked is not None and call.asked.format is Format.EMBEDDINGS
    return 0 if is_vectors else len(answer.body)


def _estimated(call: Call, answer_characters: int) -> Usage:
    fields = call.asked.fields if call.asked else {}
    return estimated(fields, answer_characters=answer_characters)
