"""Rates and keys, without a server."""

from hypothesis import given
from hypothesis import strategies as st

from vouch.schemas.settings.serve import ServeSettings
from vouch.service.callers import Callers, RateLimit
from vouch.service.gate import _is_this_machine


@given(
    per_minute=st.integers(1, 5),
    waits=st.lists(st.floats(0, 40, allow_nan=False), max_size=60),
)
def test_no_60_seconds_have_more_requests_than_the_limit(per_minute, waits) -> None:
    now, allowed = 0.0, []
    limit = RateLimit(per_minute, lambda: now)
    for wait in waits:
        now += wait
        until = limit.take()
        if not until:
            allowed.append(now)
            continue
        assert until <= 60 + 1e-6
        now += until
        # Whoever waits as long as it was asked to is allowed.
        assert limit.take() <= 1e-6
        allowed.append(now)
    for number, time in enumerate(allowed[per_minute:]):
        assert time - allowed[number] >= 60 - 1e-6


def test_without_a_limit_nobody_waits() -> None:
    limit = RateLimit(0)
    assert {limit.take() for _ in range(1000)} == {0.0}


def test_without_keys_everybody_is_the_same_caller() -> None:
    callers = Callers(ServeSettings())
    assert not callers.need_keys
    assert callers.identify(None) is callers.identify("Bearer whatever")


def test_hosts_of_this_machine() -> None:
    here = ("localhost", "LOCALHOST:8420", "127.0.0.1", "127.0.0.1:80", "127.1.2.3", "[::1]:8420")
    elsewhere = ("", "example.org", "localhost.example.org:80", "10.0.0.1", "[::2]:1", "::1:x", "…")
    assert [_is_this_machine(host) for host in here] == [True] * len(here)
    assert [_is_this_machine(host) for host in elsewhere] == [False] * len(elsewhere)
