"""Times in mail headers, metadata of pages and fields of documents."""

from datetime import UTC, datetime

import pytest

from vouch.parsers.common.dates import parse_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Tue, 29 Jul 2025 12:42:06 +0000", datetime(2025, 7, 29, 12, 42, 6, tzinfo=UTC)),
        ("2025-07-29T12:42:06Z", datetime(2025, 7, 29, 12, 42, 6, tzinfo=UTC)),
        ("Tue, 29 Jul 2025 12:42:06 -0000", datetime(2025, 7, 29, 12, 42, 6, tzinfo=UTC)),
        ("Tue, 99 Jul 2025 12:42:06 +0000", None),
        ("INVALID", None),
        ("", None),
    ],
)
def test_times_are_aware_and_other_text_is_none(text, time):
    assert parse_time(text) == time
