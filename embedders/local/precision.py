"""The precision in which this machine is fastest, measured by a short trial."""

from collections.abc import Callable
from functools import cache
from time import perf_counter

import torch

from vouch.embedders.local.bert import Linear

_ROWS, _INNER, _OUTER = 512, 384, 1536
_TRIES = 5
# bfloat16 must be faster by this factor; otherwise float32 costs nothing and is exact.
_MIN_SPEEDUP = 1.2
MIN_COSINE = 0.9995
"""The least cosine of a vector in bfloat16 with the same vector in float32."""


@cache
def is_bfloat16_faster() -> bool:
    """Return whether a dense layer of a typical size is faster in bfloat16 on this CPU.

    Takes about 20 ms.
    """
    return _layer_seconds(torch.float32) > _MIN_SPEEDUP * _layer_seconds(torch.bfloat16)


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
