"""Results over parts of the rows add up to the result over all of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validators.source_documents import NOW, contract
from tests.validators.source_documents import documents as source_documents
from vouch.schemas.settings.contracts import BatchContract
from vouch.validators import row_parts
from vouch.validators.batch.corpus_suite import run_suite
from vouch.validators.batch.expectations import SuiteResult
from vouch.validators.batch.source_suite import run_source_suite

_EXAMPLES = (
    "partial_unexpected_list",
    "partial_unexpected_index_list",
    "partial_unexpected_counts",
)
DOCUMENT = st.fixed_dictionaries(
    {
        "document_id": st.sampled_from([f"d{n}" for n in range(8)]),
        "status": st.sampled_from(["published"] * 3 + ["quarantined", "filtered"]),
        "reason": st.sampled_from([None, "malformed", "needs_ocr"]),
        "media_type": st.sampled_from(["text/plain", "text/html"]),
        "title": st.sampled_from([None, "T"]),
        "chunk_count": st.integers(0, 3),
    }
)
CHUNK = st.fixed_dictionaries(
    {
        "chunk_id": st.sampled_from([f"c{n}" for n in range(12)]),
        "document_id": st.sampled_from([f"d{n}" for n in range(10)]),
        "embedding_fingerprint": st.sampled_from(["e", "e", "old"]),
        "text_sha256": st.sampled_from(["a", "b", "c"]),
        "language": st.sampled_from([None, "en"]),
    }
)
DOCUMENT_COLUMNS = ("document_id", "status", "reason", "media_type", "title", "chunk_count")
CHUNK_COLUMNS = ("chunk_id", "document_id", "embedding_fingerprint", "text_sha256", "language")
SCHEMA: dict[str, Any] = {"chunk_count": pl.Int32, "reason": pl.String, "title": pl.String}


def in_parts_too(check: Callable[[], SuiteResult]) -> tuple[SuiteResult, SuiteResult]:
    """The result over all rows at once, and that over three rows at a time."""
    with mock.patch.object(row_parts, "PART_ROWS", 3):
        parts = check()
    return check(), parts


def without_order(result: SuiteResult) -> list[dict[str, Any]]:
    """The results without which examples come first, and the versions that they carry."""
    rules = [rule for suite in result.results for rule in suite["results"]]
    for rule in rules:
        for key in _EXAMPLES:
            examples = rule["result"].pop(key, [])
            rule["result"][key] = len(examples) if key != _EXAMPLES[2] else None
    return [{key: rule[key] for key in ("success", "result", "exception_info")} for rule in rules]


@given(st.lists(DOCUMENT, max_size=12), st.lists(CHUNK, max_size=20))
@settings(max_examples=6, deadline=None)
def test_a_corpus_in_parts_has_the_results_of_the_whole(documents: list, chunks: list):
    document_rows = pl.DataFrame(
        documents, schema=dict.fromkeys(DOCUMENT_COLUMNS, pl.String) | SCHEMA
    )
    chunk_rows = pl.DataFrame(chunks, schema=dict.fromkeys(CHUNK_COLUMNS, pl.String))
    whole, parts = in_parts_too(
        lambda: run_suite(document_rows.lazy(), chunk_rows.lazy(), BatchContract(), "e")
    )
    figures = [
        [
            (check.id, check.outcome, check.figure, check.message.split(", such as")[0])
            for check in each.checks
        ]
        for each in (whole, parts)
    ]
    assert figures[0] == figures[1]
    assert without_order(whole) == without_order(parts)


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(hours=90)])
def test_a_source_in_parts_has_the_results_of_the_whole(age: timedelta):
    rules = contract(
        max_age_h=24,
        min_documents=3,
        max_quarantine_share=0.1,
        fields={"fare": {"max_missing": 0.5, "unique": True}},
    )
    rows = [
        {"metadata": {"fare": str(n % 4)} if n % 3 else {}, "source_modified_at": NOW - n * age}
        for n in range(1, 10)
    ]
    rows.append({"status": "quarantined", "reason": "malformed"})
    whole, parts = in_parts_too(
        lambda: run_source_suite(source_documents(*rows), "docs", rules, NOW)
    )
    assert [(check.id, check.figure, check.outcome) for check in whole.checks] == [
        (check.id, check.figure, check.outcome) for check in parts.checks
    ]
    assert without_order(whole) == without_order(parts)
