"""Arrow schemas of the published tables.

The column names are a public interface: people query the tables with any LanceDB client.
"""

from collections.abc import Mapping

import pyarrow as pa

from vouch.schemas.settings.choices import VectorType

VECTOR_TYPES: Mapping[VectorType, pa.DataType] = {"float32": pa.float32(), "float16": pa.float16()}
_TIME = pa.timestamp("us", tz="UTC")
_METADATA = pa.list_(pa.struct([pa.field("key", pa.string()), pa.field("value", pa.string())]))
# The same with their types (`vouch.schemas.documents.values`); null in rows of before 0.13.0.
_FIELDS = pa.field("fields", pa.json_())


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def chunks_schema(dimension: int, vectors: VectorType = "float32") -> pa.Schema:
    """Return the schema of `chunks`, one row a chunk, for vectors of so many dimensions that are
    stored as this type.

    `vector` has unit length; `embedded_text` is null where it equals `text`.
    """
    return pa.schema(
        [
            _required("chunk_id", pa.string()),
            _required("document_id", pa.string()),
            _required("source", pa.string()),
            _required("uri", pa.string()),
            pa.field("title", pa.string()),
            _required("text", pa.string()),
            pa.field("embedded_text", pa.string()),
            _required("vector", pa.list_(VECTOR_TYPES[vectors], dimension)),
            _required("heading_path", pa.list_(pa.string())),
            _required("element_types", pa.list_(pa.string())),
            pa.field("language", pa.string()),
            _required("char_start", pa.int64()),
            _required("char_end", pa.int64()),
            pa.field("page_start", pa.int32()),
            pa.field("page_end", pa.int32()),
            # Where a chunk is part of a single table: its rows, counted from 1 below the header.
            pa.field("row_start", pa.int32()),
            pa.field("row_end", pa.int32()),
            # The position of the chunk in its document, from 0.
            pa.field("chunk_index", pa.int32()),
            _required("token_count", pa.int32()),
            _required("text_sha256", pa.string()),
            # The hash of the text that was embedded: texts with the same hash share a vector.
            _required("embedded_sha256", pa.string()),
            # Detects a vector that was damaged on disk; null in rows of the first versions.
            pa.field("vector_sha256", pa.string()),
            _required("content_sha256", pa.string()),
            _required("parser", pa.string()),
            _required("parse_fingerprint", pa.string()),
            _required("chunk_fingerprint", pa.string()),
            _required("embedding_fingerprint", pa.string()),
            _required("run_id", pa.string()),
            pa.field("source_modified_at", _TIME),
            _required("ingested_at", _TIME),
            _required("flags", pa.list_(pa.string())),
            # The signature by which vouch.validators.rows.near_duplicates finds near duplicates.
            pa.field("minhash", pa.binary()),
            _required("metadata", _METADATA),
            _FIELDS,
        ]
    )


