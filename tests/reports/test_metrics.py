"""Metrics for Prometheus, read back by its own parser, and the dashboard that queries them."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from vouch.reports.metrics import Budget, metrics_text, write_metrics
from vouch.schemas.runs.cost import NO_SOURCE, Requests, Spending
from vouch.schemas.runs.record import (
    Accounting,
    Breakdown,
    Check,
    Decision,
    Group,
    Outcome,
    RejectGroup,
    RunRecord,
    Severity,
    StageCost,
    Status,
    Verdict,
)

ROOT = Path(__file__).parents[2]
ORDER = (
    "kind",
    "scope",
    "check",
    "severity",
    "stage",
    "reason",
    "source",
    "figure",
    "status",
    "outcome",
    "origin",
    "currency",
    "period",
)
START = datetime(2026, 11, 1, tzinfo=UTC)


def record(kind: str, status: Status, hour: int, **more: object) -> RunRecord:
    start = START + timedelta(hours=hour)
    return RunRecord(
        run_id=f"20261101T{hour:02}0000-aaaaaa", kind=kind, status=status, started_at=start, ended_at=start + timedelta(minutes=3),
        settings_sha256="", code_version="", **more,
    )  # fmt: skip


CHECK = Check(
    name='a "quoted"\nname',
    scope="chunks",
    owner="contracts",
    severity=Severity.WARN,
    outcome=Outcome.FAILED,
    figure=0.2,
)
PUBLISHED = record(
    "ingest",
    Status.PUBLISHED,
    1,
    accounting=Accounting(
        listed=3,
        published=2,
        quarantined=1,
        chunks_produced=5,
        chunks_published=5,
        vectors_computed=5,
    ),
    breakdown=Breakdown(by_source=(Group(name="docs", documents=2, chunks=5),)),
    metrics={"untitled": 0.5, "golden recall@5": 0.75},
    stages=(StageCost(stage="embed", seconds=1.5, items=5, unit="chunks"),),
    rejects=(RejectGroup(stage="parse", reason="empty", count=1, examples=()),),
    verdict=Verdict(decision=Decision.WARN, checks=(CHECK,)),
)
RUNS = [
    record("ingest", Status.FAILED, 4),
    record("maintain", Status.UNCHANGED, 3),
    record("ingest", Status.UNCHANGED, 2),
    PUBLISHED,
]


def samples(text: str) -> dict[tuple[str, ...], float]:
    values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = [sample.labels[name] for name in ORDER if name in sample.labels]
            values[sample.name, *labels] = sample.value
    return values


def test_metrics_are_of_the_newest_ended_run_of_each_kind():
    running = record("ingest", Status.RUNNING, 5)
    read = samples(metrics_text([running, *RUNS]))
    assert read["vouch_run_status", "ingest", "failed"] == 1
    assert read["vouch_run_status", "ingest", "unchanged"] == 0
    assert read["vouch_run_status", "maintain", "unchanged"] == 1
    assert read["vouch_run_seconds", "maintain"] == 180
    assert (
        read["vouch_published_timestamp_seconds",]
        == (START + timedelta(hours=1, minutes=3)).timestamp()
    )
    assert read["vouch_index_chunks", "docs"] == 5


def test_costs_are_those_of_the_newest_run_and_of_the_month():
    day, price = START.date(), Decimal("0.5")
    spent = Spending.of({(day, "docs"): 2_000_000, (day, "notes"): 10}, price, "EUR")
    run = PUBLISHED.model_copy(update={"spending": spent, "tokens_embedded": 2_000_010})
    free = Spending.of({(day, "docs"): 7}, None, "EUR")
    budget = Budget({"month": Decimal("4.5")}, "EUR")
    read = samples(metrics_text([run], [spent, free, spent], budget))
    assert read["vouch_run_source_tokens_embedded", "ingest", "notes"] == 10
    assert read["vouch_run_cost", "ingest", "docs", "EUR"] == 1.0
    assert read["vouch_month_cost", "docs", "EUR"] == 2.0
    assert read["vouch_month_tokens", "docs", "EUR"] == 4_000_000
    assert read["vouch_month_tokens", "docs", ""] == 7
    assert read["vouch_budget", "EUR", "month"] == 4.5


def test_requests_to_a_service_are_counted_by_what_became_of_them():
    requests = Requests(sent=9, repeated=3, answered=5, refused=1)
    spent = Spending.of({(START.date(), NO_SOURCE): 7}, None, "EUR", requests)
    read = samples(metrics_text([PUBLISHED.model_copy(update={"spending": spent})]))
    outcomes = {"answered": 5, "refused": 1, "lost": 3}
    for outcome, count in outcomes.items():
        assert read["vouch_run_service_requests", "ingest", outcome] == count
    assert read["vouch_run_service_requests_repeated", "ingest"] == 3
    of_no_source = ("vouch_run_source_tokens_embedded", "ingest", "probe texts and golden queries")
    assert read[of_no_source] == 7


def test_labels_may_hold_any_character():
    read = samples(metrics_text([PUBLISHED]))
    assert read["vouch_run_documents", "ingest", "listed"] == 3
    assert read["vouch_run_rejects", "ingest", "parse", "empty"] == 1
    assert read["vouch_run_stage_seconds", "ingest", "embed"] == 1.5
    assert (
        read["vouch_run_check_passed", "ingest", "chunks", 'unknown:a "quoted"\nname', "warn"] == 0
    )
    assert read["vouch_index_figure", "golden recall@5"] == 0.75


def test_without_a_run_there_are_no_samples(tmp_path: Path):
    assert samples(metrics_text([])) == {}
    write_metrics([PUBLISHED], tmp_path / "new/vouch.prom")
    assert (tmp_path / "new/vouch.prom").read_text("utf-8") == metrics_text([PUBLISHED])


def test_the_dashboard_queries_existing_metrics():
    dashboard = json.loads((ROOT / "docs/grafana.json").read_text("utf-8"))
    queried = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"vouch_\w+", target["expr"])
    }
    month = [Spending.of({(START.date(), "docs"): 1}, Decimal(1), "EUR")]
    existing = {name for name, *_ in samples(metrics_text([PUBLISHED], month))}
    assert queried <= existing
    assert {
        "vouch_published_timestamp_seconds",
        "vouch_run_rejects",
        "vouch_index_figure",
    } <= queried
