"""What the stages of a run work with: the meter of the tokens that it embeds."""

import pytest

from vouch.pipeline.context.workspace import TokenMeter
from vouch.schemas.errors import BudgetExceeded


def test_tokens_beyond_the_limit_end_the_run_and_are_counted():
    """An estimate may have been too low; finished shards are reused by the next run."""
    meter = TokenMeter(10)
    meter.spend(10)
    with pytest.raises(
        BudgetExceeded, match=r"11 tokens so far, more than run\.max_tokens \(10\) .*are reused"
    ):
        meter.spend(1)
    assert meter.spent == 11
    without_limit = TokenMeter(None)
    without_limit.spend(10**12)
    assert without_limit.spent == 10**12
