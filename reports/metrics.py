"""Metrics of the newest run of each kind, in Prometheus' text format.

They are meant for the textfile collector of node_exporter, or any other reader of that format.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from vouch.schemas.runs.record import Outcome, RunRecord, Status
from vouch.storage.location import Location
from vouch.storage.places import location_of

_DOCUMENTS = (
    "listed", "attached", "published", "unchanged", "filtered", "quarantined", "removed",
    "renamed", "missing",
)  # fmt: skip
_CHUNKS = ("produced", "published", "quarantined", "unchanged", "removed")

Samples = Iterator[tuple[tuple[str, ...], float]]
"""Values of a metric: its labels' values, and the figure."""


@dataclass(frozen=True, slots=True)
class _Metric:
    """A gauge: its name without prefix, its help text, its labels, and its samples of a run."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Callable[[RunRecord], Samples]


def _checks(run: RunRecord) -> Samples:
    for check in run.verdict.checks if run.verdict else ():
        labels = (check.scope, check.qualified_id, str(check.severity))
        yield labels, float(check.outcome is Outcome.PASSED)


# Of the newest run of each kind; the kind is the first label.
_RUN_METRICS = (
    _Metric(
        "run_ended_timestamp_seconds",
        "When the newest run ended",
        (),
        lambda run: iter([((), _ended(run))]),
    ),
    _Metric("run_seconds", "How long it took", (), lambda run: iter([((), run.seconds or 0.0)])),
    _Metric(
        "run_status",
        "1 for the status that it has",
        ("status",),
        lambda run: (((str(status),), float(run.status is status)) for status in Status),
    ),
    _Metric(
        "run_documents",
        "What became of its documents",
        ("outcome",),
        lambda run: (((name,), getattr(run.accounting, name)) for name in _DOCUMENTS),
    ),
    _Metric(
        "run_chunks",
        "What became of its chunks",
        ("outcome",),
        lambda run: (((name,), getattr(run.accounting, f"chunks_{name}")) for name in _CHUNKS),
    ),
    _Metric(
        "run_vectors",
        "Vectors of the published chunks",
        ("origin",),
        lambda run: (
            ((name,), getattr(run.accounting, f"vectors_{name}")) for name in ("computed", "reused")
        ),
    ),
    _Metric(
        "run_tokens_embedded",
        "Tokens that were embedded",
        (),
        lambda run: iter([((), float(run.tokens_embedded))]),
    ),
    _Metric(
        "run_stage_seconds",
        "Seconds in each stage, summed over shards",
        ("stage",),
        lambda run: (((cost.stage,), cost.seconds) for cost in run.stages),
    ),
    _Metric(
        "run_unknown_character_share",
        "Share of the embedded characters that the model does not know",
        ("source", "language"),
        lambda run: (((row.source, row.language), row.unknown_share) for row in run.vocabulary),
    ),
    _Metric(
        "run_unknown_tokens",
        "Unknown tokens of the embedded texts",
        ("source", "language"),
        lambda run: (((row.source, row.language), row.unknown_tokens) for row in run.vocabulary),
    ),
    _Metric(
        "run_rejects",
        "Documents and chunks that were quarantined",
        ("stage", "reason"),
        lambda run: (((group.stage, group.reason), group.count) for group in run.rejects),
    ),
    _Metric(
        "run_read_characters",
        "Characters that parsers read in its documents",
        (),
        lambda run: iter([((), float(run.left_out.read))]),
    ),
    _Metric(
        "run_left_out_characters",
        "Characters of these that are not searched, by what they are",
        ("text",),
        lambda run: (((group.kind,), group.characters) for group in run.left_out.groups),
    ),
    _Metric(
        "run_check_passed",
        "1 where a check of the verdict passed",
        ("scope", "check", "severity"),
        _checks,
    ),
)
# Of the newest run that published.
_INDEX_METRICS = (
    _Metric(
        "published_timestamp_seconds",
        "When a state was published last",
        (),
        lambda run: iter([((), _ended(run))]),
    ),
    _Metric(
        "index_documents",
        "Documents in the index",
        ("source",),
        lambda run: (((group.name,), group.documents) for group in run.breakdown.by_source),
    ),
    _Metric(
        "index_chunks",
        "Chunks in the index",
        ("source",),
        lambda run: (((group.name,), group.chunks) for group in run.breakdown.by_source),
    ),
    _Metric(
        "index_figure",
        "Figures of the index, as in the report",
        ("figure",),
        lambda run: (((name,), figure) for name, figure in run.metrics.items()),
    ),
)


def metrics_text(runs: Sequence[RunRecord]) -> str:
    """Return the metrics of these runs, which are given newest first."""
    return generate_latest(_registry(runs)).decode()


def write_metrics(runs: Sequence[RunRecord], place: str | Path | Location) -> None:
    """Replace a file of metrics atomically.

    Raises:
        OSError: The file cannot be written.
        StorageError: The object store fails.
    """
    file = location_of(place)
    if file.is_local:
        # Not a private folder: whoever collects the metrics is another user.
        file.local_path.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(metrics_text(runs))


def _registry(runs: Sequence[RunRecord]) -> CollectorRegistry:
    registry = CollectorRegistry()
    # Of equal keys the last one stays, which is the newest run of its kind.
    newest = {run.kind: run for run in reversed(runs) if run.status.is_over}
    for metric in _RUN_METRICS:
        gauge = _gauge(metric, ("kind", *metric.labels), registry)
        for kind, run in newest.items():
            for values, figure in metric.samples(run):
                gauge.labels(kind, *values).set(figure)
    published = next((run for run in runs if run.status is Status.PUBLISHED), None)
    if published is not None:
        for metric in _INDEX_METRICS:
            gauge = _gauge(metric, metric.labels, registry)
            for values, figure in metric.samples(published):
                (gauge.labels(*values) if values else gauge).set(figure)
    return registry


def _gauge(metric: _Metric, labels: tuple[str, ...], registry: CollectorRegistry) -> Gauge:
    return Gauge(f"vouch_{metric.name}", metric.help, labels, registry=registry)


def _ended(run: RunRecord) -> float:
    return (run.ended_at or run.started_at).timestamp()
