"""Vectors of a table of float16: rounded once, of unit length, and as provable as exact ones."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from tests.index.small_index import DIMENSION, FIRST, SETTINGS, TEXTS, intent, record, stage
from vouch.index.lineage.health_checks import examine
from vouch.index.publishing.candidate import build_candidate
from vouch.index.publishing.publish import publish
from vouch.index.search.store_queries import Queries
from vouch.index.store.stored_vectors import (
    as_compared,
    as_stored,
    matrix,
    sound_vectors,
    vector_column,
    vector_sha256,
    vector_type,
)
from vouch.index.store.tables import Tables, rows
from vouch.schemas.documents.arrow import chunks_schema
from vouch.validators.rows.row_contracts import check_vectors

EXACT = chunks_schema(DIMENSION).field("vector").type
HALF = chunks_schema(DIMENSION, "float16").field("vector").type


def chunks_of(vectors: np.ndarray, hashes: list[str | None]) -> pa.Table:
    return pa.table(
        {"vector": vector_column(vectors, EXACT), "vector_sha256": pa.array(hashes, pa.string())}
    )


numbers = st.floats(-1, 1, width=32)
vectors = numpy_st.arrays(np.float32, st.tuples(st.integers(1, 4), st.just(64)), elements=numbers)


@settings(max_examples=60, deadline=None)
@given(vectors)
def test_rounding_twice_changes_nothing_and_unit_vectors_keep_their_contract(given: np.ndarray):
    given[:, 0] += 2.0  # none is zero
    unit = given / np.linalg.norm(given, axis=1, keepdims=True)
    kind = chunks_schema(64, "float16").field("vector").type
    once = matrix(vector_column(unit, kind))
    assert once.dtype == np.float32
    assert np.array_equal(matrix(vector_column(once, kind)), once)
    assert check_vectors(once, 64) == []
    assert float(np.sum(once * unit, axis=1).min()) > 0.999
    # A query is compared as the store compares it.
    assert np.array_equal(as_compared(unit, chunks_schema(64, "float16")), once)
    assert np.array_equal(as_compared(unit, chunks_schema(64)), unit)


def test_rows_get_the_hash_of_what_is_stored_except_damaged_ones():
    exact = np.full((3, DIMENSION), 0.3, np.float32)
    sound, damaged = vector_sha256(exact[0]), "0" * 64
    given = chunks_of(exact, [sound, None, damaged])
    stored = as_stored(given, chunks_schema(DIMENSION, "float16"))
    assert stored.schema.field("vector").type == HALF
    rounded = vector_sha256(exact[0].astype(np.float16))
    assert stored.column("vector_sha256").to_pylist() == [rounded, rounded, damaged]
    assert sound_vectors(stored).to_pylist() == [True, True, False]
    # Back, they stay rounded, and keep their hashes.
    back = as_stored(stored, chunks_schema(DIMENSION))
    assert back.column("vector_sha256") == stored.column("vector_sha256")
    assert as_stored(given, chunks_schema(DIMENSION)) is given


@pytest.fixture
def halved(tmp_path: Path) -> Tables:
    """Three documents of one chunk each, published in a table of float16."""
    tables = Tables.create(tmp_path / "index", DIMENSION, "float16")
    staging = stage(tmp_path, FIRST, TEXTS)
    publish(tables, staging, intent(staging, len(TEXTS)), record(FIRST), SETTINGS)
    return tables


@pytest.mark.parametrize("shared_up_to", [0.0, 10.0])
def test_a_candidate_is_searched_as_what_it_is_published_as(
    halved: Tables, tmp_path: Path, shared_up_to: float
):
    staging = stage(tmp_path, "more", {"d.md": "delta"})
    query = np.array([1, 0, 0, 0], np.float32)
    with build_candidate(
        halved, staging, [], tmp_path / "candidate-1", shared_up_to=shared_up_to
    ) as candidate:
        assert vector_type(candidate.chunks.schema) == "float16"
        nearest = Queries(candidate).by_vector(query, 10, None)
        assert len(nearest) == len(TEXTS) + 1
        cosines = Queries(candidate).cosines(list(nearest.values()), query)
        assert cosines == pytest.approx({key: row["cosine"] for key, row in nearest.items()})
    assert examine(halved.latest()) == []


def test_vectors_that_another_program_stores_are_read_as_float32(halved: Tables):
    column = rows(halved.chunks, ["vector"]).column(0)
    assert column.type == HALF
    assert matrix(column).dtype == np.float32
