"""A run with another engine for a media type: the documents concerned are parsed again, no other."""

from pathlib import Path

from tests.parsers.pandoc.pandoc_documents import written
from tests.pipeline.steps import configure, indexed, run, texts
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.runs.record import Status

MAIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: The lease\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nPlease find the lease attached.\r\n"
    b"--x\r\nContent-Type: application/rtf\r\n"
    b'Content-Disposition: attachment; filename="lease.rtf"\r\n\r\n'
    rb"{\rtf1 The rent is due on the first day.}" + b"\r\n--x--\r\n"
)
DOCUMENTS = {
    "a.rtf": written("rtf"),
    "b.md": b"# Beta\n\nThe second of three texts.",
    "c.org": b"* Gamma\n\nThe third.",
    "mail.eml": MAIL,
    # In quarantine: what one engine cannot read the other may.
    "empty.rtf": rb"{\rtf1 }",
}
READ_BY_OURS = {
    "a.rtf": "pandoc",
    "b.md": "markdown",
    "c.org": "pandoc",
    "empty.rtf": "pandoc",
    "mail.eml": "email",
    "mail.eml#attachment/1/lease.rtf": "pandoc",
}
ATTACHED = "mail.eml#attachment/1/lease.rtf"


def parsers(settings: Path) -> dict[str, str]:
    return {row["uri"]: row["parser"] for row in indexed(settings, "documents", "uri", "parser")}


def test_another_engine_parses_just_the_documents_of_its_type_again(
    tmp_path: Path, tiny_model: Path
):
    def choose(**engines: str) -> Path:
        parsing = {
            "workers": 1,
            "engines": {f"application/{name}": by for name, by in engines.items()},
        }
        return configure(tmp_path, tiny_model, parsing=parsing, index={"max_delete_share": 1.0})

    settings = choose()
    (tmp_path / "documents").mkdir()
    for name, content in DOCUMENTS.items():
        (tmp_path / "documents" / name).write_bytes(content)
    run(settings)
    assert parsers(settings) == READ_BY_OURS
    before = texts(settings)

    choose(rtf="unstructured")
    record = run(settings)
    assert {change.uri: change.why for change in record.changes} == {
        "a.rtf": "text/rtf is read by unstructured now",
        "empty.rtf": "text/rtf is read by unstructured now",
        "mail.eml": "text/rtf is read by unstructured now (in #attachment/1/lease.rtf)",
    }
    theirs = dict.fromkeys(("a.rtf", "empty.rtf", ATTACHED), "unstructured")
    assert parsers(settings) == READ_BY_OURS | theirs
    assert texts(settings)[ATTACHED] == before[ATTACHED]
    assert run(settings).status is Status.UNCHANGED
    chunks = {row["uri"]: row["chunk_id"] for row in indexed(settings, "chunks", "uri", "chunk_id")}
    traced = trace_chunk(read_settings(settings), chunks[ATTACHED])
    assert traced.proved
    assert "unstructured 0." in traced.proofs[-1].detail

    choose()
    assert {change.uri for change in run(settings).changes} == {"a.rtf", "empty.rtf", "mail.eml"}
    assert parsers(settings) == READ_BY_OURS
    assert texts(settings) == before
