"""Garbled documents over several runs: what the run says of them, and what a setting changes."""

from pathlib import Path

import pytest

from tests.parsers.pdf.pdf_writer import column, pdf, unicode_pdf
from tests.parsers.pdf.test_garbled_text import ENGLISH, exchanged
from tests.pipeline.steps import failed, indexed, run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.trace import trace_chunk
from vouch.schemas.runs.record import Severity, Status

GARBLED, READABLE = "garbled.pdf", "readable.pdf"


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {
        GARBLED: unicode_pdf(exchanged(ENGLISH).splitlines()),
        READABLE: pdf([column(50, 780, ENGLISH.splitlines())]),
    }
    return project(
        documents, f"embedding: {{model: {tiny_model}}}\nindex: {{max_delete_share: 1.0}}\n"
    )


def choose(settings: Path, choice: str) -> None:
    text = settings.read_text().replace("workers: 1", f"workers: 1\n  garbled_text: {choice}")
    settings.write_text(text)


def flags(settings: Path) -> dict[str, bool]:
    """Return of each document whether all its chunks are flagged as garbled."""
    rows = indexed(settings, "chunks", "uri", "flags")
    return {
        uri: all("garbled" in row["flags"] for row in rows if row["uri"] == uri)
        for uri in {row["uri"] for row in rows}
    }


def test_the_run_warns_of_garbled_pages_by_document_and_page(settings: Path):
    record = run(settings)
    assert failed(record)["policy_garbled_text"] is Severity.WARN
    (check,) = (check for check in record.verdict.checks if check.id == "policy_garbled_text")
    assert GARBLED in check.message
    (finding,) = (finding for finding in record.policy if finding.kind == "garbled_text")
    assert (finding.count, finding.documents) == (1, 1)
    assert [(example.uri, example.message) for example in finding.examples] == [(GARBLED, "page 1")]
    assert flags(settings) == {GARBLED: True, READABLE: False}
    assert run(settings).status is Status.UNCHANGED


def test_a_chunk_of_a_garbled_document_is_proved_against_its_file(settings: Path):
    run(settings)
    chunk = next(
        row["chunk_id"]
        for row in indexed(settings, "chunks", "uri", "chunk_id")
        if row["uri"] == GARBLED
    )
    traced = trace_chunk(read_settings(settings), chunk)
    assert {proof.name: proof.holds for proof in traced.proofs}["parse"] is True


def test_another_choice_parses_the_garbled_documents_again_and_no_others(settings: Path):
    run(settings)
    choose(settings, "quarantine")
    record = run(settings)
    assert {change.uri: change.why for change in record.changes} == {
        GARBLED: "the pdf_garbled parser or parsing.garbled_text has changed"
    }
    (reject,) = indexed(settings, "quarantine", "uri", "reason", "message")
    assert (reject["uri"], reject["reason"]) == (GARBLED, "garbled_text")
    assert "(pages 1); set parsing.garbled_text to ocr" in reject["message"]
    assert flags(settings) == {READABLE: False}
    assert run(settings).status is Status.UNCHANGED
