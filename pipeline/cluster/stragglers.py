"""Which shards take so long that a second attempt at them is worth an idle worker."""

from collections.abc import Sequence

_TIMES = 3.0
_PERCENTILE = 0.95
_MIN_FINISHED = 3  # shards, before a percentile says anything
_MIN_S = 5.0  # shorter waits are worth nothing


def is_straggler(seconds: float, of_others: Sequence[float]) -> bool:
    """Return whether a shard in progress for so many seconds takes 3 times the 95th percentile of
    the finished ones.
    """
    if len(of_others) < _MIN_FINISHED or seconds < _MIN_S:
        return False
    ordered = sorted(of_others)
    return seconds > _TIMES * ordered[int(_PERCENTILE * (len(ordered) - 1))]
