"""What texts are by themselves, what contracts make of them, and that no value changes on its way
through the index.
"""

import json
import zlib
from datetime import UTC, date, datetime

import lancedb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.index.store.row_builders import declared_fields, metadata_columns
from vouch.index.store.tables import row_schema
from vouch.schemas.documents.codec import dump_structure, load_document
from vouch.schemas.documents.records import DamagedPart, Document, Element, ElementType, Metadata
from vouch.schemas.documents.value_types import converted, listed, typed
from vouch.schemas.documents.values import Value, dump_fields, load_fields, texts
from vouch.schemas.settings.source_contract import FieldType

SCHEMA = pa.schema([pa.field("id", pa.string()), pa.field("fields", pa.json_())])
SCALARS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4).map(tuple))
FIELDS = st.dictionaries(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20), VALUES, max_size=5
)


def same(first: object, second: object) -> bool:
    """Compare values and types: 1, 1.0 and True are three values."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return type(first) is type(second) and first == second


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024", 2024),
        ("-5", -5),
        ("2.5", 2.5),
        ("true", True),
        ("false", False),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31 09:30", datetime(2026, 1, 31, 9, 30)),
        *((text, text) for text in (
            "1.10", "007", "1e3", "+5", "-0", "1_000", "0x1F", "٣", ".5", "5.", "", " 5", "yes", "no",
            "True", "null", "NaN", "inf", "2026-02-31", "2026-1-31", "20260131T09", "9" * 5000,
            "9223372036854775808", "0.1234567890123456789", "staff, managers",
        )),
    ],
)  # fmt: skip
def test_a_text_is_a_number_only_where_it_is_written_like_one(text: str, value: Value):
    assert same(typed(text), value)


@given(st.text())
def test_whatever_a_text_is_by_itself_its_text_or_its_time_is_kept(text: str):
    value = typed(text)
    assert isinstance(value, date) or texts(value) == (text,)


@pytest.mark.parametrize(
    ("value", "kind", "written", "expected"),
    [
        ("007", "integer", None, 7),
        ("7.5", "integer", None, "7.5"),
        ("7.50", "number", None, 7.5),
        ("1e3", "number", None, 1000.0),
        ("nan", "number", None, "nan"),
        (2024, "text", None, "2024"),
        (10.5, "text", "10.50", "10.50"),
        ("yes", "boolean", None, True),
        (0, "boolean", None, False),
        ("maybe", "boolean", None, "maybe"),
        ("2026-01-31", "date", None, date(2026, 1, 31)),
        ("2026-01-31 (draft)", "date", None, date(2026, 1, 31)),
        (date(2026, 1, 31), "text", None, "2026-01-31"),
        ("staff", "list", None, ("staff",)),
        ("staff, hr; it", "list of text", None, ("staff", "hr", "it")),
        ("1, 02, x", "list of integer", None, (1, 2, "x")),
        (("1", "2"), "list of integer", None, (1, 2)),
        (("1", "b"), "integer", None, (1, "b")),
        (5, "list of text", None, ("5",)),
        ("9" * 30, "integer", None, "9" * 30),
    ],
)
def test_a_contract_decides_what_a_value_is(
    value: Value, kind: str, written: str | None, expected: Value
):
    assert same(converted(value, FieldType(kind), written), expected)


@given(VALUES, st.sampled_from(FieldType), st.none() | st.text(max_size=5))
def test_no_value_of_another_type_is_lost(value: Value, kind: FieldType, written: str | None):
    result = converted(value, kind, written)
    assert isinstance(result, tuple) or not isinstance(value, tuple)
    assert same(load_fields(dump_fields([("a", result)]))["a"], in_zones(result))


def in_zones(value: Value) -> Value:
    """Return a value as the index has it: times have a zone."""
    if isinstance(value, tuple):
        return tuple(in_zones(entry) for entry in value)  # type: ignore[misc] - no tuple in one
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


@given(st.lists(FIELDS, min_size=1, max_size=5))
@settings(max_examples=20)
def test_fields_come_back_from_a_table_as_they_were(tmp_path_factory: pytest.TempPathFactory, rows):
    folder = tmp_path_factory.mktemp("fields", numbered=True)
    table = lancedb.connect(folder).create_table("t", schema=SCHEMA)
    table.add(
        pa.Table.from_pylist(
            [{"id": str(n), "fields": dump_fields(row.items())} for n, row in enumerate(rows)],
            schema=SCHEMA,
        )
    )
    # Written again as publishing and repairs do it: what is read has the schema of rows.
    read = table.search().to_arrow()
    assert read.schema == row_schema(table)
    table.merge_insert("id").when_matched_update_all().execute(read)
    again = {row["id"]: row["fields"] for row in table.search().to_arrow().to_pylist()}
    for number, row in enumerate(rows):
        back = load_fields(again[str(number)])
        assert back.keys() == row.keys()
        assert all(same(back[key], value) for key, value in row.items())


@given(FIELDS)
def test_fields_come_back_from_the_stored_structure_as_they_were(fields: dict[str, Value]):
    metadata = Metadata(title="T", extra=tuple(fields.items()), written=(("a", "1.0"),))
    document = Document("x", (Element(ElementType.PARAGRAPH, 0, 1),), metadata)
    back = load_document("x", dump_structure(document)).metadata
    assert back == metadata
    assert all(same(*pair) for pair in zip(dict(back.extra).values(), fields.values(), strict=True))


def test_a_structure_of_before_is_read_with_the_types_of_its_parser():
    stored = {
        "elements": [],
        "metadata": {
            "title": "T", "author": None, "language": None, "created": None, "modified": None,
            "extra": [["pages", "12"], ["hidden_slides", "2, 5"], ["keywords", "a; b"],
                      ["damaged_parts", "sheet a, b, sheet c"], ["acl", "staff, hr"], ["n", "5"]],
        },
        "damaged": [{"name": "sheet a, b", "message": "m"}, {"name": "sheet c", "message": "m"}],
    }  # fmt: skip
    document = load_document("", zlib.compress(json.dumps(stored).encode()))
    assert document.damaged[0] == DamagedPart("sheet a, b", "m")
    assert document.metadata.extra == (
        ("pages", 12), ("hidden_slides", (2, 5)), ("keywords", ("a", "b")),
        ("damaged_parts", ("sheet a, b", "sheet c")), ("acl", "staff, hr"), ("n", "5"),
    )  # fmt: skip


def test_pairs_have_the_texts_and_fields_the_types():
    created = datetime(2026, 1, 31, 9, tzinfo=UTC)
    metadata = Metadata(
        author="Ada",
        created=created,
        extra=(("acl", ("staff", "hr")), ("price", 10.5), ("n", 7), ("none", ())),
        written=(("price", "10.50"),),
    )
    columns = metadata_columns(declared_fields(metadata))
    assert [(pair["key"], pair["value"]) for pair in columns["metadata"]] == [
        ("author", "Ada"),
        ("created", "2026-01-31T09:00:00+00:00"),
        ("acl", "staff"),
        ("acl", "hr"),
        ("price", "10.50"),
        ("n", "7"),
    ]
    assert load_fields(columns["fields"]) == {
        "author": "Ada",
        "created": created,
        "acl": ("staff", "hr"),
        "price": 10.5,
        "n": 7,
        "none": (),
    }


@pytest.mark.parametrize(
    ("text", "entries"),
    [("a, b", ("a", "b")), ("a;b", ("a", "b")), ("a", ("a",)), (" , ;", ()), ("", ())],
)
def test_keywords_are_a_list(text: str, entries: tuple[str, ...]):
    assert listed(text) == entries
