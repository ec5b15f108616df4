"""Find near duplicates by MinHash, with signatures short enough to be stored with each chunk.

Of each of 64 hashes the lowest byte is kept (b-bit minwise hashing, Li and König, 2010), so that a
chunk's signature has 64 bytes, and the share of equal bytes says how similar two texts are. rensa
computes them ten times as fast as datasketch.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from vouch.validators.row_parts import Rows, part_count, parts_by, parts_of

SIZE = 64
"""Bytes of a signature."""
_SHINGLE = 3  # words
_MIN_WORDS = 12  # shorter texts are similar by chance
_BAND = 4  # bytes that must be equal before two texts are compared
_RANGE_BITS = 4
_SEED = 1
_PAIRS = {"left": pl.UInt32, "right": pl.UInt32, "similarity": pl.Float64}

_Places: TypeAlias = npt.NDArray[np.int64]
_Estimates: TypeAlias = npt.NDArray[np.float64]


def signatures(texts: Sequence[str]) -> list[bytes | None]:
    """Return each text's signature of 64 bytes; None for a text of fewer than a dozen words."""
    return [_signature(text.lower().split()) for text in texts]


def _signature(words: list[str]) -> bytes | None:
    if len(words) < _MIN_WORDS:
        return None
    from rensa import RMinHash

    minhash = RMinHash(num_perm=SIZE, seed=_SEED)
    minhash.update([" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)])
    return np.array(minhash.digest(), dtype=np.uint32).astype(np.uint8).tobytes()


def near_duplicates(chunks: Rows, similarity: float, folder: Path | None = None) -> pl.DataFrame:
    """Return pairs of similar chunks of different documents, without equal texts.

    `chunks` has document_id, text_sha256 and minhash (null: not compared). The result has `left`
    and `right` (row numbers in `chunks`) and `similarity`, the estimated Jaccard similarity of the
    texts' word triples, at least the one given. Of many similar chunks, each is paired with the
    first of its band only, so that the number of pairs stays linear. The signatures are kept in
    files below `folder` meanwhile.
    """
    compared = _first_of_each_text(chunks)
    if len(compared) < 2:
        return pl.DataFrame(schema=_PAIRS)
    with tempfile.TemporaryDirectory(dir=folder) as files:
        kept = list(_SignatureFiles(chunks, compared, Path(files)).pairs(similarity))
    left, right, estimates = (np.concatenate(part) for part in zip(*kept, strict=True))
    columns = {"left": compared[left], "right": compared[right], "similarity": estimates}
    pairs = pl.DataFrame(columns, schema=_PAIRS)
    return pairs.unique(("left", "right")).sort("left", "right")


def _first_of_each_text(chunks: Rows) -> npt.NDArray[np.int64]:
    """Return the numbers of the rows with a signature, of equal texts only the first one."""
    numbered = chunks.lazy().select("text_sha256", has=pl.col("minhash").is_not_null())
    numbered = numbered.with_row_index("row")
    rows = [
        part.filter("has").unique("text_sha256", keep="first", maintain_order=True)["row"]
        for part in parts_by(numbered, "text_sha256", numbered.collect_schema().names(),
                             part_count(chunks))
    ]  # fmt: skip
    return np.sort(pl.concat(rows).to_numpy().astype(np.int64))


class _SignatureFiles:
    """The signatures of the rows that are compared, a file for each band, and their documents."""

    def __init__(self, chunks: Rows, compared: npt.NDArray[np.int64], folder: Path) -> None:
        self._files = [folder / f"band-{at}" for at in range(0, SIZE, _BAND)]
        self._documents = folder / "documents"
        first = 0
        for part in parts_of(chunks, ("document_id", "minhash")):
            begin, end = np.searchsorted(compared, [first, first + part.height])
            rows = part[compared[begin:end] - first]
            hashes = np.frombuffer(b"".join(rows["minhash"].to_list()), dtype=np.uint8)
            hashes = hashes.reshape(-1, SIZE)
            for number, file in enumerate(self._files):
                band = hashes[:, number * _BAND : (number + 1) * _BAND]
                _append(file, np.ascontiguousarray(band))
            _append(self._documents, rows["document_id"].hash().to_numpy())
            first += part.height

    def pairs(self, similarity: float) -> Iterator[tuple[_Places, _Places, _Estimates]]:
        """Yield, band by band, places of similar rows and their similarities."""
        for file in self._files:
            left, right = _with_first_of_band(_read(file))
            equal = np.zeros(len(left), dtype=np.int64)
            for file_of_band in self._files if len(left) else ():
                keys = _read(file_of_band)
                equal += ((keys[left] ^ keys[right]).view(np.uint8).reshape(-1, _BAND) == 0).sum(
                    axis=1
                )
            # Bytes of unrelated texts are equal once in 256, which is taken off.
            estimate = (equal / SIZE - 1 / 256) / (1 - 1 / 256)
            documents = np.fromfile(self._documents, dtype=np.uint64)
            kept = (estimate >= similarity) & (documents[left] != documents[right])
            yield left[kept], right[kept], estimate[kept]


def _append(file: Path, values: npt.NDArray[Any]) -> None:
    with file.open("ab") as opened:
        values.tofile(opened)


def _read(file: Path) -> npt.NDArray[np.uint32]:
    return np.fromfile(file, dtype=np.uint32)


def _with_first_of_band(keys: npt.NDArray[np.uint32]) -> tuple[_Places, _Places]:
    """Return each row whose key another row before it has, with the first one that has it."""
    left, right = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    shift = np.uint32(32 - _RANGE_BITS)
    # Sorted range by range, which takes a part of the memory.
    for number in range(1 << _RANGE_BITS):
        places = np.flatnonzero(keys >> shift == number)
        order = places[np.argsort(keys[places], kind="stable")]
        ordered = keys[order]
        is_first = np.ones(len(ordered), dtype=bool)
        is_first[1:] = ordered[1:] != ordered[:-1]
        starts, followers = np.flatnonzero(is_first), np.flatnonzero(~is_first)
        leaders = starts[np.searchsorted(starts, followers, "right") - 1]
        left.append(order[leaders])
        right.append(order[followers])
    return np.concatenate(left), np.concatenate(right)


def repeated_over_documents(chunks: Rows, documents: int) -> pl.DataFrame:
    """Return the texts of at least so many documents, the most frequent first.

    The columns are text_sha256, documents and chunks (their numbers), and the id of one document.
    """
    columns = ("text_sha256", "document_id")
    repeated = [
        part.group_by("text_sha256")
        .agg(
            documents=pl.col("document_id").n_unique(),
            chunks=pl.len(),
            document_id=pl.col("document_id").min(),
        )
        .filter(pl.col("documents") >= documents)
        for part in parts_by(chunks, "text_sha256", columns, part_count(chunks))
    ]
    return pl.concat(repeated).sort(["chunks", "text_sha256"], descending=[True, False])
