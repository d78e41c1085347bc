"""Measure the Usage page over ten million rows of the ledger in PostgreSQL.

DATABASE_URL=postgres://…/a_database_of_its_own python -m bench.usage_page

Rows of 90 days are made in the database, and their sums of days from them by the database itself;
then the page is asked for in this process, through every middleware.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = int(os.environ.get("BENCH_ROWS", "10000000"))
BATCHES, DAYS, ROUNDS = 10, 90, 15
PROJECTS, PROVIDERS, MODELS, KEYS = 20, 2, 5, 4  # of each project, the last three
PAGE = "/admin/usage/usagerecord/"

_ROWS = """
INSERT INTO usage_usagerecord (
    public_id, project_id, project_public_id, key_public_id, key_name, agent_public_id, agent_name,
    user_public_id, user_name, provider_public_id, provider_name, provider_kind, model,
    kind_of_use, requested_model, format, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, cost, outcome, status, error_class, latency_ms, ttft_ms,
    attempts, streamed, writer, started_at
)
SELECT
    'req_' || lpad(n::text, 16, '0'), p.id, p.public_id, 'key_' || p.id || '_' || n %% %(keys)s,
    'key ' || n %% %(keys)s, '', '', 'usr_' || n %% 7, 'person-' || n %% 7 || '@example.com',
    'aip_' || p.id || '_' || n %% %(providers)s, 'Provider ' || n %% %(providers)s, 'openai',
    'model-' || n %% %(models)s, (array['chat', 'chat', 'chat', 'task'])[1 + n %% 4], 'default',
    'chat', n %% 3000, n %% 700, n %% 900, 0, n %% 90, (n %% 1000) / 100000.0, 'reported',
    CASE WHEN n %% 97 = 0 THEN 502 ELSE 200 END, '', 100 + n %% 4000, n %% 400, 1, true, '',
    %(now)s - (n %% (%(days)s * 86400 - 100)) * interval '1 second'
FROM generate_series(%(first)s, %(last)s) AS n
JOIN (SELECT id, public_id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_project) p
    ON p.place = n / 11 %% %(projects)s
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        os.environ |= {
            "AXIOM_DATA": temporary,
            "DJANGO_SETTINGS_MODULE": "axiom.settings",
            "AXIOM_LOG_LEVEL": "ERROR",
            "ALLOWED_HOSTS": "testserver,127.0.0.1",
            "AXIOM_HTTPS": "off",
        }
        from bench.control_plane import set_up  # noqa: PLC0415 - the environment had to be made first

        set_up()
        _furnish()
        _measure()
    return 0


def _furnish() -> None:
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Project  # noqa: PLC0415
    from usage.models import DayBucket  # noqa: PLC0415

    for number in range(Project.objects.count(), PROJECTS):
        Project.objects.create(name=f"Project {number}", slug=f"project-{number}")
    begun, size = time.perf_counter(), ROWS // BATCHES
    made = {"keys": KEYS, "providers": PROVIDERS, "models": MODELS, "projects": PROJECTS}
    values: dict[str, Any] = made | {"now": timezone.now(), "days": DAYS}
    with connection.cursor() as cursor:
        for number in range(BATCHES):
            first = number * size
            cursor.execute(_ROWS, values | {"first": first, "last": first + size - 1})
        for table, unit in (("usage_daybucket", "day"), ("usage_monthbucket", "month")):
            cursor.execute(_sums_by(table, unit))
        cursor.execute("ANALYZE")
    spent = time.perf_counter() - begun
    print(f"{ROWS:,} rows, {DayBucket.objects.count():,} sums of days, made in {spent:.0f} s")


def _sums_by(table: str, unit: str) -> str:
    """Let the database add its own rows up: this is about reading sums, not about making them."""
    from usage.tallies import (  # noqa: PLC0415
        DIMENSIONS,
        LATENCIES,
        LATENCY_BOUNDS_MS,
        TOKENS,
    )

    bounds = (-1, *LATENCY_BOUNDS_MS)
    counted = [
        f"count(*) FILTER (WHERE latency_ms > {low} AND latency_ms <= {high})"
        for low, high in zip(bounds, (*LATENCY_BOUNDS_MS, 2**31 - 1), strict=True)
    ]
    sums = {
        "requests": "count(*)",
        "failed": "count(*) FILTER (WHERE status >= 400)",
        "estimated": "0",
        "partial": "0",
        "unpriced": "count(*) - count(cost)",
        "attempts": "sum(attempts)",
        **{name: f"sum({name})" for name in TOKENS},
        "cost": "sum(cost)",
        "latency_ms": "sum(latency_ms)",
        "ttft_ms": "sum(ttft_ms)",
        "with_ttft": "count(ttft_ms)",
        **dict(zip(LATENCIES, counted, strict=True)),
    }
    by = ", ".join(DIMENSIONS)
    return (
        f"INSERT INTO {table} (starts_at, {by}, {', '.join(sums)}) "  # noqa: S608 - names of our own columns
        f"SELECT date_trunc('{unit}', started_at, 'UTC') AS start, {by}, "
        f"{', '.join(sums.values())} FROM usage_usagerecord GROUP BY start, {by}"
    )


def _measure() -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from accounts.models import Project, User  # noqa: PLC0415

    client = Client()
    first = User.objects.earliest("pk")
    client.force_login(first, backend="django.contrib.auth.backends.ModelBackend")
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # one process, whose time counts
        cursor.execute("SELECT pg_backend_pid()")
        (database,) = cursor.fetchone() or (0,)
    one = Project.objects.earliest("pk").public_id
    for name, query in {
        "one project": f"?days=90&project={one}",
        "every project": "?days=90&project=all",
        "one model of one": f"?days=90&project={one}&model=model-1",
    }.items():
        client.get(PAGE + query)
        walls, before = [], (time.process_time(), _processor_s(database))
        for _ in range(ROUNDS):
            wall = time.perf_counter()
            answer = client.get(PAGE + query)
            walls.append((time.perf_counter() - wall) * 1000)
        after = (time.process_time(), _processor_s(database))
        ours, theirs = ((b - a) * 1000 / ROUNDS for a, b in zip(before, after, strict=True))
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE + query)
        print(
            f"  {name:<18}{ours + theirs:6.0f} ms of the processor, {theirs:.0f} of them in the "
            f"database; {statistics.median(walls):.0f} ms by the clock; {len(queries)} queries; "
            f"{len(answer.content) / 1000:.0f} KB"
        )


def _processor_s(process: int) -> float:
    """Read what a process of this machine has used: a busy one moves that least."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main())
