"""An index of very many documents, made without a run: sparse files, and rows about them.

The rows have the columns, lengths and shares of repeated texts of a real index, and random ids.
Their texts say nothing and their vectors have eight numbers: this measures memory and time, not
quality.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.tiny_model import make_tiny_model
from vouch.embedders.embedder import Embedder
from vouch.embedders.models import find_model
from vouch.index.publishing.publish import publish_present
from vouch.index.publishing.search_indexes import create_key_index, create_text_indexes
from vouch.index.store.checksums import record_checksums
from vouch.index.store.generations import record_generation
from vouch.index.store.stored_vectors import matrix
from vouch.index.store.tables import Tables
from vouch.parsers.registry import parse_fingerprint, parser_of
from vouch.pipeline.context.fingerprints import fingerprints
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.operations.operation_record import new_record
from vouch.schemas.documents.arrow import DOCUMENTS, chunks_schema
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import Fingerprints, SourceItem
from vouch.sources.registry import open_source

DIMENSION = 8
CHUNKS_PER_DOCUMENT = 3
_PER_FOLDER = 1_000
_FILE_BYTES = 2_000
_BATCH = 20_000  # documents that are written at a time
_EMBEDDED = 64  # documents with the lowest ids, of which a run embeds some again
_REPEATED = 0.02  # of the chunks have a text of one of the hundred that come again and again
_WORDS = np.array([f"{first}{second}ing" for first in "bcdfgklmnprst" for second in "aeiouy"])
_SETTINGS = """\
sources:
  - name: corpus
    path: docs
    list_timeout_s: 3600
embedding:
  model: model
"""


def make(folder: Path, documents: int) -> Path:
    """Make files, settings, model and index below `folder`; return the path of the settings."""
    folder.mkdir(parents=True)
    _make_files(folder / "docs", documents)
    make_tiny_model(folder / "model", DIMENSION)
    settings = folder / "vouch.yaml"
    settings.write_text(_SETTINGS, "utf-8")
    _make_index(read_settings(settings))
    return settings


def change(settings: Path, every: int) -> int:
    """Write a text into each so many-th file; return how many there are."""
    files = sorted((settings.parent / "docs").rglob("*.md"))[::every]
    random = np.random.default_rng(len(files))
    for file in files:
        sections = (f"## Part {number}\n\n{_sentence(random, 90)}." for number in range(3))
        file.write_text(f"# About {file.stem}\n\n" + "\n\n".join(sections) + "\n", "utf-8")
    return len(files)


def _sentence(random: np.random.Generator, words: int) -> str:
    return " ".join(random.choice(_WORDS, words))


def _make_files(folder: Path, documents: int) -> None:
    """Make files that take no blocks: their content is never read."""
    for number in range(documents):
        place = folder / f"{number // _PER_FOLDER:05}"
        if number % _PER_FOLDER == 0:
            place.mkdir(parents=True)
        with (place / f"document-{number:08}.md").open("wb") as file:
            file.truncate(_FILE_BYTES)


def _make_index(file: SettingsFile) -> None:
    card = find_model(file.settings.embedding, file.folder)
    folder = file.folder / file.settings.index.path
    tables = Tables.create(folder, card.dimension)
    now = fingerprints(file.settings, card, card.fingerprint)
    record = new_record(file, "ingest", "synthetic")
    embedder = Embedder(card)
    record_generation(tables, card, embedder.probes(), record.run_id)
    items = open_source(file.settings.sources[0], file.folder).list().items
    ids = [document_id(item.source, item.uri) for item in items]
    rows = _Rows(now, record.run_id, record.started_at)
    embedded = frozenset(sorted(ids)[:_EMBEDDED])
    for first in range(0, len(items), _BATCH):
        part = slice(first, first + _BATCH)
        tables.documents.add(rows.documents(items[part], ids[part]))
        chunks = rows.chunks(items[part], ids[part])
        tables.chunks.add(_embed(chunks, embedded, embedder))
    create_text_indexes(tables.chunks)
    create_key_index(tables.documents)
    publish_present(tables.latest(), record, file.settings)
    record_checksums(folder)


def _embed(chunks: pa.Table, documents: frozenset[str], embedder: Embedder) -> pa.Table:
    """Give the chunks of these documents the model's vectors, which a run verifies."""
    owners = chunks.column("document_id").to_pylist()
    places = [row for row, owner in enumerate(owners) if owner in documents]
    if not places:
        return chunks
    vectors = matrix(chunks.column("vector")).copy()
    texts = chunks.column("text").take(places).to_pylist()
    tokens = chunks.column("token_count").take(places).to_pylist()
    vectors[places] = embedder.embed_documents(texts, tokens).vectors
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), DIMENSION)
    field = chunks.schema.field("vector")
    return chunks.set_column(chunks.schema.get_field_index("vector"), field, column)


