"""Figures for Prometheus: read back by its own parser, and all that the dashboard asks for is there."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from vouch.reports.metrics import metrics_text, write_metrics
from vouch.schemas.run import (
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
)
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def record(kind: str, status: Status, hour: int, **more: object) -> RunRecord:
    began = BEGAN + timedelta(hours=hour)
    return RunRecord(
        run_id=f"20261101T{hour:02}0000-aaaaaa", kind=kind, status=status, started_at=began, ended_at=began + timedelta(minutes=3),
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
    found = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found[one.name, *(one.labels[name] for name in ORDER if name in one.labels)] = one.value
    return found


def test_the_newest_run_of_each_kind_that_has_ended_is_told():
    running = record("ingest", Status.RUNNING, 5)
    told = samples(metrics_text([running, *RUNS]))
    assert told["vouch_run_status", "ingest", "failed"] == 1
    assert told["vouch_run_status", "ingest", "unchanged"] == 0
    assert told["vouch_run_status", "maintain", "unchanged"] == 1
    assert told["vouch_run_seconds", "maintain"] == 180
    assert (
        told["vouch_published_timestamp_seconds",]
        == (BEGAN + timedelta(hours=1, minutes=3)).timestamp()
    )
    assert told["vouch_index_chunks", "docs"] == 5


def test_what_a_run_was_made_of_is_told_also_with_odd_names():
    told = samples(metrics_text([PUBLISHED]))
    assert told["vouch_run_documents", "ingest", "listed"] == 3
    assert told["vouch_run_rejects", "ingest", "parse", "empty"] == 1
    assert told["vouch_run_stage_seconds", "ingest", "embed"] == 1.5
    assert (
        told["vouch_run_check_passed", "ingest", "chunks", 'unknown:a "quoted"\nname', "warn"] == 0
    )
    assert told["vouch_index_figure", "golden recall@5"] == 0.75


def test_without_a_run_there_is_nothing_to_tell(tmp_path: Path):
    assert samples(metrics_text([])) == {}
    write_metrics([PUBLISHED], tmp_path / "new/vouch.prom")
    assert (tmp_path / "new/vouch.prom").read_text("utf-8") == metrics_text([PUBLISHED])


def test_the_dashboard_asks_for_what_there_is():
    dashboard = json.loads((ROOT / "docs/grafana.json").read_text("utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"vouch_\w+", target["expr"])
    }
    told = {name for name, *_ in samples(metrics_text([PUBLISHED]))}
    assert asked <= told
    assert {"vouch_published_timestamp_seconds", "vouch_run_rejects", "vouch_index_figure"} <= asked
