"""Cursors: values are compared by what they are, and no row is skipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.sources.tables.cursor import at_or_past, newest


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        (["9", "10", "-3"], "10"),
        (["9.5", "10", "1e1"], "10"),
        (["2024-01-05T23:00:00+00:00", "2024-01-06T00:30:00+02:00"], "2024-01-05T23:00:00+00:00"),
        (["2024-01-05", "2024-01-05T00:00:01"], "2024-01-05T00:00:01"),
        (["b", "a"], "b"),
    ],
)
def test_the_newest_is_the_greatest_by_value(values: list[str], expected: str | None):
    assert newest(values) == expected


@given(st.lists(st.one_of(st.integers().map(str), st.datetimes().map(str), st.text()), min_size=1))
def test_no_value_is_skipped(values: list[str]):
    """A value greater than all indexed ones is listed, and so is the greatest indexed one."""
    indexed = newest(values[:-1]) or values[-1]
    new = newest(values)
    assert new is not None
    assert at_or_past(new, indexed)
    assert at_or_past(indexed, indexed)


@given(st.integers(), st.integers())
def test_numbers_are_compared_as_numbers(left: int, right: int):
    assert at_or_past(str(left), str(right)) == (left >= right)