class _Rows:
    """Makes rows of the tables as a run with these fingerprints would have published them."""

    def __init__(self, now: Fingerprints, run_id: str, at: Any) -> None:  # noqa: ANN401 - a time
        parser = parser_of("text/markdown", {})
        self._now, self._at = now, at
        self._shared = {
            "parser": parser,
            "parse_fingerprint": parse_fingerprint(str(parser), now.conditions),
            "chunk_fingerprint": now.chunk,
            "embedding_fingerprint": now.embedding,
            "run_id": run_id,
            "ingested_at": at,
        }
        self._random = np.random.default_rng(1)

    def documents(self, items: Sequence[SourceItem], ids: Sequence[str]) -> pa.Table:
        """Return a row for each item."""
        texts = [f"{item.uri} is what this document is called." for item in items]
        columns = {
            "document_id": ids,
            "source": [item.source for item in items],
            "uri": [item.uri for item in items],
            "media_type": ["text/markdown"] * len(items),
            "status": ["published"] * len(items),
            "content_sha256": [_digest(identity) for identity in ids],
            "size": [item.size for item in items],
            "etag": [item.etag for item in items],
            "source_modified_at": [item.modified for item in items],
            "title": [f"About {item.uri}" for item in items],
            "language": ["en"] * len(items),
            "canonical_text": texts,
            "canonical_sha256": [_digest(text) for text in texts],
            "char_count": (500 + self._random.gamma(2, 2_000, len(items))).astype(int).tolist(),
            "read_chars": [6_000] * len(items),
            "left_out_chars": self._random.integers(0, 300, len(items)).tolist(),
            "chunk_count": [CHUNKS_PER_DOCUMENT] * len(items),
            "check_fingerprint": [self._now.checked(items[0].source)] * len(items),
            "first_run_id": [self._shared["run_id"]] * len(items),
            "metadata": [
                [{"key": "author", "value": "somebody"}, {"key": "created", "value": "2026-01-02"}]
            ]
            * len(items),
        }
        return self._table(columns, DOCUMENTS)

    def chunks(self, items: Sequence[SourceItem], ids: Sequence[str]) -> pa.Table:
        """Return the rows of the documents' chunks."""
        count = len(items) * CHUNKS_PER_DOCUMENT
        owners = [at for at in range(len(items)) for _ in range(CHUNKS_PER_DOCUMENT)]
        keys = [f"{ids[at]} {number}" for number, at in enumerate(owners)]
        is_repeated = self._random.random(count) < _REPEATED
        common = self._random.integers(0, 100, count)
        texts = [
            f"text {common[row]}" if is_repeated[row] else f"text of {key}"
            for row, key in enumerate(keys)
        ]
        minhashes = self._random.integers(0, 256, (count, 64), dtype=np.uint8)
        vectors = self._random.standard_normal((count, DIMENSION)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        hashes = [_digest(text) for text in texts]
        columns = {
            "chunk_id": [_digest(key)[:32] for key in keys],
            "document_id": [ids[at] for at in owners],
            "source": [items[at].source for at in owners],
            "uri": [items[at].uri for at in owners],
            "title": [f"About {items[at].uri}" for at in owners],
            "text": texts,
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), DIMENSION),
            "heading_path": [["About", "Part"]] * count,
            "element_types": [["paragraph"]] * count,
            "language": self._random.choice(["en", "en", "en", "de", "fr"], count).tolist(),
            "char_start": [0] * count,
            "char_end": [len(text) for text in texts],
            "chunk_index": [number % CHUNKS_PER_DOCUMENT for number in range(count)],
            "token_count": self._random.integers(20, 250, count).tolist(),
            "text_sha256": hashes,
            "embedded_sha256": hashes,
            "content_sha256": [_digest(ids[at]) for at in owners],
            "flags": [[]] * count,
            "minhash": [row.tobytes() for row in minhashes],
            "metadata": [[]] * count,
        }
        return self._table(columns, chunks_schema(DIMENSION))

    def _table(self, columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
        """Return a table of the schema; columns that are not given are null."""
        rows = len(columns["document_id"])
        columns |= {
            name: [value] * rows for name, value in self._shared.items() if name in schema.names
        }
        arrays = [
            pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(rows, field.type)
            for field in schema
        ]
        return pa.table(arrays, schema)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
