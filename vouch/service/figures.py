"""What the service counts, for Prometheus."""

from collections.abc import Callable
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """Counts and times of one service. No label has a text of a query or a caller's key.

    Args:
        waiting: Returns how many requests are worked on or wait for it.
    """

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Counter(
            "vouch_serve_requests",
            "Requests, by route, caller and status of the answer",
            ("route", "caller", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "vouch_serve_request_seconds",
            "Time until the answer, by route",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.words_only = Counter(
            "vouch_serve_words_only",
            "Hybrid searches by words alone, because an embedding service did not answer",
            registry=registry,
        )
        self.states = Counter(
            "vouch_serve_states", "States that were opened to be served", registry=registry
        )
        self.problems = Counter(
            "vouch_serve_state_problems",
            "Looks for a newer state that failed",
            registry=registry,
        )
        self._degraded = Gauge(
            "vouch_serve_degraded", "1 while a newer state cannot be read", registry=registry
        )
        self._state = Info("vouch_serve_state", "The state that is served", registry=registry)
        self._published = Gauge(
            "vouch_serve_state_started_timestamp_seconds",
            "When the run of that state began",
            registry=registry,
        )
        Gauge(
            "vouch_serve_at_work", "Requests that are worked on or wait for it", registry=registry
        ).set_function(waiting)

    def show_state(self, run_id: str, started: datetime) -> None:
        """Record which state is served now."""
        self.states.inc()
        self._state.info({"run_id": run_id})
        self._published.set(started.astimezone(UTC).timestamp())

    def show_degraded(self, *, is_degraded: bool) -> None:
        """Record whether newer states can be read."""
        self._degraded.set(is_degraded)

    def text(self) -> bytes:
        """Return all figures in the format of Prometheus."""
        return generate_latest(self._registry)
