"""A start of tiny parts, run as a program: `small_start.py DATA_DIR PARTS_AS_JSON`."""

import json
import os
import sys
from pathlib import Path

from axiom.supervisor import lock
from axiom.supervisor.parts import GRACE_S, Door, Part
from axiom.supervisor.processes import Surroundings
from axiom.supervisor.refusals import StartRefused
from axiom.supervisor.supervision import supervise


def main(data_dir: Path, rows: list[dict[str, str]]) -> int:
    run_dir = data_dir / "run"
    run_dir.mkdir(exist_ok=True)
    try:
        held = lock.take(run_dir / "axiom.pid")
    except StartRefused as error:
        sys.exit(str(error))
    return supervise(
        [_part(row) for row in rows],
        surroundings=Surroundings(folder=data_dir, environment=os.environ),
        run_dir=run_dir,
        lock=held,
    )


def _part(row: dict[str, str]) -> Part:
    door = Door("127.0.0.1", int(row["port"]), "/") if "port" in row else None
    grace_s = float(row.get("grace_s", GRACE_S))
    return Part(row["name"], (sys.executable, "-c", row["code"]), door=door, grace_s=grace_s)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
