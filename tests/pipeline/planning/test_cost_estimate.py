"""What a plan says that a run will cost, and the limits that refuse it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.index.small_index import DIMENSION
from tests.pipeline.planning.index_frames import document, index, item, listing, plan
from vouch.chunkers.chunker import chunk
from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables
from vouch.parsers.registry import parse
from vouch.pipeline.planning.cost_estimate import Estimate, estimate, refuse_overspending
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.runs.record import Accounting, RunRecord
from vouch.schemas.settings.vouch_yaml import ChunkingSettings, RunSettings


@pytest.mark.parametrize(
    ("uri", "size", "chunks"),
    [
        ("empty.md", 0, 1),
        ("a.md", 3_000, 11),
        # Files that hold much besides text give fewer chunks.
        ("a.pdf", 7_000, 11),
        ("A.PDF", 7_000, 11),
        ("row", None, 1),
    ],
)
def test_without_an_index_chunks_are_estimated_by_size_and_format(uri, size, chunks: int):
    expected = estimate(plan(index(), listing(item(uri, size=size))), None)
    assert expected == Estimate(1, chunks, 140 * chunks, pytest.approx(chunks / 30 / 60))


def test_the_first_estimate_of_small_documents_is_an_upper_one_but_not_by_far(tokenizer):
    """A chunk ends with its section, so small documents give more chunks than their size says."""
    text = (
        "# Title\n\nThe first sentences of a document, with some words in them, so that they have "
        "a length that is real.\n\n## Part\n\nAnother part, which states something else about "
        "the matter, and continues for a few words more, and for another few, until three hundred "
        "are reached.\n"
    )
    document = parse(text.encode(), "small.md")
    chunks = len(chunk(document, ChunkingSettings(), tokenizer))
    items = [item(f"{number}.md", size=len(text)) for number in range(5)]
    expected = estimate(plan(index(), listing(*items)), None)
    assert 5 * chunks <= expected.chunks <= 2 * 5 * chunks


def test_an_index_shows_how_many_bytes_a_chunk_takes():
    state = index(document("old.md", size=10_000, chunk_count=10))
    small, large = item("small.md", size=1), item("large.md", size=5_000)
    expected = estimate(plan(state, listing(small, large, complete=False)), None)
    # However small it is, a document takes a chunk.
    assert (expected.documents, expected.chunks) == (2, 6)


def test_a_document_that_is_chunked_again_takes_as_many_chunks_as_before():
    state = index(document(size=100, chunk_count=7, chunk_fingerprint="old"))
    assert estimate(plan(state, listing(item(size=100))), None).chunks == 7


def test_documents_that_need_nothing_cost_nothing():
    assert estimate(plan(index(document()), listing(item())), None) == Estimate(0, 0, 0, 0.0)


def run_record(number: int, chunks: int, seconds: float, **columns: Any) -> RunRecord:
    started = datetime(2026, 1, 1 + number, tzinfo=UTC)
    return RunRecord(
        run_id=f"run-{number}",
        started_at=started,
        ended_at=started + timedelta(seconds=seconds),
        settings_sha256="s",
        code_version="v",
        accounting=Accounting(vectors_computed=chunks),
        **columns,
    )


def test_the_rate_is_that_of_the_newest_run_that_embedded_enough(tmp_path: Path):
    tables = Tables.create(tmp_path, DIMENSION)
    work = plan(index(), listing(item(size=179_700)))  # 600 chunks
    assert estimate(work, tables).minutes == pytest.approx(600 / 30 / 60)
    write_run(tables, run_record(1, 100, 10.0))
    write_run(tables, run_record(2, 200, 10.0))
    # Neither a run of few chunks nor one that reused shards of another says how fast embedding is.
    write_run(tables, run_record(3, 99, 1.0))
    write_run(tables, run_record(4, 1_000, 1.0, shards_resumed=1))
    assert estimate(work, tables).minutes == pytest.approx(600 / 20 / 60)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_documents": 1}, r"about 2 documents, more than run\.max_documents \(1\)"),
        ({"max_tokens": 1_000}, r"about 1,400 tokens, more than run\.max_tokens \(1,000\)"),
    ],
)
def test_a_plan_beyond_a_limit_is_refused(limits: dict[str, int], message: str):
    with pytest.raises(BudgetExceeded, match=f"{message} allows; nothing was spent"):
        refuse_overspending(Estimate(2, 10, 1_400, 0.1), RunSettings(**limits))


def test_a_plan_at_its_limits_is_allowed():
    refuse_overspending(Estimate(2, 10, 1_400, 0.1), RunSettings(max_documents=2, max_tokens=1_400))
    refuse_overspending(Estimate(2_000_000, 10, 1_400, 0.1), RunSettings())
