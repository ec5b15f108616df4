"""The precision in which this machine is fastest, measured by a short trial."""

from collections.abc import Callable
from functools import cache
from time import perf_counter

import torch

from vouch.embedders.local.bert import Linear

_ROWS, _INNER, _OUTER = 512, 384, 1536
_TRIES = 5
MIN_SPEEDUP = 1.2
"""By which bfloat16 must be faster; otherwise float32 costs nothing and is exact."""
MIN_COSINE = 0.9995
"""The least cosine of a vector in bfloat16 with the same vector in float32."""


@cache
def bfloat16_speedup() -> float:
    """Return how many times as fast as in float32 a dense layer of a typical size is in bfloat16 on
    this CPU; 0 where it cannot do it.

    Takes about 20 ms.
    """
    return _layer_seconds(torch.float32) / _layer_seconds(torch.bfloat16)


def _layer_seconds(dtype: torch.dtype) -> float:
    rows = torch.ones(_ROWS, _INNER, dtype=dtype)
    try:
        layer = Linear(torch.ones(_OUTER, _INNER), torch.ones(_OUTER), dtype)
        return _least_seconds(lambda: layer(rows))
    except RuntimeError:  # oneDNN does not support bfloat16 on this processor
        return float("inf")


def _least_seconds(run: Callable[[], object]) -> float:
    """Return the least time of several tries: other processes make a try slower, never faster."""
    run()
    seconds = []
    for _ in range(_TRIES):
        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)
    return min(seconds)
