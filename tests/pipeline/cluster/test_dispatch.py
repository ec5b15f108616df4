"""What the end of an attempt at a shard means."""

from concurrent.futures import CancelledError
from types import SimpleNamespace
from typing import Any

import pytest
from distributed.comm import CommClosedError

from vouch.pipeline.cluster.dispatch import Dispatcher
from vouch.schemas.errors import ClusterError


class Attempt:
    """A future of Dask whose scheduler is lost while it is asked."""

    def __init__(self, status: str, lost: BaseException) -> None:
        self.status, self._lost = status, lost

    def result(self, timeout: float) -> Any:
        raise self._lost

    exception = result


@pytest.mark.parametrize("status", ["finished", "error", "lost", "cancelled"])
@pytest.mark.parametrize(
    "lost",
    [CommClosedError("in <TCP>: Stream is closed"), TimeoutError(), CancelledError()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("staged", [None, "summary"])
def test_a_connection_that_is_lost_while_it_is_asked_is_no_error_of_the_shard(
    status: str, lost: BaseException, staged: str | None
):
    staging = SimpleNamespace(has=lambda _: staged is not None, summary_of=lambda _: staged)
    dispatcher: Any = SimpleNamespace(_run=SimpleNamespace(staging=staging))
    attempt: Any = Attempt(status, lost)
    assert Dispatcher._outcome(dispatcher, "a", attempt) == staged


def test_what_a_worker_has_staged_and_nobody_sees_is_an_error():
    staging = SimpleNamespace(root="work", has=lambda _: False, summary_of=lambda _: None)
    dispatcher: Any = SimpleNamespace(_run=SimpleNamespace(staging=staging))
    attempt: Any = SimpleNamespace(status="finished", result=lambda timeout: None)
    assert isinstance(Dispatcher._outcome(dispatcher, "a", attempt), ClusterError)
