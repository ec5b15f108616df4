"""What runs tell as OpenLineage events: begun, complete or failed, with what was made, how good it is, and why not."""

import json
import logging
from pathlib import Path

import pytest

from tests.pipeline.faults import Killed, end_at, killed
from tests.pipeline.steps import configure, outcome, run, write
from tests.reports.openlineage_schema import problems
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.run import Status

DOCUMENTS = {"a.md": "# Alpha\n\nThe first text.", "b.md": "# Beta\n\nThe second text."}


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    folder = project(DOCUMENTS).parent
    return configure(folder, tiny_model, lineage={"to": "events.ndjson", "namespace": "ours"})


def events(settings: Path) -> list[dict]:
    """Each is first held to what OpenLineage wants."""
    lines = (settings.parent / "events.ndjson").read_text("utf-8").splitlines()
    assert [problem for line in lines for problem in problems(line)] == []
    return [json.loads(line) for line in lines]


def kinds(settings: Path) -> list[tuple[str, str]]:
    return [(one["job"]["name"], one["eventType"]) for one in events(settings)]


def test_a_run_tells_that_it_has_begun_and_what_it_made(settings: Path):
    record = run(settings)
    begun, done = events(settings)
    assert (begun["eventType"], done["eventType"]) == ("START", "COMPLETE")
    assert begun["run"]["runId"] == done["run"]["runId"]
    assert begun["job"] | {"facets": {}} == {"namespace": "ours", "name": "ingest", "facets": {}}
    source, audited = done["inputs"]
    assert (source["namespace"], source["inputFacets"]["inputStatistics"]["fileCount"]) == (
        "file",
        2,
    )
    outputs = {Path(one["name"]).name: one for one in done["outputs"]}
    chunks = outputs["chunks.lance"]["facets"]
    assert (
        outputs["chunks.lance"]["outputFacets"]["outputStatistics"]["rowCount"]
        == record.accounting.chunks_published
    )
    assert chunks["version"]["datasetVersion"] == str(record.versions["chunks"])
    assert {"chunk_id", "text", "vector"} <= {field["name"] for field in chunks["schema"]["fields"]}
    assert chunks["dataQualityMetrics"]["rowCount"] == record.accounting.chunks_published
    assert (
        outputs["documents.lance"]["facets"]["dataQualityMetrics"]["columnMetrics"]["title"][
            "nullCount"
        ]
        == 0
    )
    assert audited["name"] == outputs["chunks.lance"]["name"]
    told = {
        one["assertion"]: one["success"]
        for one in audited["inputFacets"]["dataQualityAssertions"]["assertions"]
    }
    assert told["chunk_id_unique"] is True
    (origin,) = chunks["columnLineage"]["fields"]["text"]["inputFields"]
    assert (origin["name"], origin["field"]) == (
        outputs["documents.lance"]["name"],
        "canonical_text",
    )
    assert {one["_producer"] for one in chunks.values()} == {"urn:vouch:pipeline"}


def test_a_rejected_run_fails_by_the_checks_that_said_no(settings: Path, tiny_model: Path):
    run(settings)
    for name in DOCUMENTS:
        write(settings, name, "{" * 9)
    write(settings, "c.json", "{")
    configure(
        settings.parent,
        tiny_model,
        lineage={"to": "events.ndjson"},
        contracts={"batch": {"max_quarantine_share": 0.0}},
    )
    record = outcome(settings)
    assert record.status is Status.REJECTED
    last = events(settings)[-1]
    assert last["eventType"] == "FAIL"
    assert "quarantine share" in last["run"]["facets"]["errorMessage"]["message"]
    assert last["outputs"] == []
    checks = last["inputs"][-1]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert ("quarantine_share", False) in {(one["assertion"], one["success"]) for one in checks}


def test_a_run_that_was_killed_is_told_by_the_next(settings: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        end_at(("vouch.pipeline.finalize", "judge"), False, killed, patch.setattr)
        patch.setattr("vouch.pipeline.lifecycle.fail", lambda *_: None)
        with pytest.raises(Killed):
            run(settings)
    assert kinds(settings) == [("ingest", "START")]
    run(settings)
    assert [kind for _, kind in kinds(settings)] == ["START", "FAIL", "START", "COMPLETE"]
    first, dead, *_ = events(settings)
    assert first["run"]["runId"] == dead["run"]["runId"]
    assert "cut short" in dead["run"]["facets"]["errorMessage"]["message"]


def test_a_run_killed_while_it_published_is_complete_once_the_next_has_finished_it(
    settings: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        end_at(
            ("vouch.index.publishing.publish", "_commit_documents"), False, killed, patch.setattr
        )
        patch.setattr("vouch.pipeline.lifecycle.fail", lambda *_: None)
        with pytest.raises(Killed):
            run(settings)
    run(settings)
    first, finished, *_ = events(settings)
    assert (finished["eventType"], finished["run"]["runId"]) == ("COMPLETE", first["run"]["runId"])


def test_going_back_is_told_too(settings: Path):
    first = run(settings)
    write(settings, "a.md", "# Alpha\n\nAn edit.")
    run(settings)
    rollback(read_settings(settings), first.run_id)
    assert kinds(settings)[-2:] == [("rollback", "START"), ("rollback", "COMPLETE")]


def test_what_cannot_be_sent_fails_no_run_and_shows_no_secret(
    settings: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(logging.getLogger("vouch.lineage"), "propagate", True)
    monkeypatch.setenv("LINEAGE_TOKEN", "hush-hush")
    lineage = {"to": "http://127.0.0.1:9/api/v1/lineage", "token": "${LINEAGE_TOKEN}"}
    assert run(configure(settings.parent, tiny_model, lineage=lineage)).status is Status.PUBLISHED
    assert "2 events wait in" in caplog.text
    monkeypatch.delenv("LINEAGE_TOKEN")
    assert run(settings).status is Status.UNCHANGED
    assert "the environment variable LINEAGE_TOKEN is not set" in caplog.text
    run(configure(settings.parent, tiny_model, lineage={"to": "events.ndjson"}))
    assert [kind for _, kind in kinds(settings)] == ["START", "COMPLETE"] * 3
    assert "hush" not in caplog.text + (settings.parent / "events.ndjson").read_text("utf-8")
