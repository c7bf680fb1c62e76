"""What a node counts, in one registry of its own, so that two nodes in one process do not add up.

Label values come from short closed sets (a route's template, a flow's name, an outcome), never from what a stranger
sent: each new value is memory for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_QUICK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counters, gauges and histograms of one node; `render` gives what `/metrics` answers."""

    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=True))
    http_requests: Counter = field(init=False)
    http_seconds: Histogram = field(init=False)
    outbox_rows: Gauge = field(init=False)
    mailbox_rows: Gauge = field(init=False)
    live_sockets: Gauge = field(init=False)
    commits: Counter = field(init=False)
    commit_seconds: Histogram = field(init=False)
    commit_bodies: Histogram = field(init=False)
    fetches: Counter = field(init=False)
    fetch_seconds: Histogram = field(init=False)
    worker_jobs: Counter = field(init=False)
    worker_seconds: Histogram = field(init=False)
    job_runs: Counter = field(init=False)
    job_seconds: Histogram = field(init=False)
    relay_checks: Counter = field(init=False)
    verdicts: Counter = field(init=False)
    peers: Gauge = field(init=False)

    def __post_init__(self) -> None:
        self._counter("http_requests", "requests answered", "route", "method", "status")
        self._histogram("http_seconds", "time to answer a request", _QUICK_S, "route")
        self._gauge("outbox_rows", "messages that wait to go out, or were given up", "state")
        self._gauge("mailbox_rows", "messages that wait for their learners")
        self._gauge("live_sockets", "open WebSockets")
        self._counter("commits", "units of work that were committed", "unit")
        self._histogram("commit_seconds", "time from a unit of work to its commit", _QUICK_S)
        self._histogram("commit_bodies", "units of work in one commit", _BATCH)
        self._counter("fetches", "calls to other parties", "method", "outcome")
        self._histogram("fetch_seconds", "time of a call to another party", _QUICK_S, "method")
        self._counter("worker_jobs", "jobs of worker processes", "pool", "outcome")
        self._histogram("worker_seconds", "time of a job in a worker process", _QUICK_S, "pool")
        self._counter("job_runs", "runs of scheduled jobs", "job", "outcome")
        self._histogram("job_seconds", "time of a run of a scheduled job", _QUICK_S, "job")
        self._counter("relay_checks", "consented answers checked by this node as a relay", "kind", "outcome")
        self._counter("verdicts", "verification reports", "verdict")
        self._gauge("peers", "members known from the trust network")
        ProcessCollector(registry=self.registry)

    def render(self) -> bytes:
        """All of them in the Prometheus text format; `CONTENT_TYPE` names it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help: str, *labels: str) -> None:
        object.__setattr__(self, name, Counter(f"ler_{name}", help, labels, registry=self.registry))

    def _gauge(self, name: str, help: str, *labels: str) -> None:
        object.__setattr__(self, name, Gauge(f"ler_{name}", help, labels, registry=self.registry))

    def _histogram(self, name: str, help: str, buckets: tuple[float, ...], *labels: str) -> None:
        object.__setattr__(self, name, Histogram(f"ler_{name}", help, labels, buckets=buckets, registry=self.registry))


@dataclass(frozen=True, slots=True)
class CountedCommits:
    """Counts what a node did by the names of its units of work: messages, deliveries, checks, each is one.

    The names are a closed set: a message's name stands in one only once a flow has taken that message.
    """

    metrics: Metrics

    def before(self, names: Sequence[str]) -> None:
        """Nothing is counted before it is durable."""

    def after(self, names: Sequence[str], duration_s: float) -> None:
        self.metrics.commit_seconds.observe(duration_s)
        self.metrics.commit_bodies.observe(len(names))
        for name in names:
            self.metrics.commits.labels(name).inc()
