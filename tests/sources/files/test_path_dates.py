"""Path dates: the first calendar date in a path."""

import re

import pytest

from vouch.schemas.settings.table_source import PATH_DATE
from vouch.sources.files.path_dates import path_date


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("reports/2026/03/17/sales.csv", "2026-03-17"),
        ("2026-03.txt", "2026-03-01"),
        ("archive_1999/x.md", "1999-01-01"),
        ("20240229.log", "2024-02-29"),
        ("20230229/2024-05-06.log", "2024-05-06"),  # there was no 29 February 2023
        ("v1.2/notes.md", None),
    ],
)
def test_the_first_date_in_a_path(uri: str, expected: str | None):
    date = path_date(uri, re.compile(PATH_DATE))
    assert (date.date().isoformat() if date else None) == expected
