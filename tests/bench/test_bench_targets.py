import asyncio
import json
import math
from itertools import chain, repeat

import pytest

from bench import __main__ as command
from bench.calls import Route, measured_body
from bench.figures import at_least, at_most, render, told
from bench.load import wrk
from bench.load.readers import Sampler, take_all
from bench.load.runs import PlainRun
from bench.results import Cost, Measured, Report, Round, StreamRun, UsageCheck
from bench.results import Plan as RoundPlan
from bench.targets.bodies import _share
from bench.targets.memory import growth
from bench.targets.site import rows_when_written
from bench.upstream import UNDER_WAY, Upstream
from bench.verdicts import verdicts


def against_upstream(load):
    async def run():
        server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
        async with server:
            return await load(Route(server.sockets[0].getsockname()[1], "bench"))

    return asyncio.run(run())


async def until(is_so):
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - it is a number of another's that is waited for
            await asyncio.sleep(0.005)


def measured(name, rate, *, p50_ms, first_ms, lost=None):
    streams = StreamRun(100, 2.0, 200, 100, first_ms, first_ms * 2, 603.0, 640.0)
    one = Round(
        PlainRun(1, 1.0, 1000, p50_ms, 0.5),
        PlainRun(32, 1.0, rate, 1.0, 3.0),
        Cost(1.0, 2.0),
        streams,
        streams,
    )
    usage = None if lost is None else UsageCheck(good=10, uncertain=0, rows=10 - lost)
    return Measured(name, rounds=(one,), usage=usage)


def test_a_figure_holds_or_is_marked_and_what_was_not_measured_is_neither():
    figures = [at_least("rate", 2, 1), at_most("lost", 3, 0), at_least("p50", math.nan, 1)]

    assert [figure.holds for figure in figures] == [True, False, None]
    assert "MISSED" in render("Targets", figures)
    assert "≥ 1" in render("Targets", [told("by the way", 1.0, wanted="≥ 1, where cores allow")])


def test_a_run_beside_others_is_judged_by_its_ratios():
    report = Report(
        "now",
        {},
        "wrk",
        RoundPlan(),
        (
            measured("upstream", 100_000, p50_ms=0.1, first_ms=1.0),
            measured("nginx", 40_000, p50_ms=0.2, first_ms=1.0),
            measured("axiom", 10_000, p50_ms=0.5, first_ms=5.0, lost=1),
            measured("portkey", 1_000, p50_ms=2.0, first_ms=40.0),
        ),
    )

    found = {figure.name.partition(": ")[2]: figure for figure in verdicts(report)}

    assert found["p50 over the upstream, 1 connection"].value == pytest.approx(0.4)
    assert found["p50 over the upstream, 1 connection"].holds is False
    assert found["first chunk p50 over the upstream's"].holds
    assert found["rows lost"].holds is False
    rates = [figure for figure in verdicts(report) if figure.name == "axiom: requests/s"]
    assert [(figure.unit, figure.value) for figure in rates] == [
        ("× portkey", 10.0),
        ("× nginx", 0.25),
    ]


def test_an_answer_made_to_measure_comes_whole_and_is_counted_while_it_comes():
    async def load(route):
        slow = measured_body("m", pieces=2, every_ms=60_000, size=10, is_stream=True)
        before = Upstream.under_way
        held = asyncio.ensure_future(take_all(route, slow))
        await until(lambda: Upstream.under_way == before + 1)
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
        await until(lambda: Upstream.under_way == before)
        bodies = (
            measured_body("m", pieces=500, every_ms=0, size=1_000, is_stream=is_stream)
            for is_stream in (True, False)
        )
        return [await take_all(route, body) for body in bodies]

    stream, whole = against_upstream(load)

    assert (stream.status, whole.status) == (200, 200)
    assert stream.is_whole
    assert whole.is_whole
    assert min(stream.size, whole.size) > 500_000
    assert UNDER_WAY == "/under-way"


def test_a_sampler_reads_while_others_work():
    values = iter(range(1_000_000))
    sampler = Sampler(lambda: next(values), every_s=0.0)

    async def work():
        await until(lambda: len(sampler.values) >= 3)
        return "done"

    async def run():
        return await sampler.during(work())

    assert asyncio.run(run()) == "done"
    assert sampler.values[:3] == [0, 1, 2]


def test_growth_is_told_by_medians_of_the_middle_and_the_last_third():
    assert growth([100, 110, 111, 111, 112, 300]) == pytest.approx(95)
    assert growth([100, 110, 111, 111, 111, 111]) == 0
    assert growth([100.0]) == 0


def test_rows_are_counted_once_they_are_there(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    counts = chain([1, 2, 5], repeat(5))

    assert rows_when_written(lambda: next(counts), 5) == 5


def test_large_bodies_are_compared_by_the_best_of_their_rounds():
    small, long = PlainRun(32, 1.0, 1000, 1, 1), PlainRun(32, 1.0, 600, 1, 1, {"HTTP 413": 2})

    assert _share([small], [long]) == (0.6, 600.0, 2)


def test_a_pace_knows_how_many_calls_it_makes():
    assert wrk.Pace(per_s=2_000, seconds=60).calls == 120_000


def test_a_target_that_misses_makes_the_command_fail_and_is_written_down(tmp_path, monkeypatch):
    monkeypatch.setattr(command.alone, "STORES", {"embedded": (None, lambda: "")})
    monkeypatch.setattr(command.axiom, "missing", lambda: "")
    monkeypatch.setattr(command.alone, "measured", lambda *_, **__: [at_most("lost", 1, 0)])
    file = tmp_path / "found.json"

    status = command.main(["sustained", "--on", "embedded", "--json", str(file)])

    assert status == 1
    assert json.loads(file.read_text())["sustained on embedded"][0]["holds"] is False


def test_what_is_not_there_is_named_and_fails_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command.alone, "STORES", {"services": (None, lambda: "not given: set X")})

    status = command.main(["held", "--on", "services", "--json", str(tmp_path / "found.json")])

    assert status == 0
    assert "held on services: not given: set X" in capsys.readouterr().out
