"""Compare words and vectors of what a run brings with those of the published state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float32]
"""Shape (documents, dimension): the mean vector of each document's chunks."""

_PERMUTATIONS = 999
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Separation:
    """How far two samples of documents are apart.

    `coefficient` is 0 for equal distributions and 1 for two points; `p` is the probability that
    chance separates the documents as far.
    """

    coefficient: float
    p: float


def separation(published: Points, arrived: Points, permutations: int = _PERMUTATIONS) -> Separation:
    """Return the energy coefficient and its permutation test (Székely and Rizzo, 2004).

    Documents are permuted, not chunks: chunks of one document are similar, and a test over chunks
    would report every new document as drift. Where documents are exchangeable, p <= x comes in a
    share x of the runs: x is the false-alarm rate.
    """
    points = np.concatenate([published, arrived]).astype(np.float64)
    lengths = (points**2).sum(axis=1)
    squared = lengths[:, None] + lengths[None, :] - 2 * points @ points.T
    distances = np.sqrt(np.maximum(squared, 0.0))  # rounding may make a zero negative
    labels = np.zeros((permutations + 1, len(points)))
    labels[0, len(published) :] = 1
    generator = np.random.default_rng(0)
    for row in range(1, permutations + 1):
        labels[row] = generator.permutation(labels[0])
    energy, between = _energy(distances, labels)
    # Rounding differs from row to row, so that an equal split must not count as less far.
    as_far = int((energy[1:] >= energy[0] - 1e-9 * abs(between[0])).sum())
    coefficient = float(energy[0] / (2 * between[0])) if between[0] else 0.0
    return Separation(max(0.0, coefficient), (1 + as_far) / (1 + permutations))


def _energy(
    distances: npt.NDArray[np.float64], labels: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the unbiased energy distance and the mean distance between the sides, of each row.

    A row of `labels` is 1 where a document is on the second side. All rows are done by two matrix
    products.
    """
    first, second = 1 - labels, labels
    to_second = second @ distances
    between = (to_second * first).sum(axis=1)
    within_second = (to_second * second).sum(axis=1)
    within_first = distances.sum() - 2 * between - within_second
    n, m = first.sum(axis=1), second.sum(axis=1)
    between = between / (n * m)
    energy = (
        2 * between
        - within_first / np.maximum(1, n * (n - 1))
        - within_second / np.maximum(1, m * (m - 1))
    )
    return energy, between


def distances_from(published: Points, points: Points) -> npt.NDArray[np.float64]:
    """Return the cosine distance of each point from the mean of the published documents."""
    middle = published.astype(np.float64).mean(axis=0)
    lengths = np.linalg.norm(points, axis=1) * np.linalg.norm(middle)
    distances: npt.NDArray[np.float64] = 1 - points.astype(np.float64) @ middle / np.maximum(
        lengths, 1e-12
    )
    return distances


def new_words(published: Sequence[str], arrived: Sequence[str]) -> float:
    """Return the share of new words in `arrived` texts beyond the share that is usual.

    New are words that every second `published` text lacks; usual is their share in the other
    published texts.
    """
    vocabulary = vocabulary_of(published)
    usual = unknown_share(published[1::2], vocabulary)
    return max(0.0, unknown_share(arrived, vocabulary) - usual)


def vocabulary_of(published: Sequence[str]) -> set[str]:
    """Return the words of every second text."""
    return {word for text in published[::2] for word in _words(text)}


def unknown_share(texts: Sequence[str], vocabulary: set[str]) -> float:
    """Return the share of the words that a vocabulary lacks; 0 where there are no words."""
    words = [word for text in texts for word in _words(text)]
    return sum(word not in vocabulary for word in words) / len(words) if words else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
