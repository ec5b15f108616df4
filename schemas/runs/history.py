"""The index's history: a chunk's origin, and the changes between two published states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vouch.schemas.runs.record import RunRecord


@dataclass(frozen=True, slots=True)
class ChunkOrigin:
    """Where a published chunk comes from.

    `chunk` is its row, `lineage` the rows of the documents that contain it (the outermost file
    first), followed by the records of the runs that published the chunk and its document.
    """

    chunk: Mapping[str, Any]
    lineage: tuple[Mapping[str, Any], ...]
    chunk_run: RunRecord
    document_run: RunRecord


@dataclass(frozen=True, slots=True)
class Difference:
    """One document that differs between two published states.

    `change` is added, removed, changed, renamed, reprocessed, or its new status (quarantined, …).
    """

    change: str
    source: str
    uri: str
    why: str


@dataclass(frozen=True, slots=True)
class Diff:
    """The changes from one run's state to another's.

    `chunks_kept` counts the chunks that are in both states under the same id.
    """

    before: str
    after: str
    documents: tuple[Difference, ...]
    chunks_added: int
    chunks_removed: int
    chunks_kept: int
