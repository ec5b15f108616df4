import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.embedders.service.rate_limit import RateLimit


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def send(limit: RateLimit, clock: Clock, tokens: list[float]) -> list[float]:
    """Return when each request was sent."""
    times = []
    for each in tokens:
        limit.wait(each, clock.sleep)
        times.append(clock.now)
    return times


@settings(max_examples=50)
@given(
    st.integers(1, 100),
    st.integers(100, 10_000),
    st.lists(st.floats(0, 1), min_size=1, max_size=100),
)
def test_no_minute_has_more_than_is_allowed(requests: int, tokens: int, shares: list[float]):
    clock = Clock()
    limit = RateLimit(requests, tokens, clock)
    sizes = [share * limit.max_tokens for share in shares]
    times = send(limit, clock, sizes)
    for start in times:
        minute = [
            size for at, size in zip(times, sizes, strict=True) if start <= at < start + 60 - 1e-6
        ]
        assert len(minute) <= requests
        assert sum(minute) <= tokens * (1 + 1e-9)


def test_without_limits_nobody_waits():
    clock = Clock()
    assert send(RateLimit(None, None, clock), clock, [1e6] * 3) == [1000.0] * 3


def test_what_the_service_has_counted_takes_the_place_of_the_estimate():
    clock = Clock()
    limit = RateLimit(None, 1000, clock)
    limit.wait(50, clock.sleep)
    limit.correct(100)
    limit.wait(0, clock.sleep)
    assert clock.now == pytest.approx(1000 + 150 * 60 / 900)


def test_a_pause_concerns_every_thread():
    clock = Clock()
    limit = RateLimit(60, None, clock)
    limit.wait(0, clock.sleep)
    limit.pause(30)
    assert send(limit, clock, [0, 0]) == [1030.0, 1031.0]


def test_workers_share_a_limit():
    clock = Clock()
    limit = RateLimit(60, 6000, clock)
    limit.share(4)
    assert send(limit, clock, [0, 0, 0]) == [1000.0, 1004.0, 1008.0]
    assert limit.max_tokens == 150


def test_a_wait_ends_with_what_the_sleep_raises():
    limit = RateLimit(1, None)
    limit.wait(0, lambda _: None)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        limit.wait(0, interrupted)
