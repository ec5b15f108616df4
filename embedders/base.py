"""What every way of embedding shares: the type of vectors, the engine protocol, the probe text."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]

# The vector of this text is stored with each generation. Never change it: published probes would
# no longer be comparable.
PROBE = (
    "The quick brown fox jumps over the lazy dog. 0123456789 — "
    "naïve façade, Ünïcödé, 中文, العربية."
)


class Engine(Protocol):
    """A loaded model that encodes texts in one precision."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (n, dimension), in the order of `texts`."""
