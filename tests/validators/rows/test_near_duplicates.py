"""Near duplicates: similar texts are found, others are not, in any order."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.schemas.documents.ids import sha256_text
from vouch.validators.rows.near_duplicates import (
    SIZE,
    near_duplicates,
    repeated_over_documents,
    signatures,
)

WORDS = [f"word{n}" for n in range(200)]


def text(*parts: range) -> str:
    return " ".join(WORDS[n] for part in parts for n in part)


def chunks(*texts: str, documents: list[str] | None = None) -> pl.DataFrame:
    owners = documents or [f"d{n}" for n in range(len(texts))]
    return pl.DataFrame(
        {
            "document_id": owners,
            "text_sha256": [sha256_text(value) for value in texts],
            "minhash": signatures(texts),
        },
        schema_overrides={"minhash": pl.Binary},
    )


def test_a_text_with_a_few_other_words_is_a_near_duplicate():
    changed = text(range(50), range(52, 100))
    pairs = near_duplicates(chunks(text(range(100)), text(range(100, 200)), changed), 0.8)
    assert pairs.select("left", "right").rows() == [(0, 2)]
    assert pairs["similarity"][0] == pytest.approx(0.94, abs=0.08)


def test_a_text_that_shares_half_is_none():
    half = text(range(50), range(150, 200))
    assert near_duplicates(chunks(text(range(100)), half), 0.8).is_empty()


def test_equal_texts_and_texts_of_one_document_are_none():
    whole, changed = text(range(100)), text(range(99))
    assert near_duplicates(chunks(whole, whole), 0.8).is_empty()
    assert near_duplicates(chunks(whole, changed, documents=["d", "d"]), 0.8).is_empty()


def test_short_texts_have_no_signature():
    assert signatures(["a few words", text(range(11)), ""]) == [None, None, None]
    assert near_duplicates(chunks("a b", "a b c"), 0.5).is_empty()


@settings(max_examples=50)
@given(st.text(max_size=2000))
def test_any_text_has_the_same_signature_twice(value: str):
    first, second = signatures([value, value])
    assert first == second
    assert first is None or len(first) == SIZE


def test_texts_of_many_documents_are_counted_by_document_and_chunk():
    frame = chunks(*["footer"] * 5, "twice", "twice", "once", "once")
    frame = frame.with_columns(document_id=pl.Series([*"abcde", "a", "b", "a", "a"]))
    columns = ("documents", "chunks", "document_id")
    assert repeated_over_documents(frame, 5).select(columns).rows() == [(5, 5, "a")]
    assert repeated_over_documents(frame, 2).select(columns).rows() == [(5, 5, "a"), (2, 2, "a")]
