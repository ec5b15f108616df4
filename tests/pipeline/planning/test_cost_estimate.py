"""What a plan says that a run will cost, and the limits that refuse it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.index.small_index import DIMENSION
from tests.pipeline.planning.index_frames import NOW, document, index, item, listing, plan
from vouch.chunkers.chunker import chunk
from vouch.index.store.run_log import write_run
from vouch.index.store.tables import Tables
from vouch.parsers.registry import parse
from vouch.pipeline.context.budget import Cap
from vouch.pipeline.planning.cost_estimate import Estimate, estimate, refuse_overspending
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.runs.record import Accounting, RunRecord
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.run import RunSettings


@pytest.mark.parametrize(
    ("uri", "size", "chunks", "tokens"),
    [
        ("empty.md", 0, 1, 20),
        ("a.md", 3_000, 11, 1_020),
        # Files that hold much besides text give fewer chunks.
        ("a.pdf", 7_000, 11, 895),
        ("A.PDF", 7_000, 11, 895),
        ("row", None, 1, 20),
    ],
)
def test_without_an_index_size_and_format_say_how_many_chunks_and_tokens_to_expect(
    uri: str, size: int | None, chunks: int, tokens: int
):
    expected = estimate(plan(index(), listing(item(uri, size=size))), None)
    assert (expected.documents, expected.chunks, expected.tokens) == (1, chunks, tokens)
    assert expected.minutes == pytest.approx(chunks / 30 / 60)


def test_the_first_estimate_of_small_documents_is_an_upper_one_but_not_by_far(tokenizer):
    """A chunk ends with its section, so small documents give more chunks than their size says."""
    text = (
        "# Title\n\nThe first sentences of a document, with some words in them, so that they have "
        "a length that is real.\n\n## Part\n\nAnother part, which states something else about "
        "the matter, and continues for a few words more, and for another few, until three hundred "
        "are reached.\n"
    )
    document = parse(text.encode(), "small.md")
    chunks = chunk(document, ChunkingSettings(), tokenizer)
    tokens = sum(part.token_count for part in chunks)
    items = [item(f"{number}.md", size=len(text)) for number in range(5)]
    expected = estimate(plan(index(), listing(*items)), None)
    assert 5 * len(chunks) <= expected.chunks <= 2 * 5 * len(chunks)
    assert 5 * tokens <= expected.tokens <= 2 * 5 * tokens


def test_an_index_shows_how_many_bytes_a_chunk_takes():
    state = index(document("old.md", size=10_000, chunk_count=10))
    small, large = item("small.md", size=1), item("large.md", size=5_000)
    expected = estimate(plan(state, listing(small, large, complete=False)), None)
    # However small it is, a document takes a chunk.
    assert (expected.documents, expected.chunks) == (2, 6)


def test_a_changed_document_takes_as_many_chunks_for_its_size_as_before():
    state = index(document("a.md", size=1_000, chunk_count=10), document("b.md", size=9_000))
    changed = item("a.md", size=3_000, etag="new", modified=NOW)
    assert estimate(plan(state, listing(changed, complete=False)), None).chunks == 30


def test_a_document_that_is_chunked_again_takes_as_many_chunks_as_before():
    state = index(document(size=100, chunk_count=7, chunk_fingerprint="old"))
    assert estimate(plan(state, listing(item(size=100))), None).chunks == 7


def test_documents_that_need_nothing_cost_nothing():
    nothing = Estimate(0, 0, 0, 0.0, currency="EUR")
    assert estimate(plan(index(document()), listing(item())), None) == nothing


def test_with_a_price_each_source_has_a_cost():
    state = index()
    work = plan(state, listing(item(size=300)), listing(item("b", size=3_000), source="notes"))
    without = estimate(work, None)
    assert (without.cost, without.shown_cost, without.sources[0].cost) == (None, "", None)
    priced = EmbeddingSettings(price_per_million_tokens=Decimal("0.13"), currency="USD")
    expected = estimate(work, None, priced)
    assert [(part.source, part.tokens, part.cost) for part in expected.sources] == [
        ("docs", 120, Decimal("0.0000156")),
        ("notes", 1_020, Decimal("0.0001326")),
    ]
    assert expected.cost == Decimal("0.0001482")
    assert expected.shown_cost == "0.00015 USD"


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


def test_tokens_a_chunk_are_those_of_that_run(tmp_path: Path):
    tables = Tables.create(tmp_path, DIMENSION)
    write_run(tables, run_record(1, 200, 10.0, tokens_embedded=18_000))
    state = index(document("old.md", size=10_000, chunk_count=10))
    work = plan(state, listing(item("new.md", size=5_000), complete=False))
    assert estimate(work, None).tokens == 5 * 140
    assert estimate(work, tables).tokens == 5 * 90


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


def test_a_plan_beyond_what_is_left_of_a_cap_is_refused():
    cap = Cap("day", Decimal(5), Decimal(4), "EUR", datetime(2026, 1, 2, tzinfo=UTC))
    expected = Estimate(2, 10, 1_400, 0.1, Decimal("1.2"), "EUR")
    message = (
        r"the run would cost about 1\.20 EUR, and budget\.day is 5\.00 EUR, of which 4\.00 EUR are "
        r"spent and 1\.00 EUR are left; nothing was spent\. Look at `vouch plan`; if it is right, "
        r"raise budget\.day in vouch\.yaml, or run again from 2026-01-02 00:00 UTC on"
    )
    with pytest.raises(BudgetExceeded, match=message):
        refuse_overspending(expected, RunSettings(), [cap])
    refuse_overspending(replace(expected, cost=Decimal(1)), RunSettings(), [cap])


def test_a_plan_at_its_limits_is_allowed():
    refuse_overspending(Estimate(2, 10, 1_400, 0.1), RunSettings(max_documents=2, max_tokens=1_400))
    refuse_overspending(Estimate(2_000_000, 10, 1_400, 0.1), RunSettings())
