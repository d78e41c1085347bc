import json
import math
from dataclasses import asdict

from bench import __main__ as command
from bench import table
from bench.load.runs import PlainRun, StreamRun
from bench.numbers import number
from bench.results import Cost, Measured, Memory, Plan, Report, Round, UsageCheck


def a_round(rate, *, p50_ms=0.1, cpu_s=1.0, failures=None):
    single = PlainRun(1, 2.0, 1000, p50_ms, 0.5)
    many = PlainRun(32, 2.0, rate * 2, 1.0, 3.0, failures or {}, cut=32)
    streams = StreamRun(100, 2.0, 200, 100, 3.0, 19.0, 603.0, 640.0)
    return Round(single, many, Cost(cpu_s, 2 * cpu_s), streams, streams)


def measured(name, *rates, **round_fields):
    rounds = tuple(a_round(rate, **round_fields) for rate in rates)
    return Measured(name, version="1.0", rounds=rounds, memory=Memory(40.0, 40.0))


def report(*subjects):
    return Report("2026-11-20 10:00 UTC", {"cores": "2"}, "wrk", Plan(), subjects)


def test_one_wild_round_does_not_move_the_median():
    nginx = measured("nginx", 40_000, 41_000, 900)

    assert nginx.middle(lambda r: r.many.requests_per_s) == 40_000
    assert nginx.spread(lambda r: r.many.requests_per_s) == 40_100 / 40_000


def test_a_round_without_a_number_does_not_hide_the_others():
    litellm = measured("litellm", 100, 0)

    assert litellm.middle(lambda r: r.cpu_s_per_1000) == 5.0


def test_cpu_is_told_for_a_thousand_good_answers():
    assert a_round(5_000, cpu_s=2.5).cpu_s_per_1000 == 0.25
    assert math.isnan(a_round(0).cpu_s_per_1000)


def test_ratios_compare_medians():
    axiom, nginx = measured("axiom", 10_000, p50_ms=0.75), measured("nginx", 40_000, p50_ms=0.5)

    text = table.render(report(nginx, axiom))

    assert table.ratio(axiom, nginx, lambda r: r.many.requests_per_s) == 0.25
    assert table.over_ms(axiom, nginx) == 0.25
    assert "0.250 ×" in text


def test_failures_mark_the_row_and_are_spelled_out():
    litellm = measured("litellm", 100, 100, failures={"HTTP 500": 7})

    text = table.render(report(litellm))

    assert "litellm !: 14 × HTTP 500 (in no rate; its row is not comparable)" in text


def test_a_subject_that_is_not_there_has_a_reason_and_no_row():
    absent = Measured("portkey", absent="not installed: run make bench-peers")

    text = table.render(report(measured("nginx", 40_000), absent))

    assert "portkey: not installed: run make bench-peers" in text
    assert text.count("portkey") == 1


def test_a_log_is_left_out_of_the_table():
    absent = Measured("axiom", absent="did not start: it ended with 1:\n  a\n  b")

    text = table.render(report(absent))

    assert "axiom: did not start: it ended with 1: see its log above" in text


def test_numbers_keep_three_digits():
    written = [number(value) for value in (0, 0.0612, 1.234, 12.34, 1234.5, -0.5, math.nan)]

    assert written == ["0.00", "0.061", "1.23", "12.3", "1,234", "-0.500", "—"]


def test_rows_are_lost_when_good_answers_outnumber_them():
    lost = UsageCheck(good=1000, uncertain=64, rows=990)
    right = UsageCheck(good=1000, uncertain=64, rows=1050)
    too_many = UsageCheck(good=1000, uncertain=64, rows=1070)

    assert (lost.lost, lost.invented) == (10, 0)
    assert (right.lost, right.invented) == (0, 0)
    assert (too_many.lost, too_many.invented) == (0, 6)


def test_the_file_holds_every_round_and_null_for_what_was_not_measured(tmp_path):
    nothing = PlainRun(1, 0.0, 0, math.nan, math.nan, {"no connection": 1})
    whole = a_round(1000)
    broken = Round(nothing, whole.many, whole.many_cost, whole.streams, whole.burst)
    subject = Measured("nginx", rounds=(whole, broken))

    command._save(asdict(report(subject)), tmp_path / "new" / "run.json")

    saved = json.loads((tmp_path / "new" / "run.json").read_text())
    rounds = saved["subjects"][0]["rounds"]
    assert [one["single"]["p50_ms"] for one in rounds] == [0.1, None]
    assert saved["plan"] == {"seconds": 3, "rounds": 3, "connections": 32, "streams": 100}
