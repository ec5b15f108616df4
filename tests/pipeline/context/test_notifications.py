"""Who is notified of a run, and that no run fails by it."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.index.small_index import DIMENSION, SECOND, record
from tests.receiver import receiver
from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.notifications import (
    notify_finished,
    notify_started,
    notify_started_and_finished,
)
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.vouch_yaml import Settings

LINEAGE = {"lineage": {"to": "events.jsonl"}}
METRICS = {"run": {"metrics_path": "metrics/vouch.prom"}}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables.create(tmp_path / "data/index", DIMENSION)


def settings_file(folder: Path, **sections: Any) -> SettingsFile:
    docs = {"sources": [{"name": "docs", "path": "documents"}]}
    return SettingsFile(Settings.model_validate(docs | sections), folder, "s", None)


def logged(tables: Tables, status: Status) -> RunRecord:
    written = record(SECOND).model_copy(
        update={"status": status, "error": "it is full", "error_kind": "OSError"}
    )
    write_run(tables, written)
    return written


def event_types(folder: Path) -> list[str]:
    file = folder / "events.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line)["eventType"] for line in lines]


def test_a_run_that_starts_and_ends_is_notified_twice(tables: Tables, tmp_path: Path):
    file = settings_file(tmp_path, **LINEAGE, **METRICS)
    notify_started(file, tables, logged(tables, Status.RUNNING))
    assert event_types(tmp_path) == ["START"]
    # Metrics are of runs that are over.
    assert not (tmp_path / "metrics").exists()
    logged(tables, Status.FAILED)
    notify_finished(file, tables, SECOND)
    assert event_types(tmp_path) == ["START", "FAIL"]
    assert "vouch_" in (tmp_path / "metrics/vouch.prom").read_text()


def test_a_run_that_is_not_over_is_not_notified_as_finished(tables: Tables, tmp_path: Path):
    """It was cut short while it published, and the next run finishes it."""
    logged(tables, Status.PUBLISHING)
    notify_finished(settings_file(tmp_path, **LINEAGE, **METRICS), tables, SECOND)
    assert event_types(tmp_path) == []
    assert not (tmp_path / "metrics").exists()


def test_an_operation_is_notified_of_at_once(tables: Tables, tmp_path: Path):
    ended = logged(tables, Status.PUBLISHED)
    notify_started_and_finished(settings_file(tmp_path, **LINEAGE), tables, ended)
    assert event_types(tmp_path) == ["START", "COMPLETE"]


def test_without_a_receiver_nobody_is_notified(tables: Tables, tmp_path: Path):
    written = logged(tables, Status.FAILED)
    before = sorted(tmp_path.rglob("*"))
    notify_started_and_finished(settings_file(tmp_path), tables, written)
    # The run is not even looked up.
    notify_finished(settings_file(tmp_path), tables, "no such run")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_alert_is_sent_when_a_run_has_ended(tables: Tables, tmp_path: Path):
    with receiver(200) as (url, seen):
        file = settings_file(tmp_path, alerts={"to": [url]})
        notify_started(file, tables, logged(tables, Status.RUNNING))
        assert seen == []
        logged(tables, Status.FAILED)
        notify_finished(file, tables, SECOND)
    ((body, _),) = seen
    assert "it is full" in json.loads(body)["body"]


def test_a_channel_that_fails_neither_stops_the_others_nor_the_run(
    tables: Tables, tmp_path: Path, monkeypatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("EVENTS_FOLDER", "hush-hush")
    (tmp_path / "hush-hush").write_text("a file where a folder should be")
    # The metrics cannot be written either: their folder is a file.
    file = settings_file(
        tmp_path,
        lineage={"to": "${EVENTS_FOLDER}/events.jsonl"},
        run={"metrics_path": "hush-hush/vouch.prom"},
        alerts={"to": ["${NOT_SET}"]},
    )
    logged(tables, Status.FAILED)
    with caplog.at_level(logging.WARNING, "vouch"):
        notify_finished(file, tables, SECOND)
    lineage, metrics, alerts = caplog.messages
    assert lineage.startswith("lineage: 1 events wait in ")
    assert metrics.startswith(f"run {SECOND}: a notification failed: ")
    assert "the environment variable NOT_SET is not set" in alerts
    assert "hush-hush" not in "".join(caplog.messages)
    # Both wait for the next run.
    assert len(list(file.work_location.local_path.rglob("*.json"))) == 2
