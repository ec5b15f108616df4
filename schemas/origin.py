"""Where a chunk comes from, as the index tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vouch.schemas.run import RunRecord


@dataclass(frozen=True, slots=True)
class Origin:
    """A chunk's row; those of the documents that it came in, the outermost file first; the runs that made both."""

    chunk: Mapping[str, Any]
    lineage: tuple[Mapping[str, Any], ...]
    chunk_run: RunRecord
    document_run: RunRecord
