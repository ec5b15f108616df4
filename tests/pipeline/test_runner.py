"""The retry policy of every runner: only transient errors are tried again, after longer and longer waits."""

import threading
import time

import pytest
from tenacity import nap

from vouch.pipeline import runner
from vouch.pipeline.runner import BACKOFF_S, JITTER, RETRIES, is_retryable, with_retries
from vouch.schemas.errors import EmbeddingError, SettingsError, SourceUnavailable


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, in seconds; nothing sleeps."""
    seconds: list[float] = []
    sleep, own = time.sleep, threading.get_ident()

    def record(wait: float) -> None:
        # Threads that other tests have left behind in this process sleep as ever.
        seconds.append(wait) if threading.get_ident() == own else sleep(wait)

    monkeypatch.setattr(nap.time, "sleep", record)
    return seconds


def failing(*errors: Exception):
    """Return a function that raises these errors, one a call, and then returns "done"."""
    remaining = list(errors)

    def work() -> str:
        if remaining:
            raise remaining.pop(0)
        return "done"

    return work


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (SourceUnavailable("gone for a moment"), True),
        (ConnectionError("reset"), True),
        (TimeoutError("too slow"), True),
        (SettingsError("wrong"), False),
        (EmbeddingError("other vectors"), False),
        (OSError(28, "No space left on device"), False),
        (KeyboardInterrupt(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_state_whether_the_same_call_may_succeed_later(
    error: BaseException, retryable: bool
):
    assert is_retryable(error) is retryable


def test_a_retryable_error_is_tried_again_after_longer_and_longer_waits(waits: list[float]):
    errors = [SourceUnavailable("once"), ConnectionError("twice")]
    assert with_retries("list docs", failing(*errors)) == "done"
    assert len(waits) == len(errors) == RETRIES
    for number, wait in enumerate(waits):
        shortest = BACKOFF_S * 2**number
        assert shortest <= wait <= shortest + JITTER * BACKOFF_S


def test_the_last_error_is_raised_when_every_attempt_has_failed(waits: list[float]):
    errors = [SourceUnavailable(f"attempt {number}") for number in range(1 + RETRIES)]
    with pytest.raises(SourceUnavailable, match=f"attempt {RETRIES}"):
        with_retries("list docs", failing(*errors, SourceUnavailable("never reached")))
    assert len(waits) == RETRIES


def test_other_errors_are_raised_at_once(waits: list[float]):
    with pytest.raises(SettingsError, match="wrong"):
        with_retries("list docs", failing(SettingsError("wrong")))
    assert waits == []


def test_a_failed_attempt_is_logged_with_its_error(
    waits: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(runner.logging.getLogger("vouch"), "propagate", True)
    with_retries("list docs", failing(SourceUnavailable("no answer")))
    assert "list docs failed and is tried again: no answer" in caplog.text
