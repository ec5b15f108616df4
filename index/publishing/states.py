"""The states that an audit compares: the published one, and the one that publishing would make.

Their rows lie in files of this machine, whatever the index lies in: each is read from the index
once, and from the files as often as the checks need, a part at a time.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, frames, in_parts
from vouch.schemas.documents.arrow import DOCUMENTS
from vouch.validators.quarantine import IN_QUARANTINE, PUBLISHED_UNTIL_NOW, is_stopped
from vouch.validators.row_parts import Rows, collect

_NOT_AUDITED = ("canonical_text", "structure", "fields")  # `metadata` has the keys and texts
_DOCUMENTS = tuple(name for name in DOCUMENTS.names if name not in _NOT_AUDITED)
_CHUNKS = (
    "chunk_id", "document_id", "source", "language", "token_count", "text_sha256",
    "embedding_fingerprint", "chunk_fingerprint", "flags", "minhash",
)  # fmt: skip
_ROW_GROUP = 50_000  # rows; a reader holds a few groups

HEADING_DEPTH_SQL = "CAST(coalesce(array_length(heading_path), 0) AS INT UNSIGNED)"


@dataclass(frozen=True, slots=True)
class State:
    """The rows of one state of the index.

    Attributes:
        documents: All columns except the texts, and `fields`, which an older state may lack.
        chunks: Columns that the audit needs, without texts and vectors, and `heading_depth`, the
            number of headings above a chunk.
    """

    documents: Rows
    chunks: Rows

    def of(self, source: str) -> "State":
        """Return the part of one source."""
        return State(
            self.documents.filter(pl.col("source") == source),
            self.chunks.filter(pl.col("source") == source),
        )


@dataclass(frozen=True, slots=True)
class Candidate(State):
    """The state after publishing, the published state `before`, and what the run adds to it.

    `folder` has the files, and is for those that the checks make.
    """

    before: State
    arrivals: State
    folder: Path | None = None

    def remove_files(self) -> None:
        """Remove the files: nothing can be read afterwards."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def candidate(
    tables: Tables,
    staging: Staging,
    replaced: list[str],
    removed: list[str],
    processed: set[str],
    folder: Path,
) -> Candidate:
    """Return the published rows less those replaced and removed, plus the staged ones.

    Args:
        tables: The published tables.
        staging: The run's shards.
        replaced: Documents whose chunks are replaced by the staged ones.
        removed: Documents that are removed.
        processed: Documents that the run has parsed; of the staged ones only these are arrivals.
        folder: Where the rows are written.
    """
    ids = staging.frame("documents", ("document_id",))["document_id"].to_list()
    documents = _marked(
        frames(tables.documents, {name: name for name in _DOCUMENTS}), [*ids, *removed]
    )
    chunk_columns = {name: name for name in _CHUNKS} | {"heading_depth": HEADING_DEPTH_SQL}
    chunks = _marked(frames(tables.chunks, chunk_columns), [*replaced, *removed])
    added = map(with_heading_depth, staging.frames("chunks", (*_CHUNKS, "heading_path")))
    published = State(
        _written(folder / "documents.parquet", documents),
        _written(folder / "chunks.parquet", chunks),
    )
    staged = State(
        _written(folder / "staged_documents.parquet", staging.frames("documents", _DOCUMENTS)),
        _written(folder / "staged_chunks.parquet", added),
    )
    # Staged rows also include documents of which only the status or the time has changed.
    arrived = staged.documents.filter(
        pl.col("document_id").is_in(pl.Series(list(processed), dtype=pl.String).implode())
    )
    audited = Candidate(
        _kept(published.documents, staged.documents),
        _kept(published.chunks, staged.chunks),
        State(*(rows.drop("is_kept") for rows in (published.documents, published.chunks))),
        State(arrived, staged.chunks),
        folder,
    )
    return _with_losses(audited)


def published_candidate(
    before: Tables | None, after: Tables, run_id: str, folder: Path
) -> Candidate:
    """Return what a run has published as the candidate that it was.

    Args:
        before: The tables as they were before; None where nothing was published.
        after: The tables as the run published them.
        run_id: The run.
        folder: Where the rows are written.
    """
    state = _read(after, folder, "after")
    arrived = state.documents.lazy().filter(pl.col("run_id") == run_id)
    chunks = state.chunks.lazy().join(arrived.select("document_id"), on="document_id", how="semi")
    earlier = (
        _read(before, folder, "before")
        if before
        else State(
            state.documents.filter(pl.lit(value=False)), state.chunks.filter(pl.lit(value=False))
        )
    )
    arrivals = State(arrived, chunks)
    return _with_losses(Candidate(state.documents, state.chunks, earlier, arrivals, folder))


def _with_losses(audited: Candidate) -> Candidate:
    """Mark what a contract or the policy stops and readers have: see `PUBLISHED_UNTIL_NOW`."""
    published = audited.before.documents.lazy().filter(pl.col("status") == "published")
    stopped = audited.arrivals.documents.lazy().filter(is_stopped()).select("document_id")
    lost = collect(stopped.join(published.select("document_id"), on="document_id", how="semi"))
    if not lost.height:
        return audited
    marked = pl.col("reason") + PUBLISHED_UNTIL_NOW
    is_lost = IN_QUARANTINE & pl.col("document_id").is_in(lost["document_id"].implode())
    reason = pl.when(is_lost).then(marked).otherwise("reason")
    arrivals = audited.arrivals
    return replace(
        audited,
        documents=audited.documents.with_columns(reason=reason),
        arrivals=State(arrivals.documents.with_columns(reason=reason), arrivals.chunks),
    )


def _read(tables: Tables, folder: Path, name: str) -> State:
    columns = {name: name for name in _CHUNKS} | {"heading_depth": HEADING_DEPTH_SQL}
    documents = frames(tables.documents, {name: name for name in _DOCUMENTS})
    return State(
        _written(folder / f"{name}_documents.parquet", documents),
        _written(folder / f"{name}_chunks.parquet", frames(tables.chunks, columns)),
    )


def with_heading_depth(part: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `heading_depth` in place of `heading_path`.

    Applied shard by shard, so that the headings of all chunks are never in memory together.
    """
    depth = pl.col("heading_path").list.len().alias("heading_depth")
    return part.with_columns(depth).drop("heading_path")


def _marked(parts: Iterable[pl.DataFrame], gone: list[str]) -> Iterator[pl.DataFrame]:
    """Yield the parts with `is_kept`: whether a row stays when the run is published."""
    is_kept = ~_is_one_of(gone)
    for part in parts:
        yield part.with_columns(is_kept=is_kept)


def _is_one_of(documents: Iterable[str]) -> pl.Expr:
    return pl.col("document_id").is_in(pl.Series(list(documents), dtype=pl.String).implode())


def _written(file: Path, parts: Iterable[pl.DataFrame]) -> pl.LazyFrame:
    """Write rows into a file, and return them as they are read from it."""
    tables = (part.to_arrow() for part in in_parts(parts, _ROW_GROUP))
    first = next(tables)
    with pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
    return pl.scan_parquet(file)


def _kept(published: Rows, staged: Rows) -> pl.LazyFrame:
    return pl.concat([published.lazy().filter("is_kept").drop("is_kept"), staged.lazy()])
