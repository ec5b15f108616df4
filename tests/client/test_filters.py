"""What the client writes, the rooms' parser reads as the same filter."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import vouch_client
from hypothesis import given
from hypothesis import strategies as st
from vouch_client import Condition
from vouch_client import field as client_field

from vouch.schemas.filter_syntax import read_filter, show_filter
from vouch.schemas.filters import Comparison, Filter, Not, Operator, Typed
from vouch.schemas.filters import field as rooms_field

names = st.one_of(
    st.sampled_from(["language", "metadata.author", "year", "and", "Not", "in", "metadata.a b"]),
    st.text(min_size=1, max_size=12),
)
texts = st.one_of(
    st.text(max_size=20), st.sampled_from(['") or (language = "de', "\\", "a\nb", "$groups", "''"])
)
values = st.one_of(
    texts,
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.datetimes(datetime(1900, 1, 1), timezones=st.just(timezone(timedelta(hours=2)))),
)


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[Any, Condition]:
    """A comparison, by the rooms' builder and by the client's."""
    name, value = draw(names), draw(values)
    listed, text = draw(st.lists(values, max_size=4)), draw(texts)
    compare = draw(
        st.sampled_from(
            [
                lambda it: it == value,
                lambda it: it != value,
                lambda it: it < value,
                lambda it: it <= value,
                lambda it: it > value,
                lambda it: it >= value,
                lambda it: it.is_in(listed),
                lambda it: it.is_not_in(listed),
                lambda it: it.contains(value),
                lambda it: it.starts_with(text),
            ]
        )
    )
    return compare(rooms_field(name)), compare(client_field(name))


def joined(parts: st.SearchStrategy[tuple[Any, Any]]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.one_of(
        st.tuples(parts, parts).map(lambda two: (two[0][0] & two[1][0], two[0][1] & two[1][1])),
        st.tuples(parts, parts).map(lambda two: (two[0][0] | two[1][0], two[0][1] | two[1][1])),
        parts.map(lambda each: (~each[0], ~each[1])),
    )


def flat(read: Filter) -> Filter:
    """A filter without parentheses that change nothing: `a and (b and c)` as `a and b and c`."""
    if isinstance(read, Comparison):
        return read
    if isinstance(read, Not):
        return Not(flat(read.part))
    parts = [flat(part) for part in read.parts]
    same = [part.parts if type(part) is type(read) else (part,) for part in parts]
    return type(read)(tuple(part for group in same for part in group))


@given(st.recursive(comparisons(), joined, max_leaves=6))
def test_a_condition_is_read_as_the_filter_that_the_rooms_build(both: tuple[Any, Condition]):
    by_rooms, by_client = both
    assert flat(read_filter(str(by_client))) == flat(read_filter(show_filter(by_rooms)))


@given(texts)
def test_no_text_becomes_more_than_one_value(text: str):
    condition = client_field("metadata.author") == text
    assert read_filter(str(condition)) == Comparison(
        "metadata.author", Operator.EQUAL, (Typed(text),)
    )
    # Nor where filters have parameters, as those of profiles.
    assert read_filter(str(condition), with_parameters=True) == read_filter(str(condition))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (client_field("year") >= 2024, '(year >= "2024")'),
        (client_field("acl").is_in(["staff", "hr"]), '(acl in ("staff", "hr"))'),
        (client_field("acl").is_in([]), "(acl in ())"),
        (client_field("a b") == 'say "\\"', '("a b" = "say \\"\\\\\\"")'),
        (client_field("new") == True, '(new = "true")'),  # noqa: E712
        (
            client_field("day") < datetime(2026, 1, 2, 3, tzinfo=UTC),
            '(day < "2026-01-02T03:00:00Z")',
        ),
        (client_field("day") < date(2026, 1, 2), '(day < "2026-01-02")'),
    ],
)
def test_a_condition_is_readable(condition: Condition, text: str):
    assert str(condition) == text


def test_what_is_no_value_is_refused():
    for value in (None, object(), ["a"], float("nan"), float("inf")):
        with pytest.raises((TypeError, ValueError), match="a filter compares with"):
            assert client_field("a") == value
    with pytest.raises(TypeError, match="a list of values"):
        client_field("a").is_in("staff")


def test_python_cannot_join_conditions_by_and():
    both = client_field("a") == 1
    with pytest.raises(TypeError, match="combine conditions by & and |"):
        assert both
    assert vouch_client.field is client_field
