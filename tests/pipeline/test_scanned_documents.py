"""Scanned documents over several runs: read once there is an OCR program, and again by its change."""

from pathlib import Path

import pytest

from tests.parsers.pdf.pdf_writer import pdf, scan
from tests.pipeline.steps import indexed, run, texts
from vouch.parsers.common.ocr.tesseract import find_engine
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.runs.record import Status

pytestmark = pytest.mark.skipif(find_engine() is None, reason="tesseract is not installed")

LINES = (
    "The tenant pays the rent on the first day of each month, and the",
    "landlord keeps the roof in good order all the year.",
)
SCANNED = {"scan.pdf", "mixed.pdf"}


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


def test_scans_are_read_once_there_is_an_ocr_program(settings: Path, monkeypatch, tmp_path: Path):
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        run(settings)
        rejects = indexed(settings, "quarantine", "uri", "reason")
        assert {row["uri"]: row["reason"] for row in rejects} == {"scan.pdf": "needs_ocr"}
        assert "number 4" not in " ".join(texts(settings)["mixed.pdf"])
        assert run(settings).status is Status.UNCHANGED
    record = run(settings)
    why = {change.uri: change.why for change in record.changes}
    assert set(why) == SCANNED
    assert why["mixed.pdf"] == "the pdf_ocr parser or its OCR has changed"
    assert "page number 2" in " ".join(texts(settings)["scan.pdf"])
    assert "page number 4" in " ".join(texts(settings)["mixed.pdf"])
    assert run(settings).status is Status.UNCHANGED


def test_other_ocr_settings_read_the_scans_again_and_nothing_else(settings: Path):
    run(settings)
    chunks = {row["uri"]: row["chunk_id"] for row in indexed(settings, "chunks", "uri", "chunk_id")}
    assert trace_chunk(read_settings(settings), chunks["scan.pdf"]).proved
    ocr = "workers: 1\n  ocr_languages: [eng]\n  ocr_max_pages: 7"
    settings.write_text(settings.read_text().replace("workers: 1", ocr))
    assert {change.uri for change in run(settings).changes} == SCANNED
    parsers = {row["uri"]: row["parser"] for row in indexed(settings, "documents", "uri", "parser")}
    assert parsers == {"text.pdf": "pdf", "scan.pdf": "pdf_ocr", "mixed.pdf": "pdf_ocr"}
