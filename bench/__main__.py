"""Measure the gateway, beside others and against its own targets.

python -m bench [WHAT…] [--quick] [--on embedded,services] [--only …] [--seconds N] [--json FILE]

WHAT is `beside` (others, side by side) or a target: sustained, bodies, memory, tenants, scaling,
held, large. Without any of them everything is measured.
"""

import argparse
import json
import math
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bench import beside, machine, table
from bench.figures import Figure, render
from bench.results import Plan
from bench.subjects import axiom
from bench.targets import alone
from bench.verdicts import verdicts

RESULTS = Path(__file__).with_name("results")
BESIDE = "beside"
WHAT = (BESIDE, *alone.TARGETS)
STORES = ("embedded", "services")

_QUICK = Plan(seconds=2, rounds=1)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    now = datetime.now(UTC)
    wanted = options.what or WHAT
    found: dict[str, object] = {"machine": machine.facts()}
    is_well = True
    if BESIDE in wanted:
        is_well = _beside(options, found, f"{now:%Y-%m-%d %H:%M} UTC")
    for name in [name for name in alone.TARGETS if name in wanted]:
        for store in options.on:
            is_well = _alone(name, store, found, is_quick=options.quick) and is_well
    path = options.json or RESULTS / f"{now:%Y-%m-%dT%H-%M-%SZ}.json"
    _save(found, path)
    print(f"\nRaw numbers: {path}")
    return 0 if is_well else 1


def _beside(options: argparse.Namespace, found: dict[str, object], started_at: str) -> bool:
    plan = _QUICK if options.quick else Plan(seconds=options.seconds, rounds=options.rounds)
    report = beside.run(options.only, plan, started_at=started_at)
    figures = verdicts(report)
    found[BESIDE] = asdict(report)
    found[f"{BESIDE}: targets"] = _told(figures)
    print(f"\n{table.render(report)}\n\n{render('Targets', figures)}")
    return not any(one.failures or "did not start" in one.absent for one in report.subjects)


def _alone(name: str, store: str, found: dict[str, object], *, is_quick: bool) -> bool:
    """Measure one target; false where it misses."""
    start, missing = alone.STORES[store]
    if why := missing() or axiom.missing():
        print(f"\n{name} on {store}: {why}", flush=True)
        return True
    figures = alone.measured(name, start, is_quick=is_quick)
    found[f"{name} on {store}"] = _told(figures)
    print(f"\n{render(f'{name} on {store}', figures)}", flush=True)
    return all(figure.holds is not False for figure in figures)


def _told(figures: Sequence[Figure]) -> list[dict[str, object]]:
    return [asdict(figure) for figure in figures]


def _save(found: dict[str, object], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_without_nan(found), indent=1) + "\n")


def _without_nan(value: object) -> object:
    """JSON knows no NaN: what could not be measured is null."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _names(text: str) -> tuple[str, ...]:
    return _chosen(text, beside.NAMES)


def _stores(text: str) -> tuple[str, ...]:
    return _chosen(text, STORES)


def _chosen(text: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if unknown := set(names) - set(known):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {known}")
    return names


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("what", nargs="*", choices=[*WHAT, []], help=f"of {', '.join(WHAT)}; all by default")
    add("--quick", action="store_true", help="a look at each instead of the whole measurement")
    add("--on", type=_stores, default=STORES, help=f"of {','.join(STORES)}; both by default")
    add("--only", type=_names, default=beside.NAMES, help=f"of {','.join(beside.NAMES)}")
    add("--seconds", type=_at_least_one, default=3, help="for each measurement (default 3)")
    add("--rounds", type=_at_least_one, default=3, help="turns of everybody (default 3)")
    add("--json", type=Path, help="where the raw numbers go (default bench/results/)")
    return parser


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that everything that was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped; nothing was saved.")
