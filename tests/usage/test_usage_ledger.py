from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from usage.entries import Entry
from usage.models import UsageRecord

STARTED_AT = datetime(2026, 11, 20, 12, 30, 0, 123456, tzinfo=UTC)


def make_entry(request_id="req_0123456789abcdef", **fields):
    plain = {
        "request_id": request_id,
        "project_id": None,
        "project": "prj_0123456789abcdef",
        "key": "key_0123456789abcdef",
        "key_name": "script",
        "agent": "",
        "agent_name": "",
        "user": "usr_0123456789abcdef",
        "user_name": "ada@example.com",
        "provider": "aip_0123456789abcdef",
        "provider_name": "OpenAI",
        "provider_kind": "openai",
        "model": "gpt-4o",
        "kind_of_use": "chat",
        "requested_model": "default",
        "format": "chat",
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_tokens": 3,
        "cache_write_tokens": 4,
        "reasoning_tokens": 5,
        "cost": Decimal("0.000000000001"),
        "outcome": "reported",
        "status": 200,
        "error_class": "",
        "latency_ms": 12,
        "ttft_ms": None,
        "attempts": 1,
        "streamed": True,
        "writer": "gwy_0123456789abcdef",
        "started_at": STARTED_AT,
    }
    return Entry(**(plain | fields))


def test_an_entry_becomes_a_record_as_it_is(project):
    UsageRecord.objects.append([make_entry(project_id=project.pk)])

    record = UsageRecord.objects.get()
    assert record.public_id == "req_0123456789abcdef"
    assert record.project == project
    assert record.project_public_id == "prj_0123456789abcdef"
    assert (record.key_public_id, record.key_name) == ("key_0123456789abcdef", "script")
    assert (record.provider_name, record.provider_kind) == ("OpenAI", "openai")
    assert (record.model, record.requested_model) == ("gpt-4o", "default")
    assert (record.input_tokens, record.output_tokens, record.reasoning_tokens) == (1, 2, 5)
    assert (record.cache_read_tokens, record.cache_write_tokens) == (3, 4)
    assert record.cost == Decimal("0.000000000001")
    assert (record.outcome, record.status, record.attempts) == ("reported", 200, 1)
    assert (record.latency_ms, record.ttft_ms, record.streamed) == (12, None, True)
    assert record.started_at == STARTED_AT


def test_an_unknown_cost_stays_unknown(db):
    UsageRecord.objects.append([make_entry(cost=None)])

    assert UsageRecord.objects.get().cost is None


def test_an_entry_is_written_once_however_often_it_is_handed_in(db):
    first, second = make_entry("req_a"), make_entry("req_b")

    UsageRecord.objects.append([first, first])
    UsageRecord.objects.append([first, second])

    assert sorted(UsageRecord.objects.values_list("public_id", flat=True)) == ["req_a", "req_b"]


def test_nothing_to_write_asks_the_database_for_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        UsageRecord.objects.append([])


def test_a_line_of_a_project_that_has_gone_meanwhile_is_kept(db):
    UsageRecord.objects.append([make_entry(project_id=987_654)])

    record = UsageRecord.objects.get()
    assert record.project is None
    assert record.project_public_id == "prj_0123456789abcdef"


@pytest.mark.django_db(transaction=True)
def test_the_ledger_outlives_the_project():
    project = factories.make_project("Short-lived")
    UsageRecord.objects.append([make_entry(project_id=project.pk)])

    project.shred_and_delete(typed_name="Short-lived", by=None)

    assert UsageRecord.objects.get().project_id is None


def test_a_project_sees_its_own_lines_alone(project, viewer, stranger):
    UsageRecord.objects.append([make_entry(project_id=project.pk)])

    assert UsageRecord.objects.visible_to(viewer).count() == 1
    assert UsageRecord.objects.visible_to(stranger).count() == 0
    assert UsageRecord.objects.for_project(project).count() == 1


@given(
    st.builds(
        make_entry,
        requested_model=st.text(st.characters(exclude_categories=["Cs"])),
        cost=st.none() | st.decimals(0, 10**9, places=12),
        ttft_ms=st.none() | st.integers(0, 10**9),
        started_at=st.datetimes(timezones=st.just(UTC)),
        outcome=st.sampled_from(["reported", "estimated", "partial"]),
    )
)
def test_a_line_on_disk_reads_as_what_was_written(entry):
    line = entry.as_line()

    assert b"\n" not in line
    assert Entry.from_line(line) == entry


def test_a_line_that_an_earlier_release_left_on_disk_is_read_by_its_names():
    entry = make_entry(agent_name="", user="", user_name="", writer="")
    named = entry._asdict()
    for name in ("agent_name", "user", "user_name", "writer"):
        del named[name]

    assert Entry.from_line(orjson.dumps(named, default=str)) == entry


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"5",
        make_entry().as_line()[:-20],
        make_entry().as_line().replace(b'"reported"', b'"guessed"'),
        make_entry().as_line().replace(b'"1E-12"', b'"much"'),
    ],
)
def test_a_damaged_line_is_said_to_be_none(line):
    with pytest.raises(ValueError, match=r"\S"):
        Entry.from_line(line)
