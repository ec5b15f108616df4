"""Samples of what is published and of what is staged: bounded, and the same each time, whatever the size of the index."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vouch.embedders.model import Vectors
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, is_in, matrix, rows

_COLUMNS = ("chunk_id", "document_id", "text", "embedded_text", "token_count", "vector")


@dataclass(frozen=True, slots=True)
class Sample:
    """Chunks of some documents. `means`, shape (documents, dimension), are the documents' mean vectors."""

    texts: list[str] = field(repr=False)
    inputs: list[str] = field(repr=False)
    tokens: list[int] = field(repr=False)
    vectors: Vectors = field(repr=False)
    means: npt.NDArray[np.float32] = field(repr=False)


def lowest_document_ids(documents: pl.DataFrame, most: int) -> list[str]:
    """So many published documents with chunks: those of the lowest ids, which are hashes, so that it is a random sample."""
    wanted = documents.filter((pl.col("status") == "published") & (pl.col("chunk_count") > 0))
    return wanted["document_id"].sort().head(most).to_list()


def published_sample(tables: Tables, documents: Sequence[str]) -> Sample:
    """Of these documents, as they are published."""
    return (
        _sample(rows(tables.chunks, _COLUMNS, is_in("document_id", documents)), documents)
        if documents
        else _EMPTY
    )


def staged_sample(staging: Staging, documents: Sequence[str]) -> Sample:
    """Of these documents, as they are staged."""
    wanted = pa.array(documents, pa.string())
    parts = []
    for batch in staging.batches("chunks"):
        picked = batch.filter(pc.is_in(batch.column("document_id"), value_set=wanted))
        if picked.num_rows:
            parts.append(picked.select(list(_COLUMNS)))
    return _sample(pa.Table.from_batches(parts), documents) if parts else _EMPTY


_EMPTY = Sample([], [], [], np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))


def concat_samples(first: Sample, second: Sample) -> Sample:
    """Both together."""
    if not first.texts or not second.texts:
        return first if first.texts else second
    return Sample(
        first.texts + second.texts,
        first.inputs + second.inputs,
        first.tokens + second.tokens,
        np.concatenate([first.vectors, second.vectors]),
        np.concatenate([first.means, second.means]),
    )


def _sample(table: pa.Table, documents: Sequence[str]) -> Sample:
    if not table.num_rows:
        return _EMPTY
    table = table.sort_by("chunk_id")
    vectors = matrix(table.column("vector"))
    texts = table.column("text").to_pylist()
    given = table.column("embedded_text").to_pylist()
    inputs = [
        text if embedded is None else embedded for text, embedded in zip(texts, given, strict=True)
    ]
    place = {identity: number for number, identity in enumerate(documents)}
    owner = np.array([place[identity] for identity in table.column("document_id").to_pylist()])
    sums = np.zeros((len(documents), vectors.shape[1]), dtype=np.float64)
    np.add.at(sums, owner, vectors)
    counts = np.bincount(owner, minlength=len(documents))
    held = counts > 0
    means = (sums[held] / counts[held, None]).astype(np.float32)
    return Sample(texts, inputs, table.column("token_count").to_pylist(), vectors, means)
