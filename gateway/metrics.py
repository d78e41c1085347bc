"""What the gateway counts, for Prometheus. Counting is a dictionary; words are made on reading."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LATENCY_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

Gauges = Callable[[], Iterable[tuple[str, str, float]]]


class Histogram:
    """How often a time fell below each bound."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(LATENCY_BOUNDS_S) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(LATENCY_BOUNDS_S, seconds)] += 1
        self._sum += seconds

    def add_to(self, family: HistogramMetricFamily, labels: Sequence[str] = ()) -> None:
        total, buckets = 0, []
        for bound, count in zip((*map(str, LATENCY_BOUNDS_S), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric(labels, buckets, self._sum)


class Metrics(Collector):
    """Requests, attempts and their times in this process; `gauges` are read when asked."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges
        self._requests: dict[tuple[str, int, str], int] = {}
        self._attempts: dict[tuple[str, str], int] = {}
        self._limited: dict[str, int] = {}
        self._latency: dict[str, Histogram] = {}
        self._ttft = Histogram()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def answered(self, wire_format: str, status: int, provider_id: str, latency_s: float) -> None:
        """Count a request; status 0 is a client that left before its answer.

        Without `provider_id` nobody was asked.
        """
        key = (wire_format, status, provider_id)
        self._requests[key] = self._requests.get(key, 0) + 1
        latency = self._latency.get(wire_format)
        if latency is None:
            latency = self._latency[wire_format] = Histogram()
        latency.observe(latency_s)

    def began(self, ttft_s: float) -> None:
        self._ttft.observe(ttft_s)

    def attempted(self, provider_id: str, outcome: str) -> None:
        key = (provider_id, outcome)
        self._attempts[key] = self._attempts.get(key, 0) + 1

    def limited(self, limit_id: str) -> None:
        """Count a call that a limit refused."""
        self._limited[limit_id] = self._limited.get(limit_id, 0) + 1

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "axiom_gateway_requests",
            "Requests answered.",
            labels=("format", "status", "provider"),
        )
        for (wire_format, status, provider_id), count in self._requests.items():
            requests.add_metric([wire_format, str(status), provider_id], count)
        attempts = CounterMetricFamily(
            "axiom_gateway_attempts", "Calls to providers.", labels=("provider", "outcome")
        )
        for (provider_id, outcome), count in self._attempts.items():
            attempts.add_metric([provider_id, outcome], count)
        limited = CounterMetricFamily(
            "axiom_gateway_limited", "Calls refused by a limit.", labels=("limit",)
        )
        for limit_id, count in self._limited.items():
            limited.add_metric([limit_id], count)
        yield requests
        yield attempts
        yield limited
        yield from self._times()
        for name, help_text, value in self._gauges():
            yield GaugeMetricFamily(name, help_text, value)

    def _times(self) -> Iterator[Metric]:
        latency = HistogramMetricFamily(
            "axiom_gateway_request_seconds", "Time to the answer's end.", labels=("format",)
        )
        for wire_format, histogram in self._latency.items():
            histogram.add_to(latency, [wire_format])
        ttft = HistogramMetricFamily(
            "axiom_gateway_first_token_seconds", "Time to a stream's start."
        )
        self._ttft.add_to(ttft)
        yield latency
        yield ttft
