"""Scanned documents over several runs: read when tesseract appears, and again when what reads them has changed."""

from pathlib import Path

import pytest

from tests.parsers.pdf.pdf_writer import pdf, scan
from tests.pipeline.steps import indexed, run, texts
from vouch.index.store.tables import Tables, rows
from vouch.parsers.pdf.tesseract import find_engine
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.run import Status

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.skipif(find_engine() is None, reason="tesseract is not installed"),
]
LINES = [
    "The tenant pays the rent on the first day of each month, and the",
    "landlord keeps the roof in good order all the year.",
]


def page(number: int) -> list[tuple[float, float, float, str]]:
    lines = [*LINES, f"This is what page number {number} of the contract says."]
    return [(60.0, 740.0 - 15 * place, 12.0, line) for place, line in enumerate(lines)]


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {
        "text.pdf": pdf([page(1)]),
        "scan.pdf": scan(pdf([page(2)])),
        "mixed.pdf": scan(pdf([page(3), page(4)]), only={1}),
    }
    return project(
        documents, f"embedding: {{model: {tiny_model}}}\nindex: {{max_delete_share: 1.0}}\n"
    )


def test_scans_are_read_once_tesseract_is_there(settings: Path, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        run(settings)
        assert {
            row["uri"]: row["reason"] for row in indexed(settings, "quarantine", "uri", "reason")
        } == {"scan.pdf": "needs_ocr"}
        assert "number 4" not in " ".join(texts(settings)["mixed.pdf"])
        assert run(settings).status is Status.UNCHANGED
    record = run(settings)
    assert {one.uri for one in record.changes} == {"scan.pdf", "mixed.pdf"}
    assert {one.why for one in record.changes if one.uri == "mixed.pdf"} == {
        "the pdf_ocr parser or its OCR has changed"
    }
    assert "page number 2" in " ".join(texts(settings)["scan.pdf"])
    assert "page number 4" in " ".join(texts(settings)["mixed.pdf"])
    assert run(settings).status is Status.UNCHANGED


def test_another_language_reads_the_scans_again_and_nothing_else(settings: Path):
    run(settings)
    settings.write_text(
        settings.read_text().replace(
            "workers: 1", "workers: 1\n  ocr_languages: [eng]\n  ocr_max_pages: 7"
        )
    )
    assert {one.uri for one in run(settings).changes} == {"scan.pdf", "mixed.pdf"}
    parsers = {row["uri"]: row["parser"] for row in indexed(settings, "documents", "uri", "parser")}
    assert parsers == {"text.pdf": "pdf", "scan.pdf": "pdf_ocr", "mixed.pdf": "pdf_ocr"}


def test_a_chunk_of_a_scan_is_traced_to_its_file(settings: Path):
    run(settings)
    tables = Tables.open(read_settings(settings).index_folder)
    chunks = {
        row["uri"]: row["chunk_id"] for row in rows(tables.chunks, ("uri", "chunk_id")).to_pylist()
    }
    assert all(
        proof.holds for proof in trace_chunk(read_settings(settings), chunks["scan.pdf"]).proofs
    )
