"""Figures of the newest run of each kind in Prometheus' text format: for its textfile collector, or whoever reads that."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest, write_to_textfile

from vouch.schemas.run import Outcome, RunRecord, Status

Sample = tuple[tuple[str, ...], float]
_DOCUMENTS = (
    "listed",
    "attached",
    "published",
    "unchanged",
    "filtered",
    "quarantined",
    "removed",
    "renamed",
    "missing",
)
_CHUNKS = ("produced", "published", "quarantined", "unchanged", "removed")


def metrics_text(runs: Sequence[RunRecord]) -> str:
    """`runs` are the newest ones, newest first."""
    return generate_latest(_registry(runs)).decode()


def write_metrics(runs: Sequence[RunRecord], path: Path) -> None:
    """As a file that is replaced as a whole. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), _registry(runs))


def _registry(runs: Sequence[RunRecord]) -> CollectorRegistry:
    registry = CollectorRegistry()
    for name, told, labels, samples in (*_of_runs(_last(runs)), *_of_index(runs)):
        gauge = Gauge(f"vouch_{name}", told, labels, registry=registry)
        for values, figure in samples:
            (gauge.labels(*values) if labels else gauge).set(figure)
    return registry


def _last(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """The newest of each kind that has ended."""
    return list({one.kind: one for one in reversed(runs) if one.status.is_over}.values())


def _of_runs(last: list[RunRecord]) -> Iterator[tuple[str, str, tuple[str, ...], list[Sample]]]:
    yield (
        "run_ended_timestamp_seconds",
        "When the newest run ended",
        ("kind",),
        [((one.kind,), _ended(one)) for one in last],
    )
    yield (
        "run_seconds",
        "How long it took",
        ("kind",),
        [((one.kind,), one.seconds or 0.0) for one in last],
    )
    yield (
        "run_status",
        "1 for the status that it has",
        ("kind", "status"),
        [((one.kind, status), float(one.status is status)) for one in last for status in Status],
    )
    yield (
        "run_documents",
        "What became of its documents",
        ("kind", "outcome"),
        [((one.kind, name), getattr(one.accounting, name)) for one in last for name in _DOCUMENTS],
    )
    yield (
        "run_chunks",
        "What became of its chunks",
        ("kind", "outcome"),
        [
            ((one.kind, name), getattr(one.accounting, f"chunks_{name}"))
            for one in last
            for name in _CHUNKS
        ],
    )
    yield (
        "run_vectors",
        "Vectors of the published chunks",
        ("kind", "origin"),
        [
            ((one.kind, name), getattr(one.accounting, f"vectors_{name}"))
            for one in last
            for name in ("computed", "reused")
        ],
    )
    yield (
        "run_tokens_embedded",
        "What embedding was spent on",
        ("kind",),
        [((one.kind,), one.tokens_embedded) for one in last],
    )
    yield (
        "run_stage_seconds",
        "Seconds at work, summed over shards",
        ("kind", "stage"),
        [((one.kind, cost.stage), cost.seconds) for one in last for cost in one.stages],
    )
    yield (
        "run_rejects",
        "Documents and chunks that were quarantined",
        ("kind", "stage", "reason"),
        [
            ((one.kind, group.stage, group.reason), group.count)
            for one in last
            for group in one.rejects
        ],
    )
    yield (
        "run_check_passed",
        "1 where a check of the verdict passed",
        ("kind", "scope", "check", "severity"),
        [
            (
                (one.kind, check.scope, check.qualified_id, check.severity),
                float(check.outcome is Outcome.PASSED),
            )
            for one in last
            for check in (one.verdict.checks if one.verdict else ())
        ],
    )


def _of_index(
    runs: Sequence[RunRecord],
) -> Iterator[tuple[str, str, tuple[str, ...], list[Sample]]]:
    """What the newest run that published has left."""
    published = next((one for one in runs if one.status is Status.PUBLISHED), None)
    if published is None:
        return
    sources = published.breakdown.by_source
    yield (
        "published_timestamp_seconds",
        "When a state was published last",
        (),
        [((), _ended(published))],
    )
    yield (
        "index_documents",
        "Documents in the index",
        ("source",),
        [((one.name,), one.documents) for one in sources],
    )
    yield (
        "index_chunks",
        "Chunks in the index",
        ("source",),
        [((one.name,), one.chunks) for one in sources],
    )
    yield (
        "index_figure",
        "Figures of the index, as in the report",
        ("figure",),
        [((name,), figure) for name, figure in published.metrics.items()],
    )


def _ended(record: RunRecord) -> float:
    return (record.ended_at or record.started_at).timestamp()
