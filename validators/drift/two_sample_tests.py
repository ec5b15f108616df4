"""Whether what a run brings is written in other words, or lies elsewhere in the space of vectors, than what is published."""

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
    """`coefficient` is 0 for one distribution and 1 for two points; `p` how often chance separates documents as far."""

    coefficient: float
    p: float


def separation(published: Points, arrived: Points) -> Separation:
    """The energy coefficient, and its permutation test over documents.

    Documents are what is drawn, not chunks: chunks of one document are alike, and a test over chunks would find every new
    document to be drift. Under exchangeable documents p <= x comes in a share x of runs: the false-alarm rate at x.
    """
    points = np.concatenate([published, arrived]).astype(np.float64)
    distances = np.sqrt(np.maximum(_squared(points), 0.0))
    labels = np.zeros(len(points), dtype=bool)
    labels[len(published) :] = True
    found = _energy(distances, labels)
    generator = np.random.default_rng(0)
    as_far = sum(
        _energy(distances, generator.permutation(labels))[0] >= found[0]
        for _ in range(_PERMUTATIONS)
    )
    return Separation(max(0.0, found[1]), (1 + as_far) / (1 + _PERMUTATIONS))


def _squared(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = (points**2).sum(axis=1)
    return np.asarray(lengths[:, None] + lengths[None, :] - 2 * points @ points.T)


def _energy(
    distances: npt.NDArray[np.float64], arrived: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """The energy distance (unbiased), and as a share of twice the mean distance between the two."""
    there, here = ~arrived, arrived
    between = distances[there][:, here].mean()
    within = [
        distances[side][:, side].sum() / max(1, side.sum() * (side.sum() - 1))
        for side in (there, here)
    ]
    energy = float(2 * between - within[0] - within[1])
    return energy, energy / (2 * between) if between else 0.0


def new_words(published: Sequence[str], arrived: Sequence[str]) -> float:
    """The share of words in `arrived` texts that half of the `published` ones lack, less that share in the other half."""
    known = {word for text in published[::2] for word in _words(text)}
    return max(0.0, _unknown(arrived, known) - _unknown(published[1::2], known))


def _unknown(texts: Sequence[str], known: set[str]) -> float:
    words = [word for text in texts for word in _words(text)]
    return sum(word not in known for word in words) / len(words) if words else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
