"""Calls of Axiom's own gateway, with a pass, told piece by piece.

Whoever calls calls as any client would: routing, limits and the ledger are the gateway's own.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.conf import settings

from accounts.models import Project
from foundation.egress import AllowRule, Policy, parse_url
from gateway import passes
from gateway.callers import caller_with
from gateway.formats.conversing import CONVERSING, Conversation, asking, heard
from gateway.routes import Need
from gateway.routing import Choosing, explained
from gateway.snapshots.loading import table_of
from providers.kinds.client import CallFailed, Client, Streamed
from providers.kinds.dialects.sse import EventSplitter, EventTooLarge
from providers.kinds.vocabulary import Format, Request
from usage.models import UsageRecord

SILENCE_S: Final = 120.0
_LOOKS_EVERY_S: Final = 0.1

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InsideCall:
    """Who calls, in which project, and what is said."""

    held: passes.Pass
    project: Project
    conversation: Conversation


def told(call: InsideCall) -> Iterator[Event]:
    """Tell of one answer as it comes.

    `begun` (requestId, provider, model, attempts), then `text` again and again, empty while the
    model thinks; or `failed` with a message, before or after some of the text. With a `status` it
    is the gateway that refused.
    """
    wire_format = format_for(call)
    where, body = asking(wire_format, call.conversation)
    headers = {
        "authorization": f"Bearer {passes.issue(call.held)}",
        "content-type": "application/json",
    }
    request = Request("POST", f"{settings.GATEWAY_INSIDE_URL}{where}", headers, body)
    try:
        with Client(_policy()).streaming(request, silence_s=SILENCE_S) as streamed:
            if streamed.answer.status != HTTPStatus.OK:
                yield _refused(streamed)
                return
            yield {"type": "begun", **_head(streamed)}
            yield from _pieces(wire_format, streamed)
    except (CallFailed, EventTooLarge) as failure:
        yield {"type": "failed", "message": str(failure)}


def line_of(request_id: str, *, within_s: float) -> UsageRecord | None:
    """Wait for a call's line of the ledger, which is written a moment after the answer."""
    give_up_at = time.monotonic() + within_s
    while (row := UsageRecord.objects.filter(public_id=request_id).first()) is None:
        if not request_id or time.monotonic() >= give_up_at:
            return None
        time.sleep(_LOOKS_EVERY_S)
    return row


def format_for(call: InsideCall) -> Format:
    """Choose the format that the first model asked speaks; the usual one where none answers."""
    caller, table = caller_with(call.held), table_of(call.project.pk)
    name = call.conversation.model
    for wire_format in CONVERSING:
        if explained(table, name, caller, Need(wire_format), Choosing()).candidates:
            return wire_format
    return Format.CHAT


def _pieces(wire_format: Format, streamed: Streamed) -> Iterator[Event]:
    splitter = EventSplitter()
    for line in streamed.lines:
        for payload in splitter.feed(line + b"\n"):
            one = heard(wire_format, payload)
            if one.failure:
                yield {"type": "failed", "message": one.failure}
            else:
                yield {"type": "text", "text": one.text}


def _head(streamed: Streamed) -> Event:
    fields = streamed.answer.headers
    return {
        "requestId": fields.get("x-axiom-request-id", ""),
        "provider": fields.get("x-axiom-provider", ""),
        "model": fields.get("x-axiom-model", ""),
        "attempts": int(fields.get("x-axiom-attempts", "0")),
    }


def _refused(streamed: Streamed) -> Event:
    answer = streamed.answer
    said = {"type": "failed", "message": _words(answer.body), "status": answer.status}
    return {**said, **_head(streamed)}


def _words(body: bytes) -> str:
    """Read what a refusal says: the gateway words it in the format's own form."""
    try:
        error = orjson.loads(body)["error"]
        return str(error["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "The gateway refused, and not in its own words. Is another server at its address?"


def _policy() -> Policy:
    """Permit one address: the gateway's, which whoever runs the installation has set."""
    gateway = parse_url(settings.GATEWAY_INSIDE_URL)
    return Policy((AllowRule(gateway.host, gateway.port),))
