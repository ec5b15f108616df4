"""A shard is a straggler where it takes three times what nearly all shards took."""

from hypothesis import given
from hypothesis import strategies as st

from vouch.pipeline.cluster.stragglers import is_straggler


def test_three_times_the_95th_percentile_is_a_straggler():
    finished = [10.0] * 99 + [100.0]
    assert not is_straggler(29.0, finished)
    assert is_straggler(31.0, finished)


def test_of_few_shards_or_seconds_nothing_is_concluded():
    assert not is_straggler(1000.0, [1.0, 1.0])
    assert not is_straggler(4.0, [0.1, 0.1, 0.1])


@given(st.lists(st.floats(0, 1e6), min_size=3), st.floats(0, 1e6))
def test_a_shard_that_is_no_slower_than_the_slowest_is_none(finished: list[float], seconds: float):
    assert (
        not is_straggler(min(seconds, max(finished)), finished)
        or max(finished) > 3 * sorted(finished)[int(0.95 * (len(finished) - 1))]
    )
