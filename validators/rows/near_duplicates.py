"""Find near duplicates by MinHash, with signatures short enough to be stored with each chunk.

Of each of 64 hashes the lowest byte is kept (b-bit minwise hashing, Li and König, 2010), so that a
chunk's signature has 64 bytes, and the share of equal bytes says how similar two texts are. rensa
computes them ten times as fast as datasketch.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

SIZE = 64
"""Bytes of a signature."""
_SHINGLE = 3  # words
_MIN_WORDS = 12  # shorter texts are similar by chance
_BAND = 4  # bytes that must be equal before two texts are compared
_SEED = 1
_PAIRS = {"left": pl.UInt32, "right": pl.UInt32, "similarity": pl.Float64}

Signatures: TypeAlias = npt.NDArray[np.uint8]
"""Shape (texts, SIZE)."""


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


def near_duplicates(chunks: pl.DataFrame, similarity: float) -> pl.DataFrame:
    """Return pairs of similar chunks of different documents, without equal texts.

    `chunks` has document_id, text_sha256 and minhash (null: not compared). The result has `left`
    and `right` (row numbers in `chunks`) and `similarity`, the estimated Jaccard similarity of the
    texts' word triples, at least the one given. Of many similar chunks, each is paired with the
    first of its band only, so that the number of pairs stays linear.
    """
    rows = (
        chunks.with_row_index("row")
        .filter(pl.col("minhash").is_not_null())
        .unique("text_sha256", keep="first", maintain_order=True)
    )
    if rows.height < 2:
        return pl.DataFrame(schema=_PAIRS)
    hashes = np.frombuffer(b"".join(rows["minhash"].to_list()), dtype=np.uint8).reshape(-1, SIZE)
    pairs = _candidates(hashes)
    # Bytes of unrelated texts are equal once in 256, which is taken off.
    equal = (hashes[pairs[:, 0]] == hashes[pairs[:, 1]]).mean(axis=1)
    estimate = (equal - 1 / 256) / (1 - 1 / 256)
    numbers, documents = rows["row"].to_numpy(), rows["document_id"].to_numpy()
    is_other = documents[pairs[:, 0]] != documents[pairs[:, 1]]
    kept = (estimate >= similarity) & is_other
    columns = {
        "left": numbers[pairs[kept, 0]],
        "right": numbers[pairs[kept, 1]],
        "similarity": estimate[kept],
    }
    return pl.DataFrame(columns, schema=_PAIRS).sort("left", "right")


def _candidates(hashes: Signatures) -> npt.NDArray[np.int64]:
    """Return pairs, shape (n, 2), with a band in common: each row and the first one of its band."""
    pairs = []
    for band in range(0, SIZE, _BAND):
        keys = np.ascontiguousarray(hashes[:, band : band + _BAND]).view(np.uint32).ravel()
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        leader = first[inverse]
        followers = np.flatnonzero(leader != np.arange(len(keys)))
        pairs.append(np.stack([leader[followers], followers], axis=1))
    return np.unique(np.concatenate(pairs), axis=0)


def repeated_over_documents(chunks: pl.DataFrame, documents: int) -> pl.DataFrame:
    """Return the texts of at least so many documents, the most frequent first.

    The columns are text_sha256, documents and chunks (their numbers), and the id of one document.
    """
    return (
        chunks.group_by("text_sha256")
        .agg(
            documents=pl.col("document_id").n_unique(),
            chunks=pl.len(),
            document_id=pl.col("document_id").min(),
        )
        .filter(pl.col("documents") >= documents)
        .sort(["chunks", "text_sha256"], descending=[True, False])
    )
