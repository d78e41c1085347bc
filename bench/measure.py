"""The run: everybody started at once, measured in turns, so that drift hits everybody alike."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from bench import processes
from bench.calls import (
    FIRST_WORD,
    Route,
    is_whole_answer,
    is_whole_stream,
    plain_body,
    stream_body,
)
from bench.load import plain, streams, wrk
from bench.load.connection import Answer, Connection
from bench.load.runs import PlainRun, StreamRun
from bench.results import Cost, Measured, Memory, Plan, Round, UsageCheck
from bench.subjects.subject import Running, Subject, Upstreams
from bench.targets.site import rows_when_written

_WARM_UP_S = 1
_QUIET_TIMEOUT_S = 5.0
_PROOF_TIMEOUT_S = 30.0
_OK = 200


class _Unproven(RuntimeError):
    """A started subject does not answer the call as it must."""


@dataclass(slots=True)
class _Entrant:
    """A started subject and what has been seen of it so far."""

    subject: Subject
    running: Running
    rows_before: int
    rounds: list[Round] = field(default_factory=list)
    good: int = 0
    uncertain: int = 0

    def count(self, run: PlainRun | StreamRun) -> None:
        """Remember how many usage rows this run must, and may, have left."""
        self.good += run.good
        self.uncertain += sum(run.failures.values())
        self.uncertain += run.cut if isinstance(run, PlainRun) else 0


def measure(
    subjects: Sequence[Subject], *, plan: Plan, upstreams: Upstreams, folder: Path
) -> tuple[Measured, ...]:
    """Start and prove every subject, then measure them round by round."""
    results: dict[str, Measured] = {}
    with ExitStack() as stack:
        entrants = []
        for subject in subjects:
            started = _enter(subject, stack, upstreams, folder / subject.name)
            if isinstance(started, Measured):
                results[subject.name] = started
            else:
                entrants.append(started)
        _run_rounds(entrants, plan)
        results |= {one.subject.name: _measured(one) for one in entrants}
    return tuple(results[subject.name] for subject in subjects)


def _enter(
    subject: Subject, stack: ExitStack, upstreams: Upstreams, folder: Path
) -> _Entrant | Measured:
    """Start a subject; one that cannot be measured says why, and nobody else suffers."""
    if missing := subject.missing():
        print(f"{subject.name}: {missing}", flush=True)
        return Measured(subject.name, absent=missing)
    folder.mkdir()
    print(f"{subject.name}: starting …", flush=True)
    try:
        running = stack.enter_context(subject.start(folder, upstreams))
        rows_before = running.usage_rows() if running.usage_rows else 0
        asyncio.run(_prove(running))
    except (processes.DidNotStart, _Unproven, OSError, HTTPException) as error:
        print(f"{subject.name}: did not start: {error}", flush=True)
        return Measured(subject.name, absent=f"did not start: {error}")
    return _Entrant(subject, running, rows_before, good=2)


async def _prove(running: Running) -> None:
    """One plain call and one stream, looked at in full before anything is timed."""
    answer = await _ask_once(running.plain, plain_body(running.plain.model))
    if answer.status != _OK or not is_whole_answer(answer.body):
        raise _Unproven(f"the plain call got {answer.status}: {answer.body[:300]!r}")
    answer = await _ask_once(running.stream, stream_body(running.stream.model))
    if answer.status != _OK or not is_whole_stream(answer.body):
        raise _Unproven(f"the stream got {answer.status}: {answer.body[:300]!r}")


async def _ask_once(route: Route, body: bytes) -> Answer:
    connection = await Connection.open(route.port)
    try:
        async with asyncio.timeout(_PROOF_TIMEOUT_S):
            return await connection.ask(route.request(body), watch=FIRST_WORD)
    finally:
        connection.close()


def _run_rounds(entrants: Sequence[_Entrant], plan: Plan) -> None:
    for number in range(plan.rounds):
        for entrant in _in_turn(entrants, number):
            one = _measure_once(entrant, plan)
            entrant.rounds.append(one)
            rate = f"{one.many.requests_per_s:,.0f} requests/s"
            print(f"round {number + 1}/{plan.rounds} {entrant.subject.name}: {rate}", flush=True)


def _in_turn(entrants: Sequence[_Entrant], number: int) -> Iterator[_Entrant]:
    """Let another one begin in every round: nobody always follows the same neighbour's noise."""
    start = number % len(entrants) if entrants else 0
    yield from entrants[start:]
    yield from entrants[:start]


def _measure_once(entrant: _Entrant, plan: Plan) -> Round:
    running = entrant.running
    processes.wait_until_quiet(running.whole, timeout_s=_QUIET_TIMEOUT_S)
    _call(entrant, connections=1, seconds=_WARM_UP_S)
    single = _call(entrant, connections=1, seconds=plan.seconds)
    _call(entrant, connections=plan.connections, seconds=_WARM_UP_S)
    processes.wait_until_quiet(running.whole, timeout_s=_QUIET_TIMEOUT_S)
    before = _cost(running)
    many = _call(entrant, connections=plan.connections, seconds=plan.seconds)
    processes.wait_until_quiet(running.whole, timeout_s=_QUIET_TIMEOUT_S)
    after = _cost(running)
    cost = Cost(after.counted_s - before.counted_s, after.whole_s - before.whole_s)
    body = stream_body(running.stream.model)
    steady = asyncio.run(
        streams.steady(running.stream, body, connections=plan.streams, seconds=plan.seconds)
    )
    burst = asyncio.run(streams.burst(running.stream, body, connections=plan.streams))
    entrant.count(steady)
    entrant.count(burst)
    return Round(single, many, cost, steady, burst)


def _call(entrant: _Entrant, *, connections: int, seconds: int) -> PlainRun:
    route = entrant.running.plain
    body = plain_body(route.model)
    if wrk.is_installed():
        run = wrk.run(route, body, connections=connections, seconds=seconds)
    else:
        run = asyncio.run(plain.run(route, body, connections=connections, seconds=seconds))
    entrant.count(run)
    return run


def _cost(running: Running) -> Cost:
    return Cost(processes.cpu_s(running.counted), processes.cpu_s(running.whole))


def _measured(entrant: _Entrant) -> Measured:
    running = entrant.running
    memory = Memory(processes.resident_mb(running.counted), processes.resident_mb(running.whole))
    return Measured(
        entrant.subject.name,
        version=entrant.subject.version(),
        rounds=tuple(entrant.rounds),
        memory=memory,
        usage=_usage(entrant),
    )


def _usage(entrant: _Entrant) -> UsageCheck | None:
    """Compare rows with calls once every row is there, or none has come for five seconds."""
    count_rows = entrant.running.usage_rows
    if count_rows is None:
        return None
    rows = rows_when_written(count_rows, entrant.rows_before + entrant.good)
    return UsageCheck(entrant.good, entrant.uncertain, rows - entrant.rows_before)
