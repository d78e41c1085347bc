"""Completions of Axiom's own, for tests and paid probes: tiny, paid for, and in the ledger."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from foundation.tokens import tokens_in
from providers.kinds.client import CallFailed
from providers.kinds.dialects import smallest
from providers.kinds.errors import is_cut
from providers.kinds.kind import FormatUnsupported, KindUnavailable
from providers.kinds.vocabulary import (
    ErrorClass,
    Outcome,
    Reply,
    Request,
    UnreadableAnswer,
    Usage,
)
from providers.kinds.vocabulary import ModelKind as Sort
from providers.models import ModelKind, ProviderModel
from providers.models.secret import SecretNeedsValue
from providers.services import endpoints, outcomes, own_calls
from providers.services.calls import Call
from providers.services.own_calls import OwnCall, Purpose

TEST_TIMEOUT_S = 60.0
PROBE_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Asked:
    """How a completion of Axiom's own went; `cost` is USD, None where it is not known.

    It is `cut` where the tokens ended before the model's first word.
    """

    outcome: Outcome
    cost: Decimal | None = None
    cut: bool = False


def complete(model: ProviderModel, use: Purpose, *, now: datetime) -> Asked:
    """Send the smallest real request that the kind allows; the ledger is told.

    A test takes 60 s at most, a probe 15. A test that is cut is made once more, with the tokens
    that reasoning takes.
    """
    begun = time.monotonic()
    longest_s = TEST_TIMEOUT_S if use == "test" else PROBE_TIMEOUT_S
    try:
        endpoint = endpoints.of(model.provider, purpose=use, now=now)
        call = Call(model.provider.kind_row, endpoint, model.provider.project, now)
        asked = _asked(call, model, use, is_reasoning=model.has_reasoning, timeout_s=longest_s)
        if use == "probe" or not asked.cut:
            return asked
        left_s = max(longest_s - int(time.monotonic() - begun), 1.0)
        return _told(model, asked if model.has_reasoning else _again(call, model, asked, left_s))
    except SecretNeedsValue as error:
        return Asked(outcomes.failed(ErrorClass.INVALID_KEY, str(error)))
    except (KindUnavailable, FormatUnsupported) as error:
        return Asked(outcomes.failed(ErrorClass.BAD_REQUEST, str(error)))


def _again(call: Call, model: ProviderModel, first: Asked, left_s: float) -> Asked:
    asked = _asked(call, model, "test", is_reasoning=True, timeout_s=left_s)
    if asked.cost is None or first.cost is None:
        return replace(asked, cost=None)
    return replace(asked, cost=asked.cost + first.cost)


def _told(model: ProviderModel, asked: Asked) -> Asked:
    """Call a test failed that brought no word."""
    if not asked.cut or not asked.outcome.ok:
        return asked
    message = (
        f"{model} used up the {smallest.REASONED_ANSWER_TOKENS} tokens of the test before its "
        "first word. Its key is good: try it with a request of your own."
    )
    error_class = ErrorClass.PROVIDER_ERROR
    outcome = replace(asked.outcome, ok=False, error_class=error_class, message=message)
    return replace(asked, outcome=outcome)


def _asked(
    call: Call, model: ProviderModel, use: Purpose, *, is_reasoning: bool, timeout_s: float
) -> Asked:
    kind, model_kind = call.kind, _sort_of(model)
    request = kind.smallest_request(
        call.endpoint, model.upstream_id, model_kind=model_kind, is_reasoning=is_reasoning
    )
    outcome, reply, cut = _completed(call, request, model, timeout_s=timeout_s)
    used = OwnCall(
        model,
        use,
        kind.dialect_for_model(model_kind).format.value,
        outcome,
        usage=_used(outcome, reply),
        is_estimated=reply is not None and reply.usage is None,
        started_at=call.now,
    )
    return Asked(outcome, own_calls.write(used), cut)


def _completed(
    call: Call, request: Request, model: ProviderModel, *, timeout_s: float
) -> tuple[Outcome, Reply | None, bool]:
    who, model_kind = model.provider.name, _sort_of(model)
    try:
        answer = call.send(request, timeout_s=timeout_s)
    except CallFailed as error:
        return error.outcome(), None, False
    if not answer.is_ok:
        return outcomes.refused(who, answer, call), None, is_cut(answer)
    try:
        reply = call.kind.read_answer(answer, model_kind=model_kind)
    except UnreadableAnswer as error:
        return outcomes.unreadable(who, answer, error, call.endpoint), None, False
    outcome = outcomes.answered(model.provider, f"{model.upstream_id} at {who}", answer)
    return outcome, reply, reply.is_cut and not reply.text


def _sort_of(model: ProviderModel) -> Sort:
    return "embedding" if model.kind == ModelKind.EMBEDDING else "chat"


def _used(outcome: Outcome, reply: Reply | None) -> Usage | None:
    """Say what a call used; None where its answer was lost on the way, or can't be read."""
    if reply is not None:
        return reply.usage or Usage(
            input_tokens=tokens_in(len(smallest.PROMPT)),
            output_tokens=tokens_in(len(reply.text)),
        )
    is_success = outcome.http_status in range(200, 300)
    is_lost = is_success or outcome.error_class is ErrorClass.TIMEOUT
    return None if is_lost else Usage()
