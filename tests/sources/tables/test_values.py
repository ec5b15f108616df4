"""Canonical rows and texts of values: the properties that the identity of rows depends on."""

import json
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.sources.tables.values import (
    canonical_row,
    canonical_text,
    convert,
    read_row,
    text_of,
    time_of,
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.binary(max_size=20),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.dates(),
    st.times(),
    st.uuids(),
    st.timedeltas(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
ROWS = st.dictionaries(st.text(max_size=8), VALUES, max_size=6)


@given(ROWS, st.randoms())
def test_the_form_does_not_depend_on_the_order_of_the_columns(row: dict, random):
    names = list(row)
    random.shuffle(names)
    assert canonical_row({name: row[name] for name in names}) == canonical_row(row)


@given(ROWS)
def test_a_canonical_row_is_json_and_parses_to_the_same_row(row: dict):
    data = canonical_row(row)
    assert json.loads(data).keys() == {
        name for name in row if canonical_text(row[name]) is not None
    }
    assert canonical_row(read_row(data)) == data


@given(ROWS)
def test_a_null_equals_a_missing_column(row: dict):
    assert canonical_row({**row, "another column": None}) == canonical_row(row)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (float("inf"), "Infinity"),
        (-0.0, "0.0"),
        (1e22, "1E+22"),
        (1e-7, "0.0000001"),
        (5e-324, "5E-324"),
        (0.1, "0.1"),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+3"), "1000"),
        (2**63, "9223372036854775808"),
        (True, "true"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"ab"), "6162"),
        (date(2024, 1, 5), "2024-01-05"),
        (time(1, 2, 3), "01:02:03"),
        (datetime(2024, 1, 5, 10), "2024-01-05T10:00:00"),
        (
            datetime(2024, 1, 5, 10, tzinfo=timezone(timedelta(hours=2))),
            "2024-01-05T08:00:00+00:00",
        ),
        (timedelta(days=1, seconds=1), "1 day, 0:00:01"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"b": [1, None], "a": Decimal("1.0")}, '{"a":1.0,"b":[1,null]}'),
        ({3, 1, 2}, "[1,2,3]"),
    ],
)
def test_the_text_of_a_value(value, expected: str | None):
    assert canonical_text(value) == expected


def test_a_value_nested_too_deep_is_refused():
    value: list = []
    for _ in range(150):
        value = [value]
    with pytest.raises(ValueError, match="nested deeper than 100"):
        canonical_row({"a": value})


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("007", "text", "007"),
        ("12.50", "number", Decimal("12.50")),
        (" 7 ", "integer", 7),
        ("Yes", "boolean", True),
        ("2024-01-05", "date", date(2024, 1, 5)),
        ("2024-01-05 10:00", "datetime", datetime(2024, 1, 5, 10, tzinfo=UTC)),
        ("2024-01-05T10:00:00+02:00", "datetime", datetime(2024, 1, 5, 8, tzinfo=UTC)),
    ],
)
def test_a_text_is_converted_to_its_declared_type(text: str, kind: str, expected):
    assert convert(text, kind) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1,5", "number"),
        ("NaN", "number"),
        ("1.0", "integer"),
        ("maybe", "boolean"),
        ("5/1/24", "date"),
        ("", "datetime"),
    ],
)
def test_a_text_that_is_not_of_its_declared_type_is_refused(text: str, kind: str):
    with pytest.raises(ValueError, match=f"is not a valid {kind}"):
        convert(text, kind)


def test_digits_stay_text_and_times_without_a_zone_are_utc():
    assert text_of("01234") == "01234"
    assert time_of("2024-01-05").tzinfo is UTC
