"""What every way of embedding shares: the type of vectors, the engine protocol, the probe text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

    @property
    def about(self) -> str:
        """What runs the model, how, and why, for the log and the record of a run."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (n, dimension), in the order of `texts`."""


class RequestMeter(Protocol):
    """Counts what requests to a service spend, and keeps what they brought; called from several
    threads.
    """

    def sent(self, places: Sequence[int]) -> None:
        """Count a request before it is sent, also a repeated one: an answer that was lost may have
        been charged. `places` are those of its texts among all that are embedded; none for probes.

        Raises `BudgetExceeded`; the request is not sent then.
        """

    def answered(self, places: Sequence[int], tokens: int | None, vectors: Vectors) -> None:
        """Replace the estimate of a request by the tokens that the service has counted, if any, and
        keep the unit vectors of its texts, shape (len(places), dimension): they are paid for,
        whatever becomes of the other requests.
        """

    def refused(self, places: Sequence[int]) -> None:
        """Take back the estimate of a request that the service has answered with 4xx: nothing was
        embedded, so nothing was charged.
        """


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of texts, shape (n, dimension), and what a service said of those that it refuses.

    The vector of a refused text, by its place in `refused`, is not a number.
    """

    vectors: Vectors
    refused: Mapping[int, str] = field(default_factory=dict)
