"""The cost of stages, added up over threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from vouch.pipeline.context.stage_timer import StageTimer


def test_seconds_and_items_add_up_in_the_order_of_first_use():
    timer = StageTimer()
    with ThreadPoolExecutor(4) as threads:
        for _ in range(100):
            threads.submit(timer.add, "parse", 0.25, 2, "documents")
    timer.add("embed", 1.0, 3, "chunks")
    timer.add("parse", 1.0, 0, "documents")
    assert [(cost.stage, cost.seconds, cost.items, cost.unit) for cost in timer.costs()] == [
        ("parse", 26.0, 200, "documents"),
        ("embed", 1.0, 3, "chunks"),
    ]


def test_a_stage_that_fails_has_its_cost_too():
    timer = StageTimer()
    with pytest.raises(OSError, match="gone"), timer.measure("fetch", 1):
        raise OSError("gone")
    (cost,) = timer.costs()
    assert (cost.stage, cost.items) == ("fetch", 1)
