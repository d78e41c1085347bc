"""What may go wrong at a provider: how it behaves, what its client sees, what the ledger keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from providers.kinds.dialects.sse import MOST_EVENT_BYTES
from tests.gateway import upstream as up
from tests.gateway.speakers import Speaker, event

HTML: Final = {"Content-Type": "text/html"}
_CLAIMED: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"
)
_PAGE: Final = b"<html><title>Busy</title></html>"
_ELSEWHERE: Final = {"Location": "http://169.254.169.254/"}
_PACKED: Final = {"Content-Encoding": "gzip"}
_ONE_TOO_FEW: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}"
_PACKED_EVENTS: Final = {"Content-Type": "text/event-stream", **_PACKED}
_TWICE: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, and all that is promised for it.

    `behave` makes the provider's behaviour for a format. An `error_class` of none is a success;
    `is_late` means that the client has had its first word by then. `retry_after` is told to it.
    """

    name: str
    behave: Callable[[Speaker], up.Behaviour]
    status: int
    error_class: str
    outcome: str = "estimated"
    is_late: bool = False
    words: str = ""
    retry_after: str | None = None


def _answer(content: object, **options: object) -> Callable[[Speaker], up.Behaviour]:
    return lambda _speaker: up.answer(content, **options)  # type: ignore[arg-type]


def _raw(data: bytes) -> Callable[[Speaker], up.Behaviour]:
    return lambda _speaker: up.raw(data)


def _error(message: str, status: int, **headers: str) -> Callable[[Speaker], up.Behaviour]:
    body = {"error": {"message": message, "type": "x", "code": status}}
    return _answer(body, status=status, headers=headers)


def _without_usage(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_usage(said) if name == "response" else said
        for name, said in content.items()
        if name not in {"usage", "usageMetadata"}
    }


def _silent_about_usage(speaker: Speaker) -> up.Behaviour:
    return up.answer(_without_usage(speaker.whole))


def _hangs_up(_speaker: Speaker) -> up.Behaviour:
    return up.close


#: Before the first word: the same for whole answers and for streams.
EARLY: Final = (
    Fault("500", _error("boom", 500), 502, "provider_error", words="boom"),
    Fault("503 page", _answer(_PAGE, status=503, headers=HTML), 502, "provider_error"),
    Fault(
        "429",
        _error("slow down", 429, **{"Retry-After": "7"}),
        429,
        "rate_limited",
        retry_after="7",
    ),
    Fault(
        "409",
        _error("being written", 409, **{"Retry-After": "5"}),
        409,
        "bad_request",
        words="being written",
        retry_after="5",
    ),
    Fault("401", _error("no such key", 401), 502, "invalid_key"),
    Fault("403", _error("not yours", 403), 502, "invalid_key"),
    Fault("400", _error("too many words", 400), 400, "bad_request", words="too many words"),
    Fault("404", _error("no such model", 404), 404, "not_found", words="no such model"),
    Fault("a redirect", _answer(b"", status=302, headers=_ELSEWHERE), 502, "unreachable"),
    Fault("a page", _answer(_PAGE, headers=HTML), 502, "provider_error"),
    Fault("half JSON", _answer(b'{"choices": ['), 502, "provider_error"),
    Fault("invalid UTF-8", _answer(b'{"a": "\xff\xfe"}'), 502, "provider_error"),
    Fault("gzip unasked", _answer(b"\x1f\x8b\x08", headers=_PACKED), 502, "provider_error"),
    Fault(
        "gzip events",
        _answer(b"\x1f\x8b\x08", headers=_PACKED_EVENTS),
        502,
        "provider_error",
        words="compressed its answer",
    ),
    Fault("longer than it says", _raw(_ONE_TOO_FEW), 502, "provider_error"),
    Fault("cut short", _raw(_CLAIMED), 502, "provider_error"),
    # The connection before was closed: on one that is used again a hang-up is tried anew.
    Fault("hangs up", _hangs_up, 502, "provider_error"),
    Fault("two lengths", _raw(_TWICE), 502, "provider_error"),
    Fault("not HTTP", _raw(b"220 smtp.example.com ESMTP\r\n\r\n"), 502, "provider_error"),
)

WHOLE: Final = (
    Fault("fine", lambda speaker: up.answer(speaker.whole), 200, "", "reported"),
    Fault("no usage", _silent_about_usage, 200, ""),
    *EARLY,
)


def _flows(speaker: Speaker) -> up.Behaviour:
    return speaker.flow(speaker.preamble, speaker.words, speaker.end)


def _is_cut_by_its_length(speaker: Speaker) -> up.Behaviour:
    """End an event stream by a Content-Length that it does not keep."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9000\r\n\r\n"
    said = b"".join(event(*one) for one in (*speaker.preamble, *speaker.words))
    return up.raw(head + said)


def _says_no_text(speaker: Speaker) -> up.Behaviour:
    """Send bytes that are no text inside an event: they pass as they are."""
    first, word, last = (
        b"".join(event(*one) for one in part)
        for part in (speaker.preamble, speaker.words, speaker.end)
    )
    said = first + word.replace(b"Hello", b"Hello \xff\xfe") + last
    return up.raw(up.EVENTS_HEAD + b"%x\r\n%b\r\n0\r\n\r\n" % (len(said), said))


def _breaks(speaker: Speaker) -> up.Behaviour:
    return speaker.flow(speaker.preamble, speaker.words, ends=False)


def _breaks_early(speaker: Speaker) -> up.Behaviour:
    return speaker.flow(speaker.preamble, ends=False)


def _ends_early(speaker: Speaker) -> up.Behaviour:
    return speaker.flow(speaker.preamble)


def _ends_without_end(speaker: Speaker) -> up.Behaviour:
    """Frame it as complete, though its last events are missing."""
    return speaker.flow(speaker.preamble, speaker.words)


def _does_not_count(speaker: Speaker) -> up.Behaviour:
    """End well, without the usage that comes last."""
    end = tuple((name, _without_usage(content)) for name, content in speaker.end)
    return speaker.flow(speaker.preamble, speaker.words, end)


def _says_too_much(_speaker: Speaker) -> up.Behaviour:
    """Send an event that is larger than any may be, and no word before it."""

    async def behave(peer: up.Peer) -> None:
        await peer.send(up.EVENTS_HEAD)
        await peer.send_chunk(b"data: " + b"x" * (MOST_EVENT_BYTES + 1))

    return behave


STREAMED: Final = (
    Fault("fine", _flows, 200, "", "reported"),
    Fault("breaks before a word", _breaks_early, 502, "provider_error"),
    Fault("breaks after a word", _breaks, 200, "provider_error", "partial", is_late=True),
    Fault("wrong length", _is_cut_by_its_length, 200, "provider_error", "partial", is_late=True),
    Fault("ends before a word", _ends_early, 502, "provider_error"),
    Fault(
        "ends without its end",
        _ends_without_end,
        200,
        "provider_error",
        "partial",
        is_late=True,
        words="before its answer was complete",
    ),
    Fault("no last usage", _does_not_count, 200, ""),
    Fault("an event too large", _says_too_much, 502, "provider_error", words="more than"),
    Fault("wrong chunk", _raw(up.EVENTS_HEAD + b"nonsense\r\n"), 502, "provider_error"),
    Fault("no UTF-8 in a word", _says_no_text, 200, "", "reported"),
    *EARLY,
)
