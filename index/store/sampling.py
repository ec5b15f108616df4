"""Samples of published and staged chunks: bounded, and the same every time for the same state."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vouch.embedders.base import Vectors
from vouch.index.store.staging import Staging
from vouch.index.store.stored_vectors import matrix, sound_vectors
from vouch.index.store.tables import Tables, frames, is_in
from vouch.validators.row_parts import Rows, collect

_COLUMNS = ("chunk_id", "document_id", "text", "embedded_text", "token_count", "vector")


@dataclass(frozen=True, slots=True)
class Sample:
    """Chunks of some documents, in order of their ids.

    `texts` is what is cited and `inputs` what was embedded; `vectors` has the shape
    (chunks, dimension), and `means`, the documents' mean vectors, (documents, dimension). `owners`
    are the ids of the texts' documents, `documents` those of the means.
    """

    texts: list[str] = field(repr=False)
    inputs: list[str] = field(repr=False)
    tokens: list[int] = field(repr=False)
    vectors: Vectors = field(repr=False)
    means: npt.NDArray[np.float32] = field(repr=False)
    owners: list[str] = field(repr=False)
    documents: list[str] = field(repr=False)


_EMPTY = Sample([], [], [], np.empty((0, 0), np.float32), np.empty((0, 0), np.float32), [], [])


def lowest_document_ids(documents: Rows, most: int) -> list[str]:
    """Return the lowest ids of published documents that have chunks, at most `most`.

    Document ids are hashes, so the lowest ones are a random sample of the documents.
    """
    eligible = documents.lazy().filter(
        (pl.col("status") == "published") & (pl.col("chunk_count") > 0)
    )
    lowest = collect(eligible.select("document_id").sort("document_id").head(most))
    return lowest["document_id"].to_list()


def lowest_published_ids(tables: Tables, most: int) -> list[str]:
    """Return the lowest ids of the index's documents, as `lowest_document_ids` does."""
    columns = ("document_id", "status", "chunk_count")
    lowest: list[str] = []
    for part in frames(tables.documents, {name: name for name in columns}):
        lowest = sorted(lowest + lowest_document_ids(part, most))[:most]
    return lowest


def published_sample(tables: Tables, documents: Sequence[str]) -> Sample:
    """Return the published chunks of these documents, except those with a damaged vector."""
    if not documents:
        return _EMPTY
    columns = [name for name in (*_COLUMNS, "vector_sha256") if name in tables.chunks.schema.names]
    # Two queries, as in a single one the store reads the texts and vectors of every row.
    query: Any = tables.chunks.search().where(is_in("document_id", documents))
    row_ids = query.select(["chunk_id"]).with_row_id(True).to_arrow().column("_rowid").to_pylist()
    if not row_ids:
        return _EMPTY
    taken: Any = tables.chunks.take_row_ids(row_ids)
    table = taken.select(columns).to_arrow()
    if "vector_sha256" in columns:
        table = table.filter(sound_vectors(table))
    return _sample(table, documents)


def staged_sample(staging: Staging, documents: Sequence[str]) -> Sample:
    """Return the staged chunks of these documents."""
    ids = pa.array(documents, pa.string())
    parts = []
    for batch in staging.batches("chunks"):
        matching = batch.filter(pc.is_in(batch.column("document_id"), value_set=ids))
        if matching.num_rows:
            parts.append(matching.select(list(_COLUMNS)))
    return _sample(pa.Table.from_batches(parts), documents) if parts else _EMPTY


def concat_samples(first: Sample, second: Sample) -> Sample:
    """Return one sample of the chunks of both."""
    if not first.texts or not second.texts:
        return first if first.texts else second
    return Sample(
        first.texts + second.texts,
        first.inputs + second.inputs,
        first.tokens + second.tokens,
        np.concatenate([first.vectors, second.vectors]),
        np.concatenate([first.means, second.means]),
        first.owners + second.owners,
        first.documents + second.documents,
    )


def _sample(table: pa.Table, documents: Sequence[str]) -> Sample:
    if not table.num_rows:
        return _EMPTY
    table = table.sort_by("chunk_id")
    vectors = matrix(table.column("vector"))
    texts = table.column("text").to_pylist()
    inputs = [
        text if embedded is None else embedded
        for text, embedded in zip(texts, table.column("embedded_text").to_pylist(), strict=True)
    ]
    position = {identity: number for number, identity in enumerate(documents)}
    ids = table.column("document_id").to_pylist()
    owners = np.array([position[identity] for identity in ids])
    sums = np.zeros((len(documents), vectors.shape[1]), dtype=np.float64)
    # Unlike `sums[owners] += vectors`, this adds every row of an owner that occurs several times.
    np.add.at(sums, owners, vectors)
    counts = np.bincount(owners, minlength=len(documents))
    present = counts > 0
    means = (sums[present] / counts[present, None]).astype(np.float32)
    averaged = [identity for identity in documents if present[position[identity]]]
    tokens = table.column("token_count").to_pylist()
    return Sample(texts, inputs, tokens, vectors, means, ids, averaged)
