"""An ingest run as a whole: what it publishes, what it refuses, and what an error leaves behind."""

from pathlib import Path

import pytest

import vouch
from tests.pipeline.sample_documents import MAIL
from tests.pipeline.steps import configure, indexed, items_by_stage, run, tables, texts, write
from vouch.index.lineage.impact import impact
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.errors import RunRejected, StorageError
from vouch.schemas.runs.record import Decision, Status

HANDBOOK = (
    "# Handbook\n\n## Leave\n\nParents get twenty weeks of paid leave.\n\n"
    "## Travel\n\nTrains before planes.\n"
)
ATTACHED = "mail/lease.eml#attachment/1/lease.md"


def fail_at(failing: Boundary):
    """Let a run fail as on a full disk, as it is about to do this step."""

    def hook(boundary: Boundary, side: Side) -> None:
        if (boundary, side) == (failing, Side.BEFORE):
            raise OSError(28, "No space left on device")

    return install(hook)


def test_documents_become_an_index_that_is_searched_by_meaning_and_traced(project):
    """With the real model."""
    settings = project(
        {
            "handbook.md": HANDBOOK,
            "notes/tea.txt": "Green tea is steeped for two minutes at eighty degrees.\n",
            "mail/lease.eml": MAIL,
            "broken/empty.txt": b"",
            "broken/help.chm": b"ITSF\x03" + b"\0" * 64,
        }
    )
    record = run(settings)
    sums = record.accounting
    assert record.status is Status.PUBLISHED
    assert (sums.listed, sums.attached, sums.published, sums.quarantined) == (5, 1, 4, 2)
    assert sums.problems() == []
    statuses = {
        row["uri"]: (row["status"], row["reason"])
        for row in indexed(settings, "documents", "uri", "status", "reason")
    }
    assert statuses == {
        "handbook.md": ("published", None),
        "notes/tea.txt": ("published", None),
        "mail/lease.eml": ("published", None),
        ATTACHED: ("published", None),
        "broken/empty.txt": ("quarantined", "empty"),
        "broken/help.chm": ("quarantined", "unsupported_type"),
    }
    published = vouch.open(read_settings(settings).index_location)
    for query, uri in (
        ("How long is parental leave?", "handbook.md"),
        ("brewing temperature", "notes/tea.txt"),
        ("When must I pay my landlord?", ATTACHED),
    ):
        for mode in ("hybrid", "vector"):
            (hit,) = published.search(query, k=1, mode=mode, breadth="precise")
            assert hit.uri == uri
    assert published.search("steeped", k=1, mode="text")[0].uri == "notes/tea.txt"
    assert published.search("leave", filters=["uri=notes/tea.txt"], k=3)[0].uri == "notes/tea.txt"
    traced = trace_chunk(read_settings(settings), hit.chunk_id)
    assert traced.proved, traced.proofs
    assert traced.run.run_id == record.run_id
    assert "broken/help.chm" in Path(record.report or "").read_text("utf-8")
    assert [row["uri"] for row in impact(tables(settings), "mail/lease.eml").documents] == [
        "mail/lease.eml",
        ATTACHED,
    ]


def test_an_index_built_again_from_nothing_has_the_same_rows(published: Path):
    write(published, "a.md", "# Alpha\n\nQuite another text.\n")
    write(published, "broken.json", '{"title": "Epsilon", "text": "no longer broken"}')
    run(published)
    columns = ("chunk_id", "uri", "text", "char_start", "char_end", "language")
    incremental = indexed(published, "chunks", *columns)
    rebuilt = published.with_name("rebuilt.yaml")
    rebuilt.write_text(published.read_text().replace('"index": {', '"index": {"path": "rebuilt", '))
    run(rebuilt)
    assert tables(rebuilt).location != tables(published).location
    assert sorted(incremental, key=str) == sorted(indexed(rebuilt, "chunks", *columns), key=str)


