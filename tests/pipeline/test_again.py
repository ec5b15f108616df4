"""Replay, backfill and reindex: just what was asked for, and the same index as a plain run gives."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import vouch
from tests.pipeline.local_runs import backfill, reindex, replay
from tests.pipeline.steps import indexed, items_by_stage, run, tables, texts, write
from vouch.index.store.tables import rows
from vouch.pipeline.context.backfill_windows import windows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.choices import Redo, TimeBasis, WindowLength
from vouch.schemas.errors import SettingsError
from vouch.schemas.run import Status
from vouch.sources.files.files import Files

SPANISH = "El presupuesto anual fue aprobado por la asamblea general de vecinos durante la reunión del martes pasado.\n"


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {
        "2026/01/15/a.md": "# Alpha\n\nThe first of three texts.",
        "2026/02/01/b.md": "# Beta\n\nThe second of three texts.",
        "c.md": "# Gamma\n\nThe third of three texts.",
    }
    return project(documents, f"embedding: {{model: {tiny_model}}}\n")


def quarantine(settings: Path) -> dict[str, dict]:
    columns = (
        "uri",
        "reason",
        "attempts",
        "next_retry_at",
        "parked",
        "first_run_id",
        "run_id",
        "rule_fingerprint",
    )
    return {row["uri"]: row for row in indexed(settings, "quarantine", *columns)}


def failing(monkeypatch, name: str):
    """Let one file be unreadable, until `undo`."""
    fetch = Files.fetch

    def fails(self, uri):
        if uri == name:
            raise PermissionError(f"{uri}: permission denied")
        return fetch(self, uri)

    def refused(self, uri):
        from vouch.schemas.errors import SourceRefused

        try:
            return fails(self, uri)
        except PermissionError as error:
            raise SourceRefused(str(error)) from error

    monkeypatch.setattr(Files, "fetch", refused)


def test_tries_are_counted_wait_longer_each_time_and_are_parked_in_the_end(
    settings: Path, monkeypatch
):
    settings.write_text(settings.read_text() + "run: {retry_budget: 3, retry_after_h: 1}\n")
    failing(monkeypatch, "c.md")
    first = run(settings)
    row = quarantine(settings)["c.md"]
    assert (row["attempts"], row["parked"], row["next_retry_at"] - first.started_at) == (
        1,
        False,
        timedelta(hours=1),
    )
    assert run(settings).status is Status.UNCHANGED
    second = _later(settings, monkeypatch, hours=1.1)
    row = quarantine(settings)["c.md"]
    assert (row["attempts"], row["next_retry_at"] - second.started_at) == (2, timedelta(hours=2))
    _later(settings, monkeypatch, hours=3.3)
    row = quarantine(settings)["c.md"]
    assert (row["attempts"], row["parked"], row["next_retry_at"], row["first_run_id"]) == (
        3,
        True,
        None,
        first.run_id,
    )
    assert _later(settings, monkeypatch, hours=1000).status is Status.UNCHANGED
    monkeypatch.undo()
    assert run(settings).status is Status.UNCHANGED
    record = replay(config=str(settings))
    assert (record.kind, record.accounting.listed, record.accounting.published) == ("replay", 1, 1)
    assert quarantine(settings) == {}
    assert "c.md" in texts(settings)


def _later(settings: Path, monkeypatch, hours: float):
    import vouch.pipeline.context.run_context

    monkeypatch.setattr(
        vouch.pipeline.context.run_context,
        "now",
        lambda: datetime.now(UTC) + timedelta(hours=hours),
    )
    return run(settings)


def test_replay_takes_just_what_was_asked_for(settings: Path):
    write(settings, "empty.txt", "")
    write(settings, "broken.json", "{")
    run(settings)
    assert {uri: row["reason"] for uri, row in quarantine(settings).items()} == {
        "empty.txt": "empty",
        "broken.json": "malformed",
    }
    record = replay(config=str(settings), reasons=["malformed"])
    assert (record.accounting.listed, record.accounting.quarantined) == (1, 1)
    assert {uri: row["attempts"] for uri, row in quarantine(settings).items()} == {
        "empty.txt": 1,
        "broken.json": 2,
    }
    assert replay(config=str(settings), path="*.txt").accounting.listed == 1
    assert len(texts(settings)) == 3


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (
            "contracts: {chunks: {languages: [en]}}\n",
            "contracts: {chunks: {languages: [en, es]}}\n",
            "es.md",
        ),
        (
            "contracts: {documents: {min_chars: 5000}}\n",
            "contracts: {documents: {min_chars: 1}}\n",
            "c.md",
        ),
    ],
)
def test_what_failed_under_a_rule_is_tried_again_when_the_rule_changes(
    settings: Path, before: str, after: str, name: str
):
    write(settings, "es.md", SPANISH)
    plain = settings.read_text()
    relaxed = "contracts: {batch: {max_quarantine_share: 1.0, min_documents: 0}, "
    settings.write_text(plain + before.replace("contracts: {", relaxed))
    run(settings)
    assert name in quarantine(settings)
    assert run(settings).status is Status.UNCHANGED
    settings.write_text(plain + after.replace("contracts: {", relaxed))
    run(settings)
    assert quarantine(settings) == {}
    assert name in texts(settings)


def test_a_rejected_runs_rejects_stay_in_quarantine_and_its_shards_are_taken_up(settings: Path):
    from vouch.schemas.errors import RunRejected

    write(settings, "empty.txt", "")
    plain = settings.read_text()
    settings.write_text(plain + "contracts: {batch: {min_documents: 50}}\n")
    with pytest.raises(RunRejected):
        run(settings)
    assert quarantine(settings)["empty.txt"]["attempts"] == 1
    assert indexed(settings, "chunks", "uri") == indexed(settings, "documents", "uri") == []
    settings.write_text(plain)
    record = run(settings)
    assert (record.shards_resumed, record.shards) == (1, 1)
    assert not {"fetch", "parse", "embed"} & set(items_by_stage(record))
    assert {row["run_id"] for row in indexed(settings, "chunks", "run_id")} == {record.run_id}


def test_a_backfill_in_windows_by_the_date_in_the_path(settings: Path):
    january, march = datetime(2026, 1, 1), datetime(2026, 3, 1)
    records = backfill(
        config=str(settings),
        since=january,
        until=march,
        every=WindowLength.MONTH,
        by=TimeBasis.PATH,
    )
    assert [(record.window, record.accounting.published) for record in records] == [
        ("[2026-01-01 00:00, 2026-02-01 00:00) by path", 1),
        ("[2026-02-01 00:00, 2026-03-01 00:00) by path", 1),
    ]
    assert set(texts(settings)) == {"2026/01/15/a.md", "2026/02/01/b.md"}
    again = backfill(
        config=str(settings),
        since=january,
        until=march,
        every=WindowLength.MONTH,
        by=TimeBasis.PATH,
    )
    assert {record.status for record in again} == {Status.UNCHANGED}
    assert run(settings).accounting.published == 1


def test_a_backfill_by_time_of_change_removes_nothing(settings: Path):
    run(settings)
    folder = settings.parent / "documents"
    (folder / "c.md").unlink()
    os.utime(folder / "2026/01/15/a.md", (1_000_000_000, 1_000_000_000))
    write(settings, "2026/02/01/b.md", "# Beta\n\nEdited.")
    (record,) = backfill(config=str(settings), until=datetime(2010, 1, 1), reprocess=Redo.PARSE)
    assert (record.accounting.listed, record.accounting.published) == (1, 1)
    assert items_by_stage(record)["parse"] == 1
    assert "c.md" in texts(settings)


@pytest.mark.parametrize(
    ("redo", "stages"),
    [(Redo.PARSE, {"fetch", "parse"}), (Redo.CHUNK, set()), (Redo.EMBED, {"embed"})],
)
def test_a_part_can_be_done_again_from_a_stage(settings: Path, redo: Redo, stages: set[str]):
    run(settings)
    before = texts(settings)
    (record,) = backfill(config=str(settings), path="2026/", reprocess=redo)
    assert record.accounting.published == 2
    assert {"fetch", "parse", "embed"} & set(items_by_stage(record)) == stages
    assert texts(settings) == before
    assert run(settings).status is Status.UNCHANGED


def test_windows_lie_one_after_the_other():
    def utc(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=UTC)

    cut = windows(
        datetime(2026, 1, 15), datetime(2026, 3, 10), WindowLength.MONTH, TimeBasis.MODIFIED
    )
    assert [(one.start, one.end) for one in cut if one] == [
        (utc(2026, 1, 15), utc(2026, 2, 1)),
        (utc(2026, 2, 1), utc(2026, 3, 1)),
        (utc(2026, 3, 1), utc(2026, 3, 10)),
    ]
    assert (
        len(windows(datetime(2024, 2, 28), datetime(2024, 3, 1), WindowLength.DAY, TimeBasis.PATH))
        == 2
    )
    assert (
        len(windows(datetime(2024, 6, 1), datetime(2026, 2, 1), WindowLength.YEAR, TimeBasis.PATH))
        == 3
    )
    assert windows(None, None, None, TimeBasis.PATH) == [None]
    (window,) = windows(datetime(2026, 1, 1), None, None, TimeBasis.PATH)
    assert window
    assert window.holds(utc(2026, 1, 1))
    assert not window.holds(utc(2025, 12, 31, 23, 59))
    assert not window.holds(None)


@pytest.mark.parametrize(
    "wrong",
    [
        (datetime(2026, 2, 1), datetime(2026, 1, 1), None),
        (datetime(2026, 1, 1), None, WindowLength.DAY),
    ],
)
def test_a_window_that_cannot_be_is_refused(wrong):
    with pytest.raises(SettingsError):
        windows(*wrong, TimeBasis.MODIFIED)


def test_an_unknown_source_is_refused_with_those_there_are(settings: Path):
    with pytest.raises(
        SettingsError, match="there is no source 'dosc' in the settings; there are docs"
    ):
        backfill(config=str(settings), sources=["dosc"])


def test_a_new_model_is_built_beside_compared_and_switched_to_and_back_in_one_step(
    settings: Path, tmp_path: Path
):
    from tests.tiny_model import make_tiny_model

    write(settings, "empty.txt", "")
    first = run(settings)
    golden = tmp_path / "golden.jsonl"
    golden.write_text(
        '{"id": "1", "query": "third", "source": "docs", "uri": "c.md", "answer": "The third of three texts."}\n'
    )
    before = texts(settings)
    other = make_tiny_model(tmp_path / "wider", dimension=48, seed=11)
    old = settings.read_text()
    settings.write_text(
        "\n".join(
            f"embedding: {{model: {other}}}" if line.startswith("embedding") else line
            for line in old.splitlines()
        )
    )
    built = reindex(config=str(settings), golden=str(golden))
    assert (built.status, built.accounting.vectors_computed) == (Status.STAGED, 3)
    assert built.retrieval is not None
    assert {one.metric for one in built.retrieval.changes} >= {"recall@5", "MRR"}
    assert _width(settings) == 32
    switched = reindex(config=str(settings), switch=True)
    assert (switched.status, switched.shards_resumed) == (Status.PUBLISHED, switched.shards)
    assert not {"fetch", "parse", "embed"} & set(items_by_stage(switched))
    assert _width(settings) == 48
    assert texts(settings) == before
    assert vouch.open(read_settings(settings).index_folder).search("third", k=3)
    assert run(settings).status is Status.UNCHANGED
    rollback(read_settings(settings), first.run_id, hold=False)
    assert _width(settings) == 32
    assert vouch.open(read_settings(settings).index_folder).search("third", k=3)
    settings.write_text(old)
    assert run(settings).status is Status.UNCHANGED


def _width(settings: Path) -> int:
    found = rows(tables(settings).chunks, ("vector",)).column("vector")
    assert (
        len(
            {
                row["embedding_fingerprint"]
                for row in indexed(settings, "chunks", "embedding_fingerprint")
            }
        )
        == 1
    )
    return len(np.array(found[0].as_py()))


def test_an_ordinary_run_takes_up_a_new_model_too(settings: Path, tmp_path: Path):
    from tests.tiny_model import make_tiny_model

    run(settings)
    other = make_tiny_model(tmp_path / "wider", dimension=48, seed=11)
    lines = settings.read_text().splitlines()
    settings.write_text(
        "\n".join(
            f"embedding: {{model: {other}}}" if line.startswith("embedding") else line
            for line in lines
        )
    )
    record = run(settings)
    assert (record.change_counts, _width(settings)) == ({"reprocess": 3}, 48)
    assert "parse" not in items_by_stage(record)


def test_reindexing_needs_no_source(settings: Path):
    run(settings)
    (settings.parent / "documents/c.md").unlink()
    settings.write_text(settings.read_text() + "chunking: {max_tokens: 32}\n")
    record = reindex(config=str(settings), switch=True)
    assert record.accounting.published == 3
    assert not {"list", "fetch", "parse"} & set(items_by_stage(record))
    with pytest.raises(SettingsError, match="reindex never parses"):
        reindex(config=str(settings), again=Redo.PARSE)
