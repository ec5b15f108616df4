"""The main job on real files, a real LanceDB and a real Prefect server."""

from pathlib import Path

import pytest

import vouch
from tests.pipeline.local_runs import ingest
from vouch.index.lineage.impact import impact
from vouch.index.store.tables import Tables, dicts, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.errors import MassDeleteRefused, RunRejected
from vouch.schemas.run import Decision, RunRecord, Status

MAIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: The lease\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n'
    b"Please find the signed lease attached.\r\n--x\r\nContent-Type: text/markdown\r\n"
    b'Content-Disposition: attachment; filename="lease.md"\r\n\r\n# Lease\n\nThe rent is due on the first day of the month.\r\n--x--\r\n'
)
DOCUMENTS: dict[str, str | bytes] = {
    "handbook.md": "# Handbook\n\n## Leave\n\nParents get twenty weeks of paid leave.\n\n## Travel\n\nTrains before planes.\n",
    "notes/tea.txt": "Green tea is steeped for two minutes at eighty degrees.\n",
    "mail/lease.eml": MAIL,
    "broken/empty.txt": b"",
    "broken/picture.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
}


def run(settings: Path, **options) -> RunRecord:
    return ingest(config=str(settings), **options)


def held(settings: Path, table: str, *columns: str) -> list[dict]:
    tables = Tables.open(read_settings(settings).index_folder)
    return rows(getattr(tables, table), columns).to_pylist()


def test_from_nothing_to_a_published_traceable_index(project):
    settings = project(DOCUMENTS)
    record = run(settings)
    sums = record.accounting
    assert record.status is Status.PUBLISHED
    assert (sums.listed, sums.attached, sums.published, sums.quarantined) == (5, 1, 4, 2)
    assert sums.problems() == []
    statuses = {
        row["uri"]: (row["status"], row["reason"])
        for row in held(settings, "documents", "uri", "status", "reason")
    }
    assert statuses == {
        "handbook.md": ("published", None),
        "notes/tea.txt": ("published", None),
        "mail/lease.eml": ("published", None),
        "mail/lease.eml#attachment/1/lease.md": ("published", None),
        "broken/empty.txt": ("quarantined", "empty"),
        "broken/picture.png": ("quarantined", "unsupported_type"),
    }
    published = vouch.open(read_settings(settings).index_folder)
    for query, uri in (
        ("How long is parental leave?", "handbook.md"),
        ("brewing temperature", "notes/tea.txt"),
        ("When must I pay my landlord?", "mail/lease.eml#attachment/1/lease.md"),
    ):
        for mode in ("hybrid", "vector"):
            assert published.search(query, k=1, mode=mode)[0].uri == uri
    assert published.search("steeped", k=1, mode="text")[0].uri == "notes/tea.txt"
    assert published.search("leave", filters=["uri=notes/tea.txt"], k=3)[0].uri == "notes/tea.txt"
    for hit in published.search("the", k=20, mode="vector"):
        found = trace_chunk(read_settings(settings), hit.chunk_id)
        assert found.proved, found.proofs
        assert found.run.run_id == record.run_id
    report = Path(record.report or "").read_text("utf-8")
    assert "broken/picture.png" in report


