"""Limits of what is unpacked from one file, the same for every kind of container."""

import io
from typing import Protocol

from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

MAX_UNPACKED_MB = 512
MAX_RATIO = 200
# Small genuine files reach high ratios: an empty styled sheet repeats the same line over and over.
RATIO_FROM_MB = 16
MAX_MEMBERS = 100_000
MEGABYTE = 1_000_000


class Unpacking:
    """Counts what a container of `packed` bytes gives, before or while it is unpacked.

    `kind` names the container in messages. Counting raises `DocumentRejected` (unsafe) past a
    limit, so that a bomb costs no more memory than the limit.
    """

    def __init__(
        self,
        packed: int,
        kind: str,
        *,
        max_unpacked_mb: int = MAX_UNPACKED_MB,
        max_ratio: int = MAX_RATIO,
    ) -> None:
        self._packed = max(packed, 1)
        self._kind = kind
        self._max_unpacked_mb = max_unpacked_mb
        self._max_ratio = max_ratio
        self._members = 0
        self._unpacked = 0

    def add_members(self, number: int) -> None:
        """Count further members."""
        self._members += number
        if self._members > MAX_MEMBERS:
            raise _unsafe(
                f"the {self._kind} has {self._members:,} members or more; at most "
                f"{MAX_MEMBERS:,} are read"
            )

    def add_bytes(self, size: int) -> None:
        """Count further unpacked bytes."""
        self._unpacked += size
        if self._unpacked > self._max_unpacked_mb * MEGABYTE:
            raise _unsafe(
                f"the {self._kind} would unpack to {self._unpacked / MEGABYTE:,.0f} MB or more; "
                f"at most {self._max_unpacked_mb} MB are unpacked"
            )
        ratio = self._unpacked // self._packed
        if self._unpacked > RATIO_FROM_MB * MEGABYTE and ratio >= self._max_ratio:
            raise _unsafe(
                f"the {self._kind} would grow by a factor of {ratio:,} or more, as a bomb does; "
                f"less than {self._max_ratio} is allowed"
            )


class Readable(Protocol):
    """What can be read a piece at a time, as the decompressors of the standard library."""

    def read(self, size: int, /) -> bytes: ...


class CountedStream(io.RawIOBase):
    """A decompressed stream of which every byte that is read is counted."""

    def __init__(self, stream: Readable, unpacking: Unpacking) -> None:
        super().__init__()
        self._stream = stream
        self._unpacking = unpacking

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes, by default all that are left."""
        if size is not None and size >= 0:
            try:
                # `read1` returns what there is before the place where a stream is cut off.
                piece = getattr(self._stream, "read1", self._stream.read)(size)
            except EOFError as error:
                # Readers of archives take this error for the end.
                raise OSError(str(error)) from None
            self._unpacking.add_bytes(len(piece))
            return bytes(piece)
        # Piece by piece: a bomb must be noticed before it fills the memory.
        pieces = []
        while piece := self.read(MEGABYTE):
            pieces.append(piece)
        return b"".join(pieces)


def _unsafe(message: str) -> DocumentRejected:
    return DocumentRejected(Reason.UNSAFE, message)
