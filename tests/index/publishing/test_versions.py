"""Which versions retention keeps."""

from datetime import timedelta

import pytest

from vouch.index.publishing.versions import oldest_kept


@pytest.mark.parametrize(
    ("ages", "tagged", "kept"),
    [
        # The version of 30 hours was the newest until 3 hours ago, so it may still be read.
        ([50, 30, 3, 1], [], 30),
        ([50, 30, 25, 24], [], 24),
        ([50, 30, 3, 1], [50], 50),
        ([3, 1], [], 24),
        ([], [], 24),
    ],
)
def test_versions_that_a_reader_may_have_open_are_kept(
    ages: list[int], tagged: list[int], kept: int
):
    hours = [timedelta(hours=age) for age in ages], [timedelta(hours=age) for age in tagged]
    assert oldest_kept(*hours, timedelta(hours=24)) == timedelta(hours=kept)
