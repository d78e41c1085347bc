"""The machine and the versions that a number belongs to."""

import os
import platform
from pathlib import Path

from bench.load import wrk


def facts() -> dict[str, str]:
    """Describe what matters to anyone who compares runs, the load before this one included."""
    one_minute, *_ = os.getloadavg()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "CPU": _cpu_model(),
        "memory GB": f"{memory:.0f}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "load before": f"{one_minute:.2f}",
    }


def generator() -> str:
    """Say what sends the plain calls, and how to get the better one."""
    if wrk.is_installed():
        return f"{wrk.version()} for plain calls (1 thread), our own asyncio client for streams"
    return (
        "our own asyncio client for everything; it is slower than the faster subjects and hides "
        "their differences: apt-get install wrk nginx-light"
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
