"""Store the vectors of an index as another type, without embedding anything.

All rows are written again in one commit: a row and the hash of its vector change together. Older
states keep theirs, so readers and a rollback find them as they were, and the disk has both until
those states expire.
"""

from collections.abc import Iterator

import pyarrow as pa
from lancedb.table import Table

from vouch.index.store.stored_vectors import as_stored, vector_type
from vouch.index.store.tables import KEYS, Tables, row_schema, set_merge_key
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.arrow import VECTOR_TYPES
from vouch.schemas.settings.choices import VectorType

_BATCH_ROWS = 4096


def due_conversion(tables: Tables, vectors: VectorType) -> str:
    """Return in words what the next maintenance converts; empty where nothing is due."""
    if tables.vectors == vectors or not tables.chunks.count_rows():
        return ""
    numbers = tables.chunks.count_rows() * tables.dimension
    before, after = (
        numbers * VECTOR_TYPES[kind].bit_width / 8e6 for kind in (tables.vectors, vectors)
    )
    again = "; they stay rounded until `vouch reindex --again embed --switch` embeds them again"
    exact = again if vectors == "float32" else ""
    return (
        f"vectors are stored as {tables.vectors} ({before:,.0f} MB); the next `vouch maintain` "
        f"stores them as {vectors} ({after:,.0f} MB), without embedding{exact}. Older states keep "
        "theirs until they expire"
    )


@crossing(Boundary.CONVERT_VECTORS)
def convert_vectors(chunks: Table, vectors: VectorType) -> None:
    """Write all rows again with their vectors of this type. The search indexes are dropped."""
    present = row_schema(chunks)
    kind = pa.list_(VECTOR_TYPES[vectors], present.field("vector").type.list_size)
    # Without the metadata, by which the table's key and its vector index were recorded.
    schema = pa.schema(
        field.with_type(kind if field.name == "vector" else field.type).remove_metadata()
        for field in present
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in chunks.search().select(schema.names).to_batches(_BATCH_ROWS):
            yield as_stored(batch, schema).cast(schema)

    chunks.add(pa.RecordBatchReader.from_batches(schema, batches()), mode="overwrite")
    set_merge_key(chunks, KEYS["chunks"])


def drop_unseen_conversion(tables: Tables, published: Tables) -> None:
    """Go back to the published vectors where maintenance was interrupted after it had converted
    them: from rounded ones exact ones cannot be made.
    """
    if vector_type(published.chunks.schema) != tables.vectors:
        tables.chunks.restore(published.chunks.version)