def test_each_run_takes_up_just_what_changed(project):
    settings = project(DOCUMENTS)
    first = run(settings)
    before = held(settings, "chunks", "chunk_id", "uri", "run_id")
    versions = first.versions
    again = run(settings)
    assert again.status is Status.UNCHANGED
    assert again.versions == versions
    assert again.accounting.unchanged == 4
    folder = settings.parent / "documents"
    (folder / "handbook.md").write_text(str(DOCUMENTS["handbook.md"]).replace("twenty", "thirty"))
    (folder / "new.md").write_text("# New\n\nSomething new.")
    (folder / "notes/tea.txt").unlink()
    (folder / "mail/lease.eml").touch()
    changed = run(settings, allow_mass_delete=True)
    assert changed.change_counts == {"changed": 2, "new": 1, "removed": 1, "held": 2}
    assert changed.accounting.vectors_computed == 2
    assert changed.accounting.vectors_reused == 1
    assert changed.accounting.unchanged == 2
    after = held(settings, "chunks", "chunk_id", "uri", "run_id", "text")
    assert {row["uri"] for row in after} == {
        "handbook.md",
        "new.md",
        "mail/lease.eml",
        "mail/lease.eml#attachment/1/lease.md",
    }
    untouched = {row["chunk_id"]: row["run_id"] for row in before if row["uri"].startswith("mail/")}
    assert untouched == {
        row["chunk_id"]: row["run_id"] for row in after if row["uri"].startswith("mail/")
    }
    assert any("thirty weeks" in row["text"] for row in after)
    assert run(settings).status is Status.UNCHANGED


def test_a_rebuild_from_nothing_gives_the_same_rows(project, tmp_path: Path):
    settings = project(DOCUMENTS)
    run(settings)
    (settings.parent / "documents/handbook.md").write_text("# Handbook\n\nQuite another text.\n")
    run(settings)
    rebuilt = tmp_path / "rebuilt.yaml"
    rebuilt.write_text(settings.read_text() + "index: {path: data/rebuilt}\n")
    run(rebuilt)
    columns = ("chunk_id", "uri", "text", "char_start", "char_end", "language")
    assert sorted(held(settings, "chunks", *columns), key=str) == sorted(
        held(rebuilt, "chunks", *columns), key=str
    )


def test_a_rejected_run_publishes_nothing(project):
    settings = project({"a.md": "# A\n\nGood text."})
    run(settings)
    versions = Tables.open(read_settings(settings).index_folder).versions()
    project({"b.md": "# B\n\nMore text."}, "contracts: {batch: {min_documents: 50}}\n")
    with pytest.raises(RunRejected, match="published nothing: .+ Its report is"):
        run(settings)
    tables = Tables.open(read_settings(settings).index_folder)
    assert tables.versions() == versions
    assert {row["uri"] for row in held(settings, "chunks", "uri")} == {"a.md"}
    record = max(dicts(tables.runs, "true"), key=lambda row: row["run_id"])
    assert (record["status"], record["verdict"]) == (Status.REJECTED, Decision.REJECT)


def test_a_mass_delete_is_refused_until_a_person_says_so(project):
    settings = project({f"{n}.md": f"# Document {n}\n\nText of number {n}." for n in range(6)})
    run(settings)
    for n in range(3):
        (settings.parent / f"documents/{n}.md").unlink()
    with pytest.raises(MassDeleteRefused, match="would remove 3 of 6 published documents"):
        run(settings)
    assert len({row["uri"] for row in held(settings, "chunks", "uri")}) == 6
    assert run(settings, allow_mass_delete=True).accounting.removed == 3
    assert len({row["uri"] for row in held(settings, "chunks", "uri")}) == 3


def test_what_breaks_a_row_contract_goes_to_quarantine_and_the_rest_goes_on(project):
    spanish = "El presupuesto anual fue aprobado por la asamblea general de vecinos durante la reunión del martes pasado.\n"
    documents = {
        "en.md": "# Budget\n\nThe yearly budget was approved by the general assembly of neighbours.",
        "es.md": spanish,
    }
    settings = project(documents, "contracts: {chunks: {languages: [en]}}\n")
    record = run(settings)
    assert (record.accounting.published, record.accounting.quarantined) == (1, 1)
    assert record.accounting.chunks_quarantined == 1
    (row,) = held(settings, "quarantine", "uri", "stage", "reason", "message", "excerpt")
    assert (row["uri"], row["stage"], row["reason"]) == ("es.md", "check", "contract")
    assert "language" in row["message"]
    assert row["excerpt"].startswith("El presupuesto")


