"""Whatever happens to a call, its client is told in its own form, and the call has an ending."""

import logging
from collections.abc import Awaitable
from typing import Final

from gateway.calls import Call, Ending
from gateway.database import DatabaseAway
from gateway.estimates import estimated
from gateway.exchange import JSON
from gateway.formats import asking
from gateway.refusals import Broken, NobodyAnswered, Refusal, Unavailable
from gateway.watch import ClientLeft, Stopping
from providers.kinds.vocabulary import Usage
from usage.entries import Outcome

logger = logging.getLogger(__name__)

SOON_S: Final = 2  # when a client may try again after something of ours was away
CLIENT_LEFT: Final = "client_left"
RESTARTING: Final = "The gateway is being restarted. Send the request again in a moment."

_DATABASE_AWAY: Final = "Axiom's database is away for the moment. Try again in a few seconds."
_BROKEN: Final = "The call failed inside Axiom. Its log has the reason, under this request's id."


async def ending_of(call: Call, work: Awaitable[Ending]) -> Ending:
    """Wait for a call's work and return how it ended; never raises for what went wrong in it."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001 - told apart there, and logged
        return ended_by(error, call)


def ended_by(error: Exception, call: Call) -> Ending:
    """Tell the client what ended its call, and return how that is kept."""
    match error:
        case Refusal():
            return refuse(call, error)
        case DatabaseAway():
            return refuse(call, Unavailable(_DATABASE_AWAY, retry_after_s=SOON_S))
        case Stopping():
            return refuse(call, Unavailable(RESTARTING, retry_after_s=SOON_S))
        case ClientLeft():
            return Ending(0, _asked(call), Outcome.PARTIAL, CLIENT_LEFT)
        case _:
            logger.error("call %s failed", call.exchange.request_id, exc_info=error)
            return refuse(call, Broken(_BROKEN))


def refuse(call: Call, refusal: Refusal) -> Ending:
    """Answer in the client's own form of errors."""
    if call.exchange.is_answered:  # a stream that had begun
        call.exchange.break_off(call.form.error_event(refusal.message, code=refusal.code))
        return Ending(refusal.status, _asked(call), Outcome.PARTIAL, refusal.code)
    headers = call.headers(JSON)
    if refusal.retry_after_s is not None:
        headers.append(("retry-after", str(refusal.retry_after_s)))
    call.exchange.answer(refusal.status, asking.error(call.form, refusal), headers)
    if isinstance(refusal, NobodyAnswered):
        return Ending(refusal.status, error_class=refusal.error_class.value)
    return Ending(refusal.status, error_class=refusal.code)


def _asked(call: Call) -> Usage:
    """Estimate the prompt that a provider was sent, whether or not it could answer."""
    if call.asked is None or not call.attempts:
        return Usage()
    return estimated(call.asked.fields, answer_characters=0)
