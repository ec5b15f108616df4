"""Near duplicates by MinHash, with signatures so short that they are kept beside each chunk.

rensa makes them ten times as fast as datasketch. Of each of 64 hashes the lowest byte is kept (b-bit minwise hashing, Li and
König 2010), so a chunk's signature has 64 bytes, and equal bytes say how similar two texts are.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

SIZE = 64
"""Bytes of a signature."""
_SHINGLE = 3  # words
_MIN_WORDS = 12  # shorter texts are alike by chance
_BAND = 4  # bytes that must be equal for two texts to be held against each other
_SEED = 1

Signatures: TypeAlias = npt.NDArray[np.uint8]


def signatures(texts: Sequence[str]) -> list[bytes | None]:
    """Of 64 bytes each; None for a text of fewer than a dozen words."""
    return [_signature(text.lower().split()) for text in texts]


def _signature(words: list[str]) -> bytes | None:
    if len(words) < _MIN_WORDS:
        return None
    from rensa import RMinHash

    made = RMinHash(num_perm=SIZE, seed=_SEED)
    made.update([" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)])
    return np.array(made.digest(), dtype=np.uint32).astype(np.uint8).tobytes()


def near_duplicates(chunks: pl.DataFrame, similarity: float) -> pl.DataFrame:
    """Pairs of chunks of different documents that are at least so similar (Jaccard, of word triples), with unequal texts.

    `chunks` has document_id, text_sha256 and minhash (null: not compared). The pairs are `left`, `right` (row numbers) and
    `similarity`; of many alike, each is paired with the first of its band only.
    """
    rows = (
        chunks.with_row_index("row")
        .filter(pl.col("minhash").is_not_null())
        .unique("text_sha256", keep="first", maintain_order=True)
    )
    if rows.height < 2:
        return pl.DataFrame(
            schema={"left": pl.UInt32, "right": pl.UInt32, "similarity": pl.Float64}
        )
    held = np.frombuffer(b"".join(rows["minhash"].to_list()), dtype=np.uint8).reshape(-1, SIZE)
    pairs = _candidates(held)
    # Unrelated bytes are equal once in 256: what is above that is likeness.
    likeness = ((held[pairs[:, 0]] == held[pairs[:, 1]]).mean(axis=1) - 1 / 256) / (1 - 1 / 256)
    place, documents = rows["row"].to_numpy(), rows["document_id"].to_numpy()
    apart = documents[pairs[:, 0]] != documents[pairs[:, 1]]
    kept = (likeness >= similarity) & apart
    found = {
        "left": place[pairs[kept, 0]],
        "right": place[pairs[kept, 1]],
        "similarity": likeness[kept],
    }
    return pl.DataFrame(
        found, schema={"left": pl.UInt32, "right": pl.UInt32, "similarity": pl.Float64}
    ).sort("left", "right")


def _candidates(held: Signatures) -> npt.NDArray[np.int64]:
    """Pairs, shape (n, 2), that have a band in common; each row with the first one of its band."""
    found = []
    for band in range(0, SIZE, _BAND):
        keys = np.ascontiguousarray(held[:, band : band + _BAND]).view(np.uint32).ravel()
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        leader = first[inverse]
        later = np.flatnonzero(leader != np.arange(len(keys)))
        found.append(np.stack([leader[later], later], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def repeated_over_documents(chunks: pl.DataFrame, documents: int) -> pl.DataFrame:
    """Texts that stand in at least so many documents: text_sha256, documents, chunks, and one of the documents."""
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