def test_a_document_that_breaks_loses_its_old_chunks_and_comes_back_when_mended(project):
    settings = project(
        {"a.json": '{"title": "Alpha", "text": "first version"}', "b.md": "# B\n\nStays."}
    )
    run(settings)
    (settings.parent / "documents/a.json").write_text('{"title": ')
    broken = run(settings)
    assert broken.accounting.chunks_removed == 1
    assert {row["uri"] for row in held(settings, "chunks", "uri")} == {"b.md"}
    (settings.parent / "documents/a.json").write_text(
        '{"title": "Alpha", "text": "second version"}'
    )
    mended = run(settings)
    assert mended.accounting.published == 1
    assert held(settings, "quarantine", "uri") == []


def test_an_attachment_that_is_gone_goes_with_its_chunks(project):
    settings = project({"mail/lease.eml": MAIL, "b.md": "# B\n\nStays."})
    run(settings)
    plain = MAIL.split(b"--x\r\nContent-Type: text/markdown")[0] + b"--x--\r\n"
    (settings.parent / "documents/mail/lease.eml").write_bytes(plain)
    record = run(settings)
    assert record.accounting.removed == 1
    found = impact(Tables.open(read_settings(settings).index_folder), "mail/lease.eml")
    assert [row["uri"] for row in found.documents] == ["mail/lease.eml"]


def test_a_setting_of_the_chunker_redoes_what_depends_on_it(project):
    text = "# Long\n\n" + "Every sentence here is much like the one before it. " * 40
    settings = project({"a.md": text})
    before = run(settings).accounting.chunks_published
    project({}, "chunking: {max_tokens: 64}\n")
    record = run(settings)
    assert record.change_counts == {"reprocess": 1}
    assert record.changes[0].why == "the chunking has changed"
    assert record.accounting.chunks_published > before
    assert len(held(settings, "chunks", "chunk_id")) == record.accounting.chunks_published


def test_a_run_that_dies_before_publishing_changes_nothing_and_leaves_a_record(
    project, monkeypatch
):
    import vouch.pipeline.audit.gates as gates

    settings = project({"a.md": "# A\n\nGood text."})
    run(settings)
    versions = Tables.open(read_settings(settings).index_folder).versions()
    (settings.parent / "documents/a.md").write_text("# A\n\nOther text.")

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gates, "run_suite", full)
    with pytest.raises(OSError, match="No space left"):
        run(settings)
    tables = Tables.open(read_settings(settings).index_folder)
    assert tables.versions() == versions
    failed = max(dicts(tables.runs, "true"), key=lambda row: row["run_id"])
    assert (failed["status"], "No space left" in failed["error"]) == (Status.FAILED, True)


def test_a_run_that_dies_while_it_publishes_is_finished_by_the_next(project, monkeypatch):
    import vouch.index.publishing.publish as module

    settings = project({"a.md": "# A\n\nGood text.", "b.md": "# B\n\nStays."})
    run(settings)
    (settings.parent / "documents/a.md").write_text("# A\n\nOther text.")
    upsert = module.upsert

    def full(table, data, key, delete=None):
        if table.name == "documents":
            raise OSError(28, "No space left on device")
        upsert(table, data, key, delete)

    monkeypatch.setattr(module, "upsert", full)
    with pytest.raises(OSError, match="No space left"):
        run(settings)
    monkeypatch.undo()
    assert run(settings).status is Status.UNCHANGED
    chunks = held(settings, "chunks", "uri", "text", "content_sha256")
    documents = {
        row["uri"]: row
        for row in held(settings, "documents", "uri", "content_sha256", "canonical_text")
    }
    assert {row["text"] for row in chunks} == {"A\n\nOther text.", "B\n\nStays."}
    assert all(documents[row["uri"]]["content_sha256"] == row["content_sha256"] for row in chunks)
    statuses = [
        row["status"]
        for row in dicts(Tables.open(read_settings(settings).index_folder).runs, "true")
    ]
    assert sorted(statuses) == ["published", "published", "unchanged"]
