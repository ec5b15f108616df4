"""Metrics of the newest run of each kind, in Prometheus' text format.

They are meant for the textfile collector of node_exporter, or any other reader of that format.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from vouch.schemas.runs.cost import Requests, Spending, total
from vouch.schemas.runs.record import Outcome, RunRecord, Status
from vouch.storage.location import Location
from vouch.storage.places import location_of

_DOCUMENTS = (
    "listed", "attached", "published", "unchanged", "filtered", "quarantined", "removed",
    "renamed", "missing",
)  # fmt: skip
_CHUNKS = ("produced", "published", "quarantined", "unchanged", "removed")


@dataclass(frozen=True, slots=True)
class Budget:
    """The caps of the settings by period, `run`, `day` or `month`, and their currency."""

    caps: Mapping[str, Decimal]
    currency: str


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


def _agreed_until(run: RunRecord) -> Samples:
    for check, approval in run.agreed_checks:
        if approval.until is not None:
            labels = (check.scope, check.qualified_id, approval.who)
            yield labels, approval.until.timestamp()


def _requests(requests: Requests) -> Samples:
    if requests.sent:
        for outcome in ("answered", "refused", "lost"):
            yield (outcome,), getattr(requests, outcome)


def _costs(spending: Spending) -> Samples:
    for part in spending.by_source():
        if part.amount is not None:
            yield (part.name, spending.currency), float(part.amount)


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
        "canary_least_cosine",
        "How near the farthest probe text is to what its generation keeps",
        ("model",),
        lambda run: (((name,), cosine) for name, cosine in run.canary.items()),
    ),
    _Metric(
        "run_tokens_embedded",
        "Tokens that were embedded",
        (),
        lambda run: iter([((), float(run.tokens_embedded))]),
    ),
    _Metric(
        "run_source_tokens_embedded",
        "Of these, by source",
        ("source",),
        lambda run: (((part.name,), part.tokens) for part in run.spending.by_source()),
    ),
    _Metric(
        "run_cost",
        "What embedding them has cost",
        ("source", "currency"),
        lambda run: _costs(run.spending),
    ),
    _Metric(
        "run_service_requests",
        "Requests to the embedding service; of lost ones no answer came, and they count as spent",
        ("outcome",),
        lambda run: _requests(run.spending.requests),
    ),
    _Metric(
        "run_service_requests_repeated",
        "Of these, those for texts that were sent before",
        (),
        lambda run: iter([((), float(run.spending.requests.repeated))]),
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
    _Metric(
        "run_checks_agreed",
        "Checks that warn because a person agreed to that",
        (),
        lambda run: iter([((), float(len(run.agreed_checks)))]),
    ),
    _Metric(
        "run_check_agreed_until_timestamp_seconds",
        "Until when they may fail; without such a time, the agreement was for one run",
        ("scope", "check", "who"),
        _agreed_until,
    ),
)
# Of the newest run that published.
_INDEX_METRICS = (
    _Metric(
        "published_timestamp_seconds",
        "When a state was published last",
        (),
        lambda run: iter([((), run.approval.at.timestamp() if run.approval else _ended(run))]),
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


def metrics_text(
    runs: Sequence[RunRecord], month: Iterable[Spending] = (), budget: Budget | None = None
) -> str:
    """Return the metrics of these runs, which are given newest first.

    `month` is what all runs have spent this month, `budget` the caps of the settings.
    """
    registry = _registry(runs)
    _add_month(registry, month, budget)
    return generate_latest(registry).decode()


def write_metrics(
    runs: Sequence[RunRecord],
    place: str | Path | Location,
    month: Iterable[Spending] = (),
    budget: Budget | None = None,
) -> None:
    """Replace a file of metrics atomically: see `metrics_text`.

    Raises:
        OSError: The file cannot be written.
        StorageError: The object store fails.
    """
    file = location_of(place)
    if file.is_local:
        # Not a private folder: whoever collects the metrics is another user.
        file.local_path.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(metrics_text(runs, month, budget))


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


def _add_month(
    registry: CollectorRegistry, month: Iterable[Spending], budget: Budget | None
) -> None:
    """Add what all runs have spent in this month, and how much a run, a day and a month may."""
    labels = ("source", "currency")
    tokens = Gauge("vouch_month_tokens", "Tokens embedded this month", labels, registry=registry)
    cost = Gauge("vouch_month_cost", "What embedding has cost", labels, registry=registry)
    for spending in total(month):
        for part in spending.by_source():
            tokens.labels(part.name, spending.currency).set(part.tokens)
        for values, amount in _costs(spending):
            cost.labels(*values).set(amount)
    if budget is not None:
        labels = ("period", "currency")
        limit = Gauge("vouch_budget", "The most that it may cost", labels, registry=registry)
        for period, cap in budget.caps.items():
            limit.labels(period, budget.currency).set(float(cap))


def _gauge(metric: _Metric, labels: tuple[str, ...], registry: CollectorRegistry) -> Gauge:
    return Gauge(f"vouch_{metric.name}", metric.help, labels, registry=registry)


def _ended(run: RunRecord) -> float:
    return (run.ended_at or run.started_at).timestamp()
