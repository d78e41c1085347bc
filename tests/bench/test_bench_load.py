import asyncio
import math
import shutil
import sys

import pytest

from bench import processes
from bench.calls import CHUNKS, Route, plain_body, stream_body
from bench.load import plain, streams, wrk
from bench.load.runs import percentile
from bench.upstream import Upstream

RESULT = (
    "Running 1s test @ http://127.0.0.1:1/\n\n"
    'RESULT {"good":900,"broken":3,"statuses":{"429":80,"503":20},"connect":0,"read":2,"write":1,'
    '"timeout":4,"duration_us":2000000,"p50_us":120.0,"p99_us":4000.0}\n'
)


class Unwell(asyncio.Protocol):
    """Answers three of four calls badly: refused, empty of words, cut."""

    turn = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, _data):
        answers = [
            b"HTTP/1.1 503 Away\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nForty-two, as always.",
            b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nForty",
        ]
        answer = answers[Unwell.turn % len(answers)]
        Unwell.turn += 1
        self.transport.write(answer)
        if answer.endswith(b"Forty"):
            self.transport.close()


def against(protocol, load):
    async def run():
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load(Route(port, "default"))

    return asyncio.run(run())


def test_percentiles_are_values_that_were_measured():
    values = [float(number) for number in range(100, 0, -1)]

    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile([7.0], 99) == 7
    assert math.isnan(percentile([], 50))


def test_every_request_is_answered_and_counted_once():
    run = against(
        Upstream,
        lambda route: plain.run(
            route, plain_body(route.model), connections=4, seconds=60, max_requests=200
        ),
    )

    assert (run.good, run.failures, run.connections) == (200, {}, 4)
    assert 0 < run.p50_ms <= run.p99_ms
    assert run.requests_per_s == pytest.approx(200 / run.seconds)


def test_bad_answers_are_counted_by_what_was_wrong_and_never_as_good():
    Unwell.turn = 0

    run = against(
        Unwell,
        lambda route: plain.run(route, b"{}", connections=1, seconds=60, max_requests=40),
    )

    assert run.good == 10
    assert run.failures == {"HTTP 503": 10, "broken answer": 10, "cut": 10}


def test_nobody_listening_is_a_failure_and_not_a_rate():
    route = Route(processes.free_port(), "default")

    run = asyncio.run(plain.run(route, b"{}", connections=3, seconds=60))

    assert (run.good, run.failures, run.requests_per_s) == (0, {"no connection": 3}, 0)


def test_streams_begun_together_are_read_to_their_end():
    run = against(
        Upstream, lambda route: streams.burst(route, stream_body(route.model), connections=5)
    )

    assert (run.good, run.timed, run.failures) == (5, 5, {})
    assert run.first_p50_ms < run.whole_p50_ms
    assert run.whole_p50_ms >= (CHUNKS - 1) * 10 - 5


def test_the_first_stream_of_each_connection_is_the_warm_up():
    run = against(
        Upstream,
        lambda route: streams.steady(route, stream_body(route.model), connections=3, seconds=0),
    )

    assert (run.good, run.timed) == (6, 3)


def test_an_answer_that_is_not_the_stream_is_broken():
    run = against(
        Upstream, lambda route: streams.burst(route, plain_body(route.model), connections=2)
    )

    assert (run.good, run.failures) == (0, {"broken stream": 2})


def test_what_wrk_saw_is_told_apart():
    run = wrk.read_result(RESULT, connections=32)

    assert (run.good, run.seconds, run.requests_per_s, run.cut) == (900, 2.0, 450.0, 32)
    assert (run.p50_ms, run.p99_ms) == (0.12, 4.0)
    assert run.failures == {
        "HTTP 429": 80,
        "HTTP 503": 20,
        "broken answer": 3,
        "cut": 3,
        "over 10 s": 4,
    }


def test_a_run_in_which_nothing_was_answered_is_a_failure():
    silent = (
        'RESULT {"good":0,"broken":0,"statuses":{},"connect":0,"read":0,"write":0,'
        '"timeout":0,"duration_us":1000000,"p50_us":0.0,"p99_us":0.0}'
    )

    run = wrk.read_result(silent, connections=32)

    assert run.failures == {"no answer in time": 32}
    assert math.isnan(run.p50_ms)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_wrk_reads_every_answer(tmp_path):
    port = processes.free_port()
    command = [sys.executable, "-m", "bench.upstream", str(port)]
    root = {"PYTHONPATH": str(wrk.Path(wrk.__file__).parents[2])}
    with processes.started(command, folder=tmp_path, name="up", environment=root) as upstream:
        upstream.wait_until_it_answers(port, "/", timeout_s=30)

        good = wrk.run(Route(port, "x"), plain_body("x"), connections=2, seconds=1)
        broken = wrk.run(Route(port, "x"), stream_body("x"), connections=2, seconds=1)

    assert good.good > 0
    assert good.failures == {}
    assert broken.good == 0
    assert broken.failures["broken answer"] > 0


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_wrk_that_cannot_connect_is_a_run_without_answers():
    run = wrk.run(Route(processes.free_port(), "x"), b"{}", connections=2, seconds=1)

    assert run.good == 0
    assert run.requests_per_s == 0
    assert sum(run.failures.values()) > 0
