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
from vouch.schemas.documents.values import Value, dump_fields, texts
from vouch.schemas.errors import SettingsError
from vouch.schemas.filter_syntax import read_filter, show_filter
from vouch.schemas.filters import AllOf, AnyOf, Comparison, Filter, Not, Operator

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
    keys = sorted({key for fields in documents for key in fields})
    own = [
        entry
        for fields in documents
        for value in fields.values()
        for entry in (value if isinstance(value, tuple) else (value,))
    ]
    values = st.sampled_from(own) | _SCALARS if own else _SCALARS
    parts = st.builds(
        lambda text, start, end: text[start:end],
        values.map(lambda value: texts(value)[0]),
        st.integers(0, 2),
        st.integers(1, 5),
    )
    single = st.builds(
        lambda key, operator, value: Comparison(f"metadata.{key}", operator, (value,)),
        st.sampled_from(keys),
        st.sampled_from([each for each in Operator if each not in (Operator.IN, Operator.NOT_IN)]),
        values | parts,
    )
    many = st.builds(
        lambda key, operator, value: Comparison(f"metadata.{key}", operator, tuple(value)),
        st.sampled_from(keys),
        st.sampled_from([Operator.IN, Operator.NOT_IN]),
        st.lists(values, max_size=4),
    )
    return single | many


def filters(documents: list[Mapping[str, Value]]) -> st.SearchStrategy[Filter]:
    return st.recursive(
        comparisons(documents),
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
    kinds: dict[str, set[type]] = {}
    for fields in documents:
        for key, value in fields.items():
            entries = value if isinstance(value, tuple) else (value,)
            kinds.setdefault(key, set()).update(map(kind, entries))
    for key in kinds:
        kinds[key] = kinds[key] or {str}
    for searched in data.draw(st.lists(filters(documents), min_size=1, max_size=12)):
        try:
            seen = matching(table, searched)
        except SettingsError:
            continue  # an operator or a value that does not fit the types of the key
        expected = {n for n, fields in enumerate(documents) if matches(searched, fields, kinds)}
        assert seen == expected, searched
        assert matching(table, Not(searched)) == set(range(len(documents))) - expected
        assert matching(table, read_filter(show_filter(searched))) == expected
