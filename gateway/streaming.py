"""A stream on its way through: whole events are passed on as they come, usage is read on the way.

Pure: chunks in, chunks out. Half an event is held back until its rest has come, so that an error
event can follow at any moment. Events that say nothing of usage or errors are not decoded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from gateway.scrubbing import scrubbed
from providers.kinds.dialects.sse import MOST_EVENT_BYTES, EventSplitter, EventTooLarge
from providers.kinds.provider_words import words_of
from providers.kinds.vocabulary import Answer, Dialect, Format, Usage

_TELLING: Final = re.compile(
    rb'"usage(?:Metadata)?"\s*:\s*\{|"error"\s*:\s*[{"]|"type"\s*:\s*"(?:error|response\.failed)"'
)


@dataclass(frozen=True, slots=True)
class _Signs:
    """How a format's events look: that somebody has spoken, that all is said, and the texts.

    `counting` is in an event whose usage is the whole answer's, though the end is still to come;
    `stopping` is as good as the end.
    """

    speaking: re.Pattern[bytes]
    ending: re.Pattern[bytes]
    text: re.Pattern[bytes]
    counting: re.Pattern[bytes] | None
    stopping: re.Pattern[bytes] | None


def _signs(
    *,
    speaking: bytes,
    ending: bytes,
    texts: bytes,
    counting: bytes | None = None,
    stopping: bytes | None = None,
) -> _Signs:
    return _Signs(
        speaking=re.compile(speaking),
        ending=re.compile(ending),
        text=re.compile(rb'"(?:' + texts + rb')"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)"'),
        counting=re.compile(counting) if counting else None,
        stopping=re.compile(stopping) if stopping else None,
    )


_CHAT_TEXTS: Final = rb"content|reasoning_content|reasoning|text|arguments"
_SIGNS: Final = {
    # A role, and a content that is still empty, is no word yet.
    Format.CHAT: _signs(
        speaking=rb'"(?:' + _CHAT_TEXTS + rb'|refusal|finish_reason|name)"\s*:\s*"[^"]|\[DONE\]',
        # At the start of a line. Said behind the word, so that the word itself is searched for.
        ending=rb"data:(?<![^\r\n]data:) ?\[DONE\]",
        texts=_CHAT_TEXTS,
        counting=rb'"choices"\s*:\s*\[\s*\]',
        stopping=rb'"finish_reason"\s*:\s*"[^"]',  # all that some servers ever say
    ),
    Format.MESSAGES: _signs(
        speaking=rb'"type"\s*:\s*"(?:content_block|message_delta|message_stop)',
        ending=rb'"type"\s*:\s*"message_stop"',
        texts=rb"text|thinking|partial_json",
        counting=rb'"type"\s*:\s*"message_delta"',
    ),
    Format.RESPONSES: _signs(
        speaking=rb'"type"\s*:\s*"response\.(?!created|in_progress|queued)',
        ending=rb'"type"\s*:\s*"response\.(?:completed|incomplete|failed)"',
        texts=rb"delta",
    ),
    Format.GEMINI: _signs(
        speaking=rb'"(?:parts|finishReason|promptFeedback)"\s*:',
        ending=rb'"(?:finishReason|blockReason)"\s*:\s*"',
        texts=rb"text",
    ),
}
_DONE: Final = b"[DONE]"
_LONGEST_FAILURE: Final = 500
_BLANK_LINES: Final = (b"\n\n", b"\n\r\n", b"\r\r")
_EVENT_ENDS: Final = re.compile(rb"(?<=\n\n)|(?<=\n\r\n)|(?<=\r\r)")


class EventRelay:
    """One stream of events from a provider to a client.

    With `hides_usage` the provider's extra usage event stays here, for clients that did not ask
    for it. `usage` is what the provider has reported so far, `has_counted` whether that is the
    whole answer's; `failure` is its own error event.
    """

    __slots__ = (
        "_dialect",
        "_hides_usage",
        "_rest",
        "_secrets",
        "_signs",
        "answer_characters",
        "failure",
        "has_counted",
        "has_ended",
        "has_spoken",
        "usage",
    )

    def __init__(self, dialect: Dialect, *, hides_usage: bool, secrets: Sequence[str]) -> None:
        self._dialect = dialect
        self._hides_usage = hides_usage
        self._secrets = secrets
        self._rest = b""
        self._signs = _SIGNS[dialect.format]
        self.usage: Usage | None = None
        self.failure = ""
        self.has_counted = False
        self.has_ended = False  # whether the provider said that all is said
        self.has_spoken = False  # whether a first word has come
        self.answer_characters = 0  # of the texts that have passed

    def feed(self, chunk: bytes) -> bytes:
        """Return what goes on to the client now; raises EventTooLarge."""
        waiting = self._rest + chunk if self._rest else chunk
        end = len(waiting) if waiting.endswith(b"\n\n") else _end_of_events(waiting)
        events, self._rest = waiting[:end], waiting[end:]
        if len(self._rest) > MOST_EVENT_BYTES:
            raise EventTooLarge(f"One event of the stream has more than {MOST_EVENT_BYTES} bytes.")
        return self._passed(events)

    def end(self) -> bytes:
        """Return what a server that leaves out the last blank line had still to say.

        Half an event, as a cut leaves it, is dropped.
        """
        event, self._rest = self._rest + b"\n\n", b""
        payloads = EventSplitter().feed(event)
        is_whole = payloads and all(one == _DONE or _decoded(one) for one in payloads)
        return self._passed(event) if is_whole else b""

    def _passed(self, events: bytes) -> bytes:
        if not _TELLING.search(events):
            self._listen(events)
            return events
        return b"".join(map(self._read, _EVENT_ENDS.split(events)))

    def _listen(self, events: bytes) -> None:
        """Measure the texts, and hear the first word and the end."""
        signs = self._signs
        self.answer_characters += sum(
            len(text.decode(errors="replace")) for text in signs.text.findall(events)
        )
        if not self.has_spoken and signs.speaking.search(events):
            self.has_spoken = True
        if not self.has_ended and (_has(signs.ending, events) or _has(signs.stopping, events)):
            self.has_ended = True

    def _read(self, event: bytes) -> bytes:
        """Learn what one event tells; return it as it goes on."""
        self._listen(event)
        if not _TELLING.search(event):
            return event
        for payload in EventSplitter().feed(event):
            usage = self._dialect.usage_of_event(payload)
            if usage is not None:
                self.usage = usage if self.usage is None else self.usage.updated_by(usage)
                self.has_counted = self.has_ended or _has(self._signs.counting, event)
            content = _decoded(payload)
            if self._hides_usage and _is_usage_alone(content):
                return b""
            if error_in(content):
                return self._failed(event, scrubbed(content, self._secrets))
        return event

    def _failed(self, event: bytes, content: Mapping[str, object]) -> bytes:
        words = words_of(Answer(0, {}, orjson.dumps(error_in(content))))
        self.failure = words[:_LONGEST_FAILURE] or "It sent an error without words."
        named = b"".join(line + b"\n" for line in event.splitlines() if line.startswith(b"event:"))
        return named + b"data: " + orjson.dumps(content) + b"\n\n"


def _has(sign: re.Pattern[bytes] | None, events: bytes) -> bool:
    return sign is not None and sign.search(events) is not None


def _end_of_events(waiting: bytes) -> int:
    ends = [waiting.rfind(blank) + len(blank) for blank in _BLANK_LINES if blank in waiting]
    return max(ends, default=0)


def _decoded(payload: bytes) -> Mapping[str, object]:
    try:
        content = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def error_in(content: Mapping[str, object]) -> Mapping[str, object]:
    """Find what failed: on top, as the whole event, or in the response that it wraps."""
    if content.get("type") == "response.failed":
        response = content.get("response")
        return response if isinstance(response, dict) else content
    return content if content.get("error") or content.get("type") == "error" else {}


def _is_usage_alone(content: Mapping[str, object]) -> bool:
    return bool(content.get("usage")) and content.get("choices") == []
