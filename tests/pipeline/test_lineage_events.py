"""OpenLineage events of whole runs: inputs, outputs, checks and errors."""

import json
import logging
import shutil
from pathlib import Path

import pytest

from tests.pipeline.faults import Killed, at, make_records_as_killed
from tests.pipeline.steps import configure, outcome, run, tables, write
from tests.reports.openlineage_schema import problems
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.runs.record import Status

LINEAGE = {"to": "events.ndjson", "namespace": "ours"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project with two published documents and the events of that run."""
    folder = tmp_path_factory.mktemp("lineage")
    settings = configure(folder, tiny_model, lineage=LINEAGE)
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    write(settings, "b.md", "# Beta\n\nThe second text.")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


@pytest.fixture
def new_project(settings: Path) -> Path:
    """The same documents without an index and without events."""
    shutil.rmtree(settings.parent / "data")
    (settings.parent / "events.ndjson").unlink()
    return settings


def events(settings: Path) -> list[dict]:
    """Return the events, after each is validated by OpenLineage's schema."""
    lines = (settings.parent / "events.ndjson").read_text("utf-8").splitlines()
    assert [problem for line in lines for problem in problems(line)] == []
    return [json.loads(line) for line in lines]


def types(settings: Path) -> list[str]:
    return [event["eventType"] for event in events(settings)]


def test_a_published_run_is_described_by_its_inputs_outputs_and_checks(settings: Path):
    (record,) = list_runs(tables(settings))
    started, completed = events(settings)
    assert (started["eventType"], completed["eventType"]) == ("START", "COMPLETE")
    assert started["run"]["runId"] == completed["run"]["runId"]
    job = started["job"]
    assert (job["namespace"], job["name"]) == ("ours", "ingest")

    source, audited = completed["inputs"]
    assert source["namespace"] == "file"
    assert source["inputFacets"]["inputStatistics"]["fileCount"] == 2
    assertions = audited["inputFacets"]["dataQualityAssertions"]["assertions"]
    results = {assertion["assertion"]: assertion["success"] for assertion in assertions}
    assert results["chunk_id_unique"] is True

    outputs = {Path(output["name"]).name: output for output in completed["outputs"]}
    chunks, documents = outputs["chunks.lance"], outputs["documents.lance"]
    assert audited["name"] == chunks["name"]
    count = record.accounting.chunks_published
    assert chunks["outputFacets"]["outputStatistics"]["rowCount"] == count
    facets = chunks["facets"]
    assert facets["dataQualityMetrics"]["rowCount"] == count
    assert facets["version"]["datasetVersion"] == str(record.versions["chunks"])
    columns = {field["name"] for field in facets["schema"]["fields"]}
    assert {"chunk_id", "text", "vector"} <= columns
    metrics = documents["facets"]["dataQualityMetrics"]["columnMetrics"]
    assert metrics["title"]["nullCount"] == 0
    (origin,) = facets["columnLineage"]["fields"]["text"]["inputFields"]
    assert (origin["name"], origin["field"]) == (documents["name"], "canonical_text")
    assert {facet["_producer"] for facet in facets.values()} == {"urn:vouch:pipeline"}


def test_a_rejected_run_fails_with_the_checks_that_rejected_it(settings: Path, tiny_model: Path):
    for name in ("a.md", "b.md"):
        write(settings, name, "{" * 9)
    write(settings, "c.json", "{")
    strict = {"batch": {"max_quarantine_share": 0.0}}
    configure(settings.parent, tiny_model, lineage=LINEAGE, contracts=strict)
    assert outcome(settings).status is Status.REJECTED
    last = events(settings)[-1]
    assert (last["eventType"], last["outputs"]) == ("FAIL", [])
    assert "quarantine share" in last["run"]["facets"]["errorMessage"]["message"]
    assertions = last["inputs"][-1]["inputFacets"]["dataQualityAssertions"]["assertions"]
    results = {(assertion["assertion"], assertion["success"]) for assertion in assertions}
    assert ("quarantine_share", False) in results


def end_without_an_event(settings: Path, boundary: Boundary) -> None:
    """End a run at a boundary as if it were killed: its last event is never sent."""
    with at(boundary, Side.BEFORE), pytest.raises(Killed):
        run(settings)
    make_records_as_killed(read_settings(settings))
    file = settings.parent / "events.ndjson"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if '"FAIL"' not in line), "utf-8")
    assert types(settings) == ["START"]


def test_the_next_run_reports_that_a_killed_run_has_failed(new_project: Path):
    end_without_an_event(new_project, Boundary.VERDICT)
    run(new_project)
    assert types(new_project) == ["START", "FAIL", "START", "COMPLETE"]
    started, failed, *_ = events(new_project)
    assert started["run"]["runId"] == failed["run"]["runId"]
    assert "cut short" in failed["run"]["facets"]["errorMessage"]["message"]


def test_a_run_killed_while_it_published_is_complete_when_the_next_has_finished_it(
    new_project: Path,
):
    end_without_an_event(new_project, Boundary.COMMIT_DOCUMENTS)
    run(new_project)
    first, finished, *_ = events(new_project)
    assert (finished["eventType"], finished["run"]["runId"]) == ("COMPLETE", first["run"]["runId"])


def test_a_rollback_has_events_too(settings: Path):
    (first,) = list_runs(tables(settings))
    write(settings, "a.md", "# Alpha\n\nAn edit.")
    run(settings)
    rollback(read_settings(settings), first.run_id)
    last = [(event["job"]["name"], event["eventType"]) for event in events(settings)[-2:]]
    assert last == [("rollback", "START"), ("rollback", "COMPLETE")]


def test_events_that_cannot_be_sent_fail_no_run_and_show_no_secret(
    new_project: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    folder = new_project.parent
    monkeypatch.setattr(logging.getLogger("vouch"), "propagate", True)
    monkeypatch.setenv("LINEAGE_TOKEN", "hush-hush")
    lineage = {"to": "http://127.0.0.1:9/api/v1/lineage", "token": "${LINEAGE_TOKEN}"}
    assert run(configure(folder, tiny_model, lineage=lineage)).status is Status.PUBLISHED
    assert "2 events wait in" in caplog.text
    monkeypatch.delenv("LINEAGE_TOKEN")
    assert run(new_project).status is Status.UNCHANGED
    assert "the environment variable LINEAGE_TOKEN is not set" in caplog.text
    run(configure(folder, tiny_model, lineage=LINEAGE))
    # In order for each run; runs that start within one second are in any order.
    by_run: dict[str, list[str]] = {}
    for event in events(new_project):
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert list(by_run.values()) == [["START", "COMPLETE"]] * 3
    assert "hush" not in caplog.text + (folder / "events.ndjson").read_text("utf-8")
