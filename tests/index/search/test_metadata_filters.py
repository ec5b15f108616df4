"""Filters on metadata find exactly the rows that a plain reading of them in Python finds."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import lancedb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.index.search.filter_oracle import kind, matches
from vouch.index.search.filters.conditions import where
from vouch.index.search.filters.metadata_keys import read_catalogue
from vouch.schemas.documents.arrow import DOCUMENTS
from vouch.schemas.documents.values import Scalar, Value, dump_fields, texts
from vouch.schemas.errors import SettingsError
from vouch.schemas.filter_syntax import read_filter, show_filter
from vouch.schemas.filters import AllOf, AnyOf, Comparison, Filter, Not, Operator, field

_SCHEMA = pa.schema([DOCUMENTS.field(name) for name in ("document_id", "metadata", "fields")])
# Letters of JSON's escapes and of SQL, and what breaks lines, paths and literals.
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text(
    "nu01\\\"'b/ab$@[]*?.(),|&\n\t\0\x1f\x7f", max_size=6
)
_KEYS = st.sampled_from(["year", "acl", "we \"ird' \\k", "é.$", "a\nb\0", "b]*"])
_NUMBERS = (
    st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 2.0, -0.0, 1e-7, 1e15])
)
_DATES = st.dates(date(2025, 12, 30), date(2026, 1, 2))
_TIMES = st.datetimes(
    datetime(2025, 12, 31), datetime(2026, 1, 1), timezones=st.just(UTC)
) | st.builds(
    lambda day, hour, part: datetime(2026, 1, day, hour, 0, 0, part, tzinfo=UTC),
    st.integers(1, 2),
    st.integers(0, 1),
    st.sampled_from([0, 0, 500_000, 1]),
)
_WORDS = st.sampled_from(["staff", "hr", "st", "", "007", "7", "7.0", "true", "True", "2026-01-01"])
_SCALARS = _WORDS | _ANY_TEXT | _NUMBERS | st.booleans() | _DATES | _TIMES
_VALUES = _SCALARS | st.lists(_SCALARS, max_size=3).map(tuple)
_DOCUMENTS = st.lists(
    st.dictionaries(_KEYS, _VALUES, max_size=3) | st.dictionaries(st.just("year"), _NUMBERS),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> lancedb.DBConnection:
    return lancedb.connect(tmp_path_factory.mktemp("filters"))


def table_of(database, documents: list[Mapping[str, Value]], typed: bool = True):
    pairs = [
        [{"key": key, "value": text} for key, value in fields.items() for text in texts(value)]
        for fields in documents
    ]
    written = [dump_fields(fields.items()) if typed else None for fields in documents]
    rows = pa.table(
        [
            pa.array([str(number) for number in range(len(documents))]),
            pa.array(pairs, _SCHEMA.field("metadata").type),
            pa.ExtensionArray.from_storage(pa.json_(), pa.array(written, pa.string())),
        ],
        schema=_SCHEMA,
    )
    return database.create_table("documents", rows, mode="overwrite")


def matching(table, *filters: str | Filter) -> set[int]:
    condition = where(filters, _SCHEMA, lambda: read_catalogue(table))
    rows = table.search().where(condition).select(["document_id"]).limit(1000).to_arrow()
    return {int(each) for each in rows.column("document_id").to_pylist()}


def comparisons(documents: list[Mapping[str, Value]]) -> st.SearchStrategy[Filter]:
    """Return comparisons of each key whose operators fit its types, mostly with its own values."""
    kinds = kinds_of(documents)
    return st.sampled_from(sorted(kinds)).flatmap(lambda key: _of_key(key, kinds[key], documents))


def _of_key(key: str, kinds: set[type], documents) -> st.SearchStrategy[Filter]:
    own = [entry for fields in documents for entry in entries_of(fields.get(key, ()))]
    operators = [Operator.EQUAL, Operator.NOT_EQUAL]
    if kinds & {float, date}:
        operators += [Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST]
    if str in kinds:
        operators += [Operator.CONTAINS, Operator.PREFIX]
    values = st.sampled_from(own) | _SCALARS if own else _SCALARS
    parts = st.builds(
        lambda value, start, length: texts(value)[0][start : start + length],
        values,
        st.integers(0, 2),
        st.integers(0, 4),
    )
    single = st.builds(
        lambda operator, value: Comparison(f"metadata.{key}", operator, (value,)),
        st.sampled_from(operators),
        values | parts if str in kinds else values,
    )
    many = st.builds(
        lambda operator, values: Comparison(f"metadata.{key}", operator, tuple(values)),
        st.sampled_from([Operator.IN, Operator.NOT_IN]),
        st.lists(values, max_size=4),
    )
    return single | single | many


def entries_of(value: Value) -> tuple[Scalar, ...]:
    return value if isinstance(value, tuple) else (value,)


def kinds_of(documents: list[Mapping[str, Value]]) -> dict[str, set[type]]:
    """Return the types of each key's values; a key with empty lists only counts as text."""
    kinds: dict[str, set[type]] = {}
    for fields in documents:
        for key, value in fields.items():
            kinds.setdefault(key, set()).update(map(kind, entries_of(value)))
    return {key: each or {str} for key, each in kinds.items()}


