"""Row contracts: valid rows pass, and a broken row is reported by the rule that it breaks."""

import numpy as np
import polars as pl
import pytest

from vouch.schemas.settings.contracts import ChunkContract, DocumentContract
from vouch.validators.rows.row_contracts import check_chunks, check_documents, check_vectors

CHUNK = {
    "document_id": "a" * 32,
    "source": "docs",
    "uri": "a.md",
    "text": "hello there",
    "canonical_slice": "hello there",
    "text_sha256": "0" * 64,
    "embedded_sha256": "0" * 64,
    "content_sha256": "0" * 64,
    "parser": "markdown",
    "parse_fingerprint": "p",
    "chunk_fingerprint": "c",
    "embedding_fingerprint": "e",
    "heading_path": ["Top"],
    "element_types": ["paragraph"],
    "char_start": 0,
    "char_end": 11,
    "page_start": 1,
    "page_end": 2,
    "token_count": 5,
    "language": "en",
}
DOCUMENT = {
    "document_id": "a" * 32,
    "source": "docs",
    "uri": "a.md",
    "media_type": "text/markdown",
    "status": "published",
    "content_sha256": "0" * 64,
    "char_count": 11,
    "language": "en",
}
CONTRACT = ChunkContract(languages=("en",), min_chars=3)


def chunks(*changes: dict) -> pl.DataFrame:
    rows = [
        CHUNK | {"chunk_id": f"{number:032x}"} | change for number, change in enumerate(changes)
    ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    types = {
        "page_start": pl.Int32,
        "page_end": pl.Int32,
        "heading_path": pl.List(pl.String),
        "language": pl.String,
    }
    return pl.DataFrame(columns, schema_overrides=types)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"chunk_id": f"{0:032x}"}, "chunk_id is unique"),
        ({"chunk_id": "short"}, "chunk_id is an id"),
        ({"document_id": "A" * 32}, "document_id is an id"),
        ({"source": None}, "source is there"),
        ({"uri": None}, "uri is there"),
        ({"text": "hi", "canonical_slice": "hi"}, "text has at least 3 characters"),
        ({"text": " \n  ", "canonical_slice": " \n  "}, "text is not white space only"),
        ({"canonical_slice": "another"}, "the span proves the text"),
        ({"canonical_slice": None}, "canonical_slice is there"),
        ({"text_sha256": "xyz"}, "text_sha256 is a hash"),
        ({"content_sha256": None}, "content_sha256 is there"),
        ({"parser": None}, "parser is there"),
        ({"heading_path": None}, "heading_path is there"),
        ({"char_start": -1}, "char_start is not negative"),
        ({"char_end": 0}, "the span is not empty"),
        ({"token_count": 0}, "token_count is within 1 and 200"),
        ({"token_count": 201}, "token_count is within 1 and 200"),
        ({"language": "es"}, "language is one of en"),
        ({"page_start": 3}, "the pages are in order"),
        ({"page_end": None}, "the pages are in order"),
    ],
)
def test_a_chunk_that_breaks_a_rule_is_reported_by_it_alone(change: dict, rule: str):
    (reject,) = check_chunks(chunks({}, change, {}), CONTRACT, max_tokens=200)
    assert (reject.index, reject.rule) == (1, rule)
    assert rule in reject.message


def test_a_chunk_without_a_detected_language_passes():
    assert check_chunks(chunks({"language": None}), CONTRACT, max_tokens=200) == []


def test_a_row_that_breaks_several_rules_names_all():
    (reject,) = check_chunks(
        chunks({"language": "es", "token_count": 999, "canonical_slice": "x"}),
        CONTRACT,
        max_tokens=200,
    )
    assert reject.message.count(";") == 2


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"document_id": "x"}, "document_id is an id"),
        ({"status": "lost"}, "status is known"),
        ({"media_type": None}, "media_type is there"),
        ({"char_count": 2}, "char_count is within 5 and 100"),
        ({"char_count": 101}, "char_count is within 5 and 100"),
        ({"language": "fr"}, "language is one of en"),
    ],
)
def test_a_document_that_breaks_a_rule_is_reported_by_it_alone(change: dict, rule: str):
    contract = DocumentContract(min_chars=5, max_chars=100, languages=("en",))
    good = DOCUMENT | {"document_id": "b" * 32}
    frame = pl.DataFrame(
        [good, DOCUMENT | change],
        schema_overrides={"char_count": pl.Int64, "media_type": pl.String},
    )
    (reject,) = check_documents(frame, contract)
    assert (reject.index, reject.rule) == (1, rule)


@pytest.mark.parametrize(
    "wrong",
    [
        chunks({}).drop("uri"),
        chunks({}).drop("page_start"),
        chunks({}).drop("canonical_slice"),
        chunks({}).with_columns(char_start=pl.lit("0")),
    ],
)
def test_a_frame_without_the_columns_of_its_contract_is_an_error(wrong: pl.DataFrame):
    with pytest.raises(TypeError, match="has not the columns and types"):
        check_chunks(wrong, CONTRACT, max_tokens=200)


def test_vectors_must_be_finite_and_of_unit_length():
    vectors = np.eye(4, dtype=np.float32)
    vectors[1] = np.nan
    vectors[2] *= 2
    assert [(reject.index, reject.rule) for reject in check_vectors(vectors, 4)] == [
        (1, "the vector is finite"),
        (2, "the vector has unit length"),
    ]
    with pytest.raises(TypeError, match="shape"):
        check_vectors(vectors, 5)
