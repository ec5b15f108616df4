"""What a shadow takes before it is begun: tokens, money and room on the disk."""

import shutil
from dataclasses import dataclass

import numpy as np

from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.cost_estimate import Estimate
from vouch.reports.formatting import byte_size
from vouch.schemas.errors import StorageError

_STAGED_BYTES = 4  # of a number of a vector: shards are always of float32
_MARGIN = 1.1  # of what is free: the estimate is one of chunks that nobody has cut yet


@dataclass(frozen=True, slots=True)
class Needs:
    """What it takes to make a shadow, or to bring one up to date.

    Attributes:
        estimate: Its documents, chunks, tokens and cost; an upper one, because texts that occur
            twice are embedded once.
        stays: Bytes of its chunks and their indexes.
        passes: Bytes of staged shards, which are removed when it is made.
        free: Bytes that are free where it will lie; None where nobody can know, as in a bucket.
    """

    estimate: Estimate
    stays: int
    passes: int
    free: int | None

    @property
    def bytes(self) -> int:
        """What it takes while it is made."""
        return self.stays + self.passes

    @property
    def fits(self) -> bool:
        return self.free is None or self.free > self.bytes * _MARGIN

    def __str__(self) -> str:
        counted, free = self.estimate, "unknown" if self.free is None else byte_size(self.free)
        cost = f", about {counted.shown_cost}" if counted.shown_cost else ""
        return (
            f"{counted.documents:,} documents, about {counted.chunks:,} chunks and "
            f"{counted.tokens:,} tokens to embed{cost}, about {counted.minutes:,.0f} minutes. "
            f"Disk: about {byte_size(self.stays)}, and {byte_size(self.passes)} more while it is "
            f"made; free: {free}"
        )

    def refuse_lack_of_room(self, purpose: str) -> None:
        """Raise `StorageError` where there is not enough room for its purpose."""
        if not self.fits:
            raise StorageError(
                f"there is not enough room for {purpose}: {self}. Nothing was embedded; free some "
                "room, or name another place as index.path"
            )


def needs(file: SettingsFile, tables: Tables, expected: Estimate, dimension: int) -> Needs:
    """Return what it takes to make the `expected` chunks with vectors of this length."""
    published = tables.chunks.count_rows()
    if not published or not expected.documents:
        return Needs(expected, 0, 0, free_bytes(file))
    stats: dict[str, int] = dict(tables.chunks.stats())  # type: ignore[call-overload]
    stored_bytes = np.dtype(tables.vectors).itemsize
    of_a_chunk = max(0.0, stats["total_bytes"] / published - tables.dimension * stored_bytes)
    indexes = sum(file.size for file in (tables.location / "chunks.lance" / "_indices").files())
    staged = expected.chunks * (of_a_chunk + dimension * _STAGED_BYTES)
    stays = expected.chunks * (of_a_chunk + dimension * stored_bytes + indexes / published)
    return Needs(expected, round(stays), round(staged), free_bytes(file))


def free_bytes(file: SettingsFile) -> int | None:
    """Return how many bytes are free where the index lies; None for a bucket."""
    place = file.index_location
    return shutil.disk_usage(place.local_path).free if place.is_local else None