DOCUMENTS = pa.schema(
    [
        _required("document_id", pa.string()),
        pa.field("parent_id", pa.string()),
        _required("source", pa.string()),
        _required("uri", pa.string()),
        pa.field("media_type", pa.string()),
        # published, quarantined or filtered; `reason` is null for published documents.
        _required("status", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("content_sha256", pa.string()),
        pa.field("size", pa.int64()),
        pa.field("etag", pa.string()),
        # By which a bucket with versions keeps the bytes that were read; null elsewhere.
        pa.field("source_version", pa.string()),
        pa.field("source_modified_at", _TIME),
        pa.field("title", pa.string()),
        pa.field("author", pa.string()),
        pa.field("language", pa.string()),
        pa.field("canonical_text", pa.string()),
        pa.field("canonical_sha256", pa.string()),
        # Elements, links and metadata (vouch.schemas.documents.codec), so that a document can be
        # chunked again without parsing it.
        pa.field("structure", pa.binary()),
        _required("char_count", pa.int64()),
        # Characters that its parser read, and those of them that are not searched; null where it
        # was parsed by a version until 0.8.0.
        pa.field("read_chars", pa.int64()),
        pa.field("left_out_chars", pa.int64()),
        _required("chunk_count", pa.int32()),
        pa.field("parser", pa.string()),
        pa.field("parse_fingerprint", pa.string()),
        pa.field("chunk_fingerprint", pa.string()),
        pa.field("embedding_fingerprint", pa.string()),
        # The contracts that the rows passed, so that changed rules check stored rows again.
        pa.field("check_fingerprint", pa.string()),
        # The former uri of a document whose file was renamed.
        pa.field("renamed_from", pa.string()),
        # Set for a document that is no longer listed: it stays searchable until then.
        pa.field("remove_after", _TIME),
        _required("first_run_id", pa.string()),
        _required("run_id", pa.string()),
        _required("ingested_at", _TIME),
        _required("metadata", _METADATA),
        _FIELDS,
    ]
)

QUARANTINE = pa.schema(
    [
        _required("quarantine_id", pa.string()),
        _required("document_id", pa.string()),
        _required("source", pa.string()),
        _required("uri", pa.string()),
        _required("stage", pa.string()),
        _required("reason", pa.string()),
        _required("message", pa.string()),
        # Set where a chunk of the document was rejected, not the whole document.
        pa.field("char_start", pa.int64()),
        pa.field("char_end", pa.int64()),
        # Likewise, where only this part of it could not be read: a chapter, a sheet, a line.
        pa.field("part", pa.string()),
        pa.field("excerpt", pa.string()),
        pa.field("content_sha256", pa.string()),
        pa.field("media_type", pa.string()),
        pa.field("parse_fingerprint", pa.string()),
        pa.field("chunk_fingerprint", pa.string()),
        pa.field("embedding_fingerprint", pa.string()),
        # The settings that decided the reject: when they change, the document is tried again.
        pa.field("rule_fingerprint", pa.string()),
        _required("attempts", pa.int32()),
        _required("first_run_id", pa.string()),
        _required("run_id", pa.string()),
        _required("quarantined_at", _TIME),
        pa.field("next_retry_at", _TIME),
        # True where the retry budget is used up and only `vouch replay` tries again.
        pa.field("parked", pa.bool_()),
    ]
)

_COUNTS = (
    "listed", "attached", "published", "unchanged", "filtered", "quarantined", "removed",
    "chunks_produced", "chunks_published", "chunks_quarantined", "chunks_unchanged",
    "chunks_removed",
    "vectors_computed", "vectors_reused",
)  # fmt: skip

RUNS = pa.schema(
    [
        _required("run_id", pa.string()),
        _required("kind", pa.string()),
        _required("status", pa.string()),
        pa.field("verdict", pa.string()),
        _required("started_at", _TIME),
        pa.field("ended_at", _TIME),
        _required("settings_sha256", pa.string()),
        _required("code_version", pa.string()),
        *[_required(name, pa.int64()) for name in _COUNTS],
        # The versions of the tables that the run published; readers open exactly these.
        pa.field("chunks_version", pa.int64()),
        pa.field("documents_version", pa.int64()),
        pa.field("quarantine_version", pa.int64()),
        pa.field("embedding_fingerprint", pa.string()),
        pa.field("tag", pa.string()),
        # Counts the runs of the index: their order, whatever the clock said when they started.
        pa.field("sequence", pa.int64()),
        # What a publication is about to do, written first: the next run completes it after a crash.
        pa.field("intent", pa.string()),
        pa.field("error", pa.string()),
        # The whole RunRecord as JSON.
        _required("record", pa.string()),
    ]
)

GENERATIONS = pa.schema(
    [
        _required("embedding_fingerprint", pa.string()),
        _required("settings", pa.string()),
        _required("dimension", pa.int32()),
        _required("weights_sha256", pa.string()),
        # A hash of each file of the model that decides vectors, as JSON; null until 0.7.0.
        pa.field("files", pa.string()),
        _required("probe", pa.list_(pa.float32())),
        # Of a service, the vectors of all probe texts; null for other models, and until 0.11.0.
        pa.field("probes", pa.list_(pa.list_(pa.float32()))),
        _required("run_id", pa.string()),
        _required("created_at", _TIME),
    ]
)