def test_a_rejected_run_publishes_nothing(published: Path, tiny_model: Path):
    versions, before = tables(published).versions(), texts(published)
    write(published, "new.md", "# New\n\nMore text.")
    configure(published.parent, tiny_model, contracts={"batch": {"min_documents": 50}})
    with pytest.raises(RunRejected, match=r"published nothing: .+ its report is"):
        run(published)
    assert tables(published).versions() == versions
    assert texts(published) == before
    record = list_runs(tables(published))[0]
    assert record.verdict
    assert (record.status, record.verdict.decision) == (Status.REJECTED, Decision.REJECT)


def test_a_chunk_that_breaks_a_contract_goes_to_quarantine_and_all_others_are_published(
    project, tiny_model: Path
):
    documents = {
        "en.md": "# Budget\n\nThe yearly budget was approved by the assembly of neighbours.",
        "es.md": "El presupuesto anual fue aprobado por la asamblea general de vecinos durante la "
        "reunión del martes pasado.\n",
    }
    settings = project(
        documents,
        f"embedding: {{model: {tiny_model}}}\ncontracts: {{chunks: {{languages: [en]}}}}\n",
    )
    sums = run(settings).accounting
    assert (sums.published, sums.quarantined, sums.chunks_quarantined) == (1, 1, 1)
    (row,) = indexed(settings, "quarantine", "uri", "stage", "reason", "message", "excerpt")
    assert (row["uri"], row["stage"], row["reason"]) == ("es.md", "check", "contract")
    assert "language" in row["message"]
    assert row["excerpt"].startswith("El presupuesto")


def test_equal_texts_in_many_shards_are_embedded_once(project, tiny_model: Path):
    notice = "# Notice\n\nEither party may end this contract by notice in writing of three months."
    settings = project(
        {f"{number}.md": notice for number in range(4)},
        f"embedding: {{model: {tiny_model}}}\nrun: {{shard_documents: 1}}\n"
        "contracts: {batch: {warn_duplicate_share: 1}}\n",
    )
    record = run(settings)
    assert record.shards > 1
    assert record.accounting.chunks_published == 4
    assert items_by_stage(record)["embed"] == 1
    assert 0 < record.tokens_embedded < 40


def test_filtered_documents_are_no_shard_of_an_earlier_run(published: Path):
    write(published, ".hidden.md", "# Hidden")
    write(published, "b.md", "# Beta\n\nAnother text.")
    record = run(published)
    assert record.accounting.filtered == 1
    assert (record.shards, record.shards_resumed) == (2, 0)


def test_an_error_before_publishing_changes_nothing_and_is_recorded(published: Path):
    versions = tables(published).versions()
    write(published, "a.md", "# Alpha\n\nAnother text.")
    with fail_at(Boundary.AUDIT), pytest.raises(StorageError, match="No space left"):
        run(published)
    assert tables(published).versions() == versions
    failed = list_runs(tables(published))[0]
    assert failed.status is Status.FAILED
    assert "No space left" in (failed.error or "")
    # Its finished shard is reused.
    record = run(published)
    assert (record.shards_resumed, record.accounting.published) == (1, 1)
    assert "parse" not in items_by_stage(record)


def test_an_error_while_publishing_is_made_good_by_the_next_run(published: Path):
    write(published, "a.md", "# Alpha\n\nAnother text.")
    with fail_at(Boundary.COMMIT_DOCUMENTS), pytest.raises(StorageError, match="No space left"):
        run(published)
    assert run(published).status is Status.UNCHANGED
    assert texts(published)["a.md"] == ["Alpha\n\nAnother text."]
    content = {
        row["uri"]: row["content_sha256"]
        for row in indexed(published, "documents", "uri", "content_sha256")
    }
    for row in indexed(published, "chunks", "uri", "content_sha256"):
        assert content[row["uri"]] == row["content_sha256"]
    statuses = [record.status for record in list_runs(tables(published))]
    assert statuses == [Status.UNCHANGED, Status.PUBLISHED, Status.PUBLISHED]
