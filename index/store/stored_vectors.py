"""How vectors are stored: as float32 in the pipeline and in staged shards, and in a table by the
type of its column.

They are converted at one place, where rows are written into a table, and read at one place, as
float32 again. Rounding twice changes nothing, so a vector that was looked up in an index and one
that is computed give it the same bytes. Decision 57 says which types the store searches.
"""

from typing import TypeVar

import numpy as np
import pyarrow as pa

from vouch.embedders.base import Vectors
from vouch.schemas.documents.arrow import VECTOR_TYPES
from vouch.schemas.documents.ids import sha256_bytes
from vouch.schemas.settings.choices import VectorType

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def vector_type(schema: pa.Schema) -> VectorType:
    """Return the type of the vectors in a table of chunks."""
    stored = schema.field("vector").type.value_type
    return next(name for name, kind in VECTOR_TYPES.items() if kind == stored)


def matrix(column: pa.ChunkedArray | pa.Array) -> Vectors:
    """Return a column of vectors as an array of shape (rows, dimension), float32.

    The array may share the column's memory, and is read-only then.
    """
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat = whole.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(len(whole), whole.type.list_size)


def vector_column(vectors: Vectors, kind: pa.FixedSizeListType) -> pa.FixedSizeListArray:
    """Return vectors, shape (rows, dimension), as a column of this type."""
    stored = np.ascontiguousarray(vectors, dtype=kind.value_type.to_pandas_dtype())
    return pa.FixedSizeListArray.from_arrays(pa.array(stored.reshape(-1)), kind.list_size)


def as_compared(vector: Vectors, schema: pa.Schema) -> Vectors:
    """Return what the store compares with the vectors of a table where it is given this one: it
    rounds queries to the type of the column.
    """
    kind = schema.field("vector").type.value_type.to_pandas_dtype()
    return vector.astype(kind).astype(np.float32)


def as_stored(chunks: Rows, schema: pa.Schema) -> Rows:
    """Return rows of chunks with their vectors of the type that `schema` has, and the hashes of
    these; all other rows as they are.

    A row whose vector has another hash than the row says keeps that, so that the damage is noticed.
    """
    if "vector" not in schema.names:
        return chunks
    before, after = (each.field("vector").type for each in (chunks.schema, schema))
    if before.value_type == after.value_type:
        return chunks
    column = vector_column(matrix(chunks.column("vector")), after)
    recorded = chunks.column("vector_sha256").to_pylist()
    hashes = [
        vector_sha256(vector) if is_sound else expected
        for vector, is_sound, expected in zip(
            matrix(column), sound_vectors(chunks).to_pylist(), recorded, strict=True
        )
    ]
    for name, values in (("vector", column), ("vector_sha256", pa.array(hashes, pa.string()))):
        field = chunks.schema.field(name).with_type(values.type)
        chunks = chunks.set_column(chunks.schema.get_field_index(name), field, values)
    return chunks


def sound_vectors(chunks: pa.Table | pa.RecordBatch) -> pa.Array:
    """Return of each row whether its vector is the one whose hash it has.

    Rows written before there were hashes have none, and are trusted.
    """
    expected = chunks.column("vector_sha256").to_pylist()
    vectors = matrix(chunks.column("vector"))
    return pa.array(
        [
            recorded is None or recorded == vector_sha256(vector)
            for vector, recorded in zip(vectors, expected, strict=True)
        ],
        pa.bool_(),
    )


def vector_sha256(vector: Vectors) -> str:
    """Return the hash of a vector's numbers, as float32 in little-endian order.

    It detects a flipped byte, which the store's own checks do not.
    """
    return sha256_bytes(np.ascontiguousarray(vector, dtype="<f4").tobytes())