def filters(documents: list[Mapping[str, Value]]) -> st.SearchStrategy[Filter]:
    single = comparisons(documents)
    return single | st.recursive(
        single,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(tuple).map(AllOf)
            | st.lists(inner, min_size=1, max_size=3).map(tuple).map(AnyOf)
            | inner.map(Not)
        ),
        max_leaves=4,
    )


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data(), documents=_DOCUMENTS)
def test_the_store_finds_what_python_finds(database, data: st.DataObject, documents):
    assume(any(documents))
    table = table_of(database, documents)
    kinds = kinds_of(documents)
    for searched in data.draw(st.lists(filters(documents), min_size=1, max_size=12)):
        try:
            seen = matching(table, searched)
        except SettingsError:
            continue  # an operator or a value that does not fit the types of the key
        expected = {n for n, fields in enumerate(documents) if matches(searched, fields, kinds)}
        assert seen == expected, searched
        assert matching(table, Not(searched)) == set(range(len(documents))) - expected
        assert matching(table, read_filter(show_filter(searched))) == expected


def test_rows_of_an_earlier_version_compare_texts_for_equality(database):
    documents = [{"year": "2024", "acl": ("staff", "hr")}, {"year": "2020"}, {}]
    table = table_of(database, documents, typed=False)
    assert matching(table, "year=2024") == {0}
    assert matching(table, "metadata.acl=hr") == {0}
    assert matching(table, "acl!=hr") == {1, 2}
    assert matching(table, "year in (2020, 2024)") == {0, 1}
    assert matching(table, "year not in (2020)") == {0, 2}
    for text in ("year>=2020", "year prefix 20", "year contains 20"):
        with pytest.raises(SettingsError, match="next `vouch ingest`"):
            matching(table, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metadata.acll=x", r"did you mean metadata\.acl\?"),
        ("yeer=2024", r"did you mean metadata\.year\?"),
        ("documnt_id=x", r"did you mean document_id\?"),
        ("zzzzzzzz=x", r"there are document_id, metadata\.acl"),
        ("year=x", "number, such as 2024, and 'x' is none"),
        ("acl>x", "has the type text, also in lists, and only numbers"),
        ("year prefix 2", "only texts can use prefix"),
        ("year contains 2", "only texts and lists can use contains"),
        ("acl contains " + "x" * 1_001, "more than 1,000 characters"),
        ("acl prefix " + "x" * 10_001, "more than 10,000 characters"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_nearest_name_or_the_type(
    database, text: str, message: str
):
    table = table_of(database, [{"year": 2024, "acl": ("staff", "hr")}])
    with pytest.raises(SettingsError, match=message):
        matching(table, text)


def test_large_filters_are_answered_or_refused_in_words(database):
    table = table_of(database, [{"year": 2024, "acl": ("staff", "hr"), "list": (1, 2)}, {}])
    groups = ", ".join(f"group {number}" for number in range(5_000))
    assert matching(table, f"acl in ({groups}, hr)") == {0}
    assert matching(table, f"acl not in ({groups})") == {0, 1}
    years = ", ".join(map(str, range(1_000, 3_000)))
    assert matching(table, f"year in ({years})") == {0}
    with pytest.raises(SettingsError, match="more than 200"):
        matching(table, f"list in ({years})")
    chain = field("year") == 1
    for number in range(60):
        chain = chain | (field("year") == number)
    assert matching(table, chain) == set()
    nested = field("year") == 2024
    for number in range(11):
        nested = (
            (nested | (field("acl") == "x")) if number % 2 else (nested & ~(field("acl") == "x"))
        )
    assert matching(table, nested) == {0}
    twice = field("year") == 2024
    for _ in range(2_000):
        twice = ~twice
    assert matching(table, twice) == {0}
    with pytest.raises(SettingsError, match="nested too deeply"):
        matching(table, (nested | (field("acl") == "y")) & (field("acl") == "z"))
    with pytest.raises(SettingsError, match="more than 100 comparisons"):
        matching(table, chain, chain)
    with pytest.raises(SettingsError, match="more than 10,000 values"):
        matching(table, field("acl").is_in(map(str, range(10_001))))


def test_an_empty_state_has_no_keys_and_finds_nothing(database):
    table = table_of(database, [])
    assert matching(table, "metadata.acl=staff") == set()
    assert matching(table, "acl in (staff)") == set()


def test_the_catalogue_counts_documents_and_names_types(database):
    mixed = [{"a": 1, "b": True}, {"a": "x", "b": (date(2026, 1, 31),)}, {"a": (), "link": "y"}]
    keys = read_catalogue(table_of(database, mixed)).keys
    assert [key.described for key in keys.values()] == [
        "text or number, also in lists",
        "true or false or date or time, also in lists",
        "text, also in lists",
    ]
    assert [(key.documents, key.example) for key in keys.values()] == [
        (3, "1"),
        (2, "true"),
        (1, "y"),
    ]
