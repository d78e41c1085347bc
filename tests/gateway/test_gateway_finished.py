"""The line that a call leaves: every column holds what its name says."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

from gateway.callers import Caller
from gateway.calls import Ending
from gateway.finished import entry_of
from gateway.formats.asking import Asked
from providers.kinds.vocabulary import Format, Usage
from tests.gateway.tables import make_target
from usage.entries import KindOfUse, Outcome
from usage.pricing import Prices

CALLER = Caller(
    project_pk=7,
    project_id="prj_1",
    key_id="key_1",
    key_name="script",
    user_id="usr_1",
    user_name="ada@example.com",
    agent_id="agt_1",
    agent_name="Helper",
)
USAGE = Usage(1, 2, 3, 4, 5)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_call(**fields):
    asked = Asked(Format.CHAT, {}, "default", streams=True)
    plain = {
        "exchange": SimpleNamespace(request_id="req_1"),
        "asked": asked,
        "target": make_target("a/m", prices=Prices(*map(Decimal, "1234"))),
        "elapsed_s": 0.25,
        "ttft_s": 0.125,
        "attempts": 2,
        "started_at": NOON.timestamp(),
    }
    return SimpleNamespace(**(plain | fields))


def entry(call, ending, caller=CALLER):
    return entry_of(call, caller, Format.CHAT, ending, writer="gwy_1")


def test_each_column_of_a_line_holds_what_its_name_says():
    line = entry(make_call(), Ending(206, USAGE, Outcome.PARTIAL, "timeout"))

    assert line._asdict() == {
        "request_id": "req_1",
        "project_id": 7,
        "project": "prj_1",
        "key": "key_1",
        "key_name": "script",
        "agent": "agt_1",
        "agent_name": "Helper",
        "user": "usr_1",
        "user_name": "ada@example.com",
        "provider": "aip_a",
        "provider_name": "A",
        "provider_kind": "custom",
        "model": "m",
        "kind_of_use": "chat",
        "requested_model": "default",
        "format": "chat",
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_tokens": 3,
        "cache_write_tokens": 4,
        "reasoning_tokens": 5,
        "cost": Decimal("0.000040000000"),  # 1·1 + (2+5)·2 + 3·3 + 4·4 millionths
        "outcome": "partial",
        "status": 206,
        "error_class": "timeout",
        "latency_ms": 250,
        "ttft_ms": 125,
        "attempts": 2,
        "streamed": True,
        "writer": "gwy_1",
        "started_at": NOON,
    }


def test_a_call_that_reached_nobody_names_nobody():
    line = entry(make_call(asked=None, target=None, ttft_s=None), Ending(401))

    assert (line.provider, line.provider_name, line.provider_kind, line.model) == ("",) * 4
    assert (line.requested_model, line.streamed, line.ttft_ms) == ("", False, None)


def test_what_was_typed_fits_its_column_and_says_what_it_was_for():
    asked = Asked(Format.CHAT, {}, "a\0b" * 200)
    task = Asked(Format.CHAT, {}, "task")
    by_cronjob = Caller(1, "prj_1", "", "", use=KindOfUse.CRON)

    assert entry(make_call(asked=asked), Ending(404)).requested_model == ("ab" * 200)[:300]
    assert entry(make_call(asked=task), Ending(200)).kind_of_use == "task"
    assert entry(make_call(asked=task), Ending(200), by_cronjob).kind_of_use == "cron"
