"""Filters as text: what is read from them, what is refused, and what parameters become."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.schemas.errors import SettingsError, ValueMissing
from vouch.schemas.filter_syntax import bind, parameters, read_filter, show_filter, value_text
from vouch.schemas.filters import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Not,
    Operator,
    Parameter,
    Typed,
    field,
)


def compare(name: str, operator: str, *values: str) -> Comparison:
    return Comparison(name, Operator(operator), tuple(map(Typed, values)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("language=en", compare("language", "=", "en")),
        (" uri != a.md ", compare("uri", "!=", "a.md")),
        ("title~contract", compare("title", "contains", "contract")),
        ("page_start >= 3", compare("page_start", ">=", "3")),
        ("metadata.Cost centre=5 or 6", compare("metadata.Cost centre", "=", "5 or 6")),
        ("title=Black and white", compare("title", "=", "Black and white")),
        ('title="quoted" (and) a=b', compare("title", "=", '"quoted" (and) a=b')),
        ("title=", compare("title", "=", "")),
        ("author=$me", compare("author", "=", "$me")),
        ("title=a\nb", compare("title", "=", "a\nb")),
        ("title contains a = b", compare("title", "contains", "a = b")),
        ("uri prefix docs/", compare("uri", "prefix", "docs/")),
        ("acl in (a, b c, \"d, e\", 'f')", compare("acl", "in", "a", "b c", "d, e", "f")),
        ("acl not  in (O'Neil)", compare("acl", "not in", "O'Neil")),
        ("acl in ()", compare("acl", "in")),
        (r'acl in ("\"\\n")', compare("acl", "in", '"\\n')),
        ("metadata.in=x", compare("metadata.in", "=", "x")),
        ("metadata.check in=x", compare("metadata.check in", "=", "x")),
        ("(a=1)", compare("a", "=", "1")),
        ("(a=1 and b=2)", AllOf((compare("a", "=", "1"), compare("b", "=", "2")))),
        ("(a=1) or b=2", AnyOf((compare("a", "=", "1"), compare("b", "=", "2")))),
        (
            "(a=1 or b=2 AND NOT c in (3, 4))",
            AnyOf(
                (
                    compare("a", "=", "1"),
                    AllOf((compare("b", "=", "2"), Not(compare("c", "in", "3", "4")))),
                )
            ),
        ),
        ('("an odd name" = "and")', compare("an odd name", "=", "and")),
        ("(uri=https://x.org/?a=b)", compare("uri", "=", "https://x.org/?a=b")),
    ],
)
def test_a_filter_is_read(text: str, expected: Filter):
    assert read_filter(text) == expected
    assert read_filter(show_filter(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "write NAME OPERATOR VALUE"),
        ("uri", "write NAME OPERATOR VALUE"),
        ("1=1", "write NAME OPERATOR VALUE"),
        ("not a=1", "write NAME OPERATOR VALUE"),
        (
            "language=en and metadata.year>=2020",
            r'two conditions.*write \(language = "en" and metadata\.year>=2020\)',
        ),
        ("title~x or uri in (a)", "two conditions"),
        ("acl in (a", "at its end: a comma or a"),
        ("acl in (a) or (b)", "at 'or"),
        ("acl in (a,,b)", "an entry of a list is missing"),
        ("(a=1", "a \\) is missing"),
        ("(a=1))", "there is more"),
        ("(a=1) x", "there is more"),
        ("()", "name of a column"),
        ("(a)", "an operator is missing"),
        ("(a=)", "a value is missing"),
        ("(a = and)", "a value is missing"),
        ("(a=Ada Lovelace)", "quotes around a value"),
        ("(a='x)", "a quote is missing"),
        ("(a in b)", "list in parentheses"),
        ("(" * 200, "levels deep"),
        ("(" + "not " * 200 + "a=1)", "levels deep"),
        ("(" + " and ".join(["a=1"] * 101) + ")", "more than 100 comparisons"),
        ("a in (" + ",".join("x" * 10_001) + ")", "more than 10,000 values"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text: str, message: str):
    with pytest.raises(SettingsError, match=message) as error:
        read_filter(text)
    assert len(str(error.value)) < 2_000


@given(value=st.text(max_size=30))
def test_a_value_in_a_comparison_is_never_a_condition(value: str):
    try:
        read = read_filter(f"acl={value}")
    except SettingsError as error:
        assert "two conditions" in str(error)
        return
    assert read == compare("acl", "=", value.strip())


_NAMES = st.text(min_size=1, max_size=6) | st.sampled_from(["metadata.acl", "not", "and", 'a"b'])
_OPERANDS = st.text(max_size=8).map(Typed) | st.sampled_from("ab").map(Parameter)
_MANY = (Operator.IN, Operator.NOT_IN)
_COMPARISONS = st.builds(
    Comparison,
    _NAMES,
    st.sampled_from([operator for operator in Operator if operator not in _MANY]),
    st.tuples(_OPERANDS),
) | st.builds(
    Comparison, _NAMES, st.sampled_from(_MANY), st.lists(_OPERANDS, max_size=3).map(tuple)
)
_FILTERS = st.recursive(
    _COMPARISONS,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(AllOf)
        | st.lists(inner, min_size=2, max_size=3).map(tuple).map(AnyOf)
        | inner.map(Not)
    ),
    max_leaves=8,
)


@given(shown=_FILTERS)
def test_a_filter_is_read_as_it_is_shown(shown: Filter):
    assert read_filter(show_filter(shown), with_parameters=True) == shown


@given(text=st.text("(ab1=<>!~,)\"'\\ $\n", max_size=30) | st.text(max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str):
    try:
        read_filter(text, with_parameters=True)
    except SettingsError as error:
        assert str(error)


def test_values_of_python_are_shown_as_people_write_them():
    at = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    chain = (field("a") == 1) & (field("b") >= date(2026, 1, 31)) & (field("c") == True)  # noqa: E712
    assert show_filter(chain) == '(a = "1" and b >= "2026-01-31" and c = "true")'
    assert show_filter(field("d") < at) == '(d < "2026-01-31T09:30:00Z")'
    for value in (None, float("nan"), [1], object()):
        with pytest.raises(SettingsError, match="a filter compares with"):
            show_filter(field("a") == value)


def test_parameters_become_values_that_are_never_read():
    of_profile = read_filter("(acl in $groups and not owner = $me)", with_parameters=True)
    assert parameters(of_profile) == {"groups", "me"}
    bound = bind(of_profile, {"groups": ["a, b", ") or (x=1"], "me": "$groups"})
    assert bound == AllOf(
        (
            Comparison("acl", Operator.IN, ("a, b", ") or (x=1")),
            Not(Comparison("owner", Operator.EQUAL, ("$groups",))),
        )
    )
    assert parameters(bound) == frozenset()
    assert bind(read_filter("acl in (x, $g)", with_parameters=True), {"g": "y"}) == Comparison(
        "acl", Operator.IN, (Typed("x"), "y")
    )


def test_a_parameter_without_a_value_is_an_error_and_an_empty_list_is_in_nothing():
    needed = read_filter("acl in $groups", with_parameters=True)
    for values in ({}, {"groups": None}):
        with pytest.raises(ValueMissing, match="of the profile staff needs a value for groups"):
            bind(needed, values, "staff")
    assert bind(needed, {"groups": []}) == Comparison("acl", Operator.IN, ())
    with pytest.raises(SettingsError, match="takes one value for groups"):
        bind(read_filter("acl=$groups", with_parameters=True), {"groups": ["a"]})
    with pytest.raises(SettingsError, match="stands for a value"):
        value_text(needed.values[0])
