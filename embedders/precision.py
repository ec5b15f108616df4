"""In which precision this machine should compute, where the settings leave that open: told by a short trial."""

from collections.abc import Callable
from functools import cache
from time import perf_counter

import torch

from vouch.embedders.bert import Linear

_ROWS, _INNER, _OUTER = 512, 384, 1536
_TRIES = 5
_GAIN = 1.2  # bfloat16 must be so much faster; else the exact type costs nothing
CLOSE = 0.9995  # cosine with the vectors of float32 that bfloat16 must keep


@cache
def faster_in_bfloat16() -> bool:
    """Whether a product of the size that such models are made of is faster in bfloat16 on this CPU. Takes some 20 ms."""
    return _seconds(torch.float32) > _GAIN * _seconds(torch.bfloat16)


def _seconds(dtype: torch.dtype) -> float:
    rows = torch.ones(_ROWS, _INNER, dtype=dtype)
    try:
        layer = Linear(torch.ones(_OUTER, _INNER), torch.ones(_OUTER), dtype)
        return _best(lambda: layer(rows))
    except RuntimeError:  # a processor on which oneDNN knows no bfloat16
        return float("inf")


def _best(work: Callable[[], object]) -> float:
    """Of several tries: another process on the same core makes a try slower, never faster."""
    work()
    seconds = []
    for _ in range(_TRIES):
        begun = perf_counter()
        work()
        seconds.append(perf_counter() - begun)
    return min(seconds)
