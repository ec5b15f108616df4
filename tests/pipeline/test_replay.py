"""Documents in quarantine: when a run tries them again by itself, and what a replay tries."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.local_runs import replay
from tests.pipeline.steps import configure, indexed, items_by_stage, run, texts, write
from vouch.schemas.errors import RunRejected, SourceRefused
from vouch.schemas.runs.record import Status
from vouch.sources.files.files import Files

SPANISH = (
    "El presupuesto anual fue aprobado por la asamblea general de vecinos durante la reunión.\n"
)
LENIENT = {"batch": {"max_quarantine_share": 1.0, "min_documents": 0}}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A published document, and two in quarantine."""
    folder = tmp_path_factory.mktemp("replay")
    settings = configure(folder, tiny_model, contracts=LENIENT)
    write(settings, "a.md", "# Alpha\n\nThe first of three texts.")
    write(settings, "empty.txt", "")
    write(settings, "broken.json", "{")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


def attempts(settings: Path) -> dict[str, int]:
    """Return the number of attempts at each document in quarantine."""
    return {row["uri"]: row["attempts"] for row in indexed(settings, "quarantine", *COLUMNS)}


COLUMNS = ("uri", "reason", "attempts", "parked", "first_run_id", "next_retry_at")


def quarantined(settings: Path) -> dict[str, dict]:
    return {row["uri"]: row for row in indexed(settings, "quarantine", *COLUMNS)}


def test_a_replay_tries_only_the_documents_in_its_scope(settings: Path):
    assert attempts(settings) == {"empty.txt": 1, "broken.json": 1}
    record = replay(config=str(settings), reasons=["malformed"])
    assert (record.kind, record.accounting.listed, record.accounting.quarantined) == (
        "replay",
        1,
        1,
    )
    assert attempts(settings) == {"empty.txt": 1, "broken.json": 2}
    write(settings, "a.md", "# Alpha\n\nEdited, and not in quarantine.")
    write(settings, "empty.txt", "Something after all.")
    assert replay(config=str(settings), path="*.txt").accounting.published == 1
    assert attempts(settings) == {"broken.json": 2}
    assert texts(settings)["a.md"] == ["Alpha\n\nThe first of three texts."]
    assert texts(settings)["empty.txt"] == ["Something after all."]


def test_a_document_that_cannot_be_read_is_tried_until_it_is_parked(
    settings: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    """`run.retry_after_h` of 0 lets every run try it; after `run.retry_budget` attempts none does,
    but a replay.
    """
    limits = {"retry_budget": 3, "retry_after_h": 0}
    configure(settings.parent, tiny_model, run=limits, contracts=LENIENT)
    write(settings, "c.md", "# Gamma\n\nThe third text.")
    fetch = Files.fetch

    def fetch_readable(self: Files, uri: str) -> bytes:
        if uri == "c.md":
            raise SourceRefused(f"{uri}: permission denied")
        return fetch(self, uri)

    with monkeypatch.context() as patch:
        patch.setattr(Files, "fetch", fetch_readable)
        first = run(settings)
        for number in (1, 2, 3):
            row = quarantined(settings)["c.md"]
            assert (row["reason"], row["attempts"]) == ("fetch_failed", number)
            assert row["parked"] is (row["next_retry_at"] is None) is (number == 3)
            assert row["first_run_id"] == first.run_id
            last = run(settings)
        assert last.status is Status.UNCHANGED
    assert run(settings).status is Status.UNCHANGED
    replay(config=str(settings), path="c.md")
    assert "c.md" not in quarantined(settings)
    assert "c.md" in texts(settings)


@pytest.mark.parametrize(
    ("before", "after", "uri"),
    [
        ({"chunks": {"languages": ["en"]}}, {"chunks": {"languages": ["en", "es"]}}, "es.md"),
        ({"documents": {"min_chars": 5000}}, {"documents": {"min_chars": 1}}, "a.md"),
    ],
    ids=["languages of chunks", "length of documents"],
)
def test_what_a_rule_rejected_is_tried_again_when_the_rule_changes(
    settings: Path, tiny_model: Path, before: dict, after: dict, uri: str
):
    write(settings, "es.md", SPANISH)
    configure(settings.parent, tiny_model, contracts=LENIENT | before)
    run(settings)
    assert quarantined(settings)[uri]["reason"] == "contract"
    assert run(settings).status is Status.UNCHANGED
    configure(settings.parent, tiny_model, contracts=LENIENT | after)
    run(settings)
    assert set(quarantined(settings)) == {"empty.txt", "broken.json"}
    assert uri in texts(settings)


def test_rejects_of_a_rejected_run_are_kept_and_its_shards_are_reused(
    settings: Path, tiny_model: Path
):
    shutil.rmtree(settings.parent / "data")
    strict = {"batch": {"min_documents": 50, "max_quarantine_share": 1.0}}
    configure(settings.parent, tiny_model, contracts=strict)
    with pytest.raises(RunRejected):
        run(settings)
    assert attempts(settings) == {"empty.txt": 1, "broken.json": 1}
    assert indexed(settings, "chunks", "uri") == indexed(settings, "documents", "uri") == []
    configure(settings.parent, tiny_model, contracts=LENIENT)
    record = run(settings)
    assert record.shards_resumed == record.shards >= 1
    assert not {"fetch", "parse", "embed"} & set(items_by_stage(record))
    assert {row["run_id"] for row in indexed(settings, "chunks", "run_id")} == {record.run_id}
