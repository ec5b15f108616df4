"""How vectors are read in a folder and in an object store, which decides where an index pays.

In a folder the system keeps what was read once, and an exact search takes milliseconds. From an
object store it reads all vectors each time, while the partitions of an index stay in the memory of
who has read them. There a request takes longer than the bytes that it brings: a partition takes two
of them, and the exact vectors by which a quantized index refines its results dozens each time.
Measured in BENCHMARKS.md.
"""

from dataclasses import dataclass
from math import sqrt

from vouch.index.vectors.vector_index import Kind
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.location import Location

# In the order in which they are tried; the first that is cheap enough is taken. A graph (HNSW)
# takes 20 times as long to build and had less recall; product quantization had a recall of a tenth
# (BENCHMARKS.md). Results of quantized indexes are refined by the exact vectors, as many times as
# the number says.
_KINDS: tuple[tuple[Kind, int], ...] = (("IVF_FLAT", 0), ("IVF_SQ", 1), ("IVF_RQ", 2))
_BYTES_A_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Access:
    """What is tried for vectors that are read in this way.

    Attributes:
        from_rows: Number of rows from which an index pays, unless the settings say another.
        partition_bytes: Vectors of a partition take at least so many bytes.
        kinds: Kinds of index, and the factor by which their results are refined.
    """

    from_rows: int
    partition_bytes: int
    kinds: tuple[tuple[Kind, int], ...]

    @classmethod
    def of(cls, location: Location) -> "Access":
        """Return how vectors of an index in this place are read."""
        return _FOLDER if location.is_local else _OBJECT_STORE

    def is_due(self, rows: int, settings: IndexSettings) -> bool:
        """Return whether so many rows are to have an index."""
        from_rows = settings.vector_index_from_rows
        return rows >= (self.from_rows if from_rows is None else from_rows)

    def partitions(self, rows: int, dimension: int) -> int:
        """Return into how many partitions so many vectors of this length are to be cut."""
        most = rows * dimension * _BYTES_A_NUMBER // self.partition_bytes
        return max(2, min(round(sqrt(rows)), most))


_FOLDER = Access(20_000, 1, _KINDS)
_OBJECT_STORE = Access(5_000, 6 << 20, _KINDS[:1])
