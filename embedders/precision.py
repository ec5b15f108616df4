"""In which precision this machine should compute, where the settings leave that open: told by a short trial."""

from collections.abc import Callable
from functools import cache
from time import perf_counter

import torch

_TRIES = 5
_GAIN = 1.2  # bfloat16 must be so much faster; else the exact type costs nothing
CLOSE = 0.9995  # cosine with the vectors of float32 that bfloat16 must keep


@cache
def faster_in_bfloat16(rows: int = 512, inner: int = 384, outer: int = 1536) -> bool:
    """Whether a product of the size that such models are made of is faster in bfloat16 on this CPU. Takes some 20 ms."""
    return _seconds(torch.float32, rows, inner, outer) > _GAIN * _seconds(torch.bfloat16, rows, inner, outer)


def _seconds(dtype: torch.dtype, rows: int, inner: int, outer: int) -> float:
    values, weight, bias = (
        torch.ones(rows, inner, dtype=dtype),
        torch.ones(outer, inner, dtype=dtype),
        torch.ones(outer, dtype=dtype),
    )
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
        return _best(lambda: torch.ops.mkldnn._linear_pointwise(values, packed, bias, "none", [], "none"))
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
