"""Rendering a row: the text, the metadata, and errors that name the row."""

import json

import pytest

from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.tables.renderer import Renderer
from vouch.sources.tables.values import canonical_row


def render(row: dict[str, str], **settings) -> dict:
    defaults = {
        "name": "shop",
        "path": ".",
        "key": ("id",),
        "text": "{{ name }} costs {{ price }}",
    }
    renderer = Renderer(TableSource(**{**defaults, **settings}))
    return json.loads(renderer.render("a.csv#key/id=1", canonical_row(row), row.keys()))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"text": "{{ nme }}"},
            "a.csv#key/id=1 of source shop: the template `text` cannot be rendered: "
            "'nme' is undefined",
        ),
        ({"text": "{{ row['the name'] }}"}, "has no attribute 'the name'"),
        ({"text": "{{ price / 2 }}"}, "unsupported operand"),
        ({"text": "{{ price * 1000000000 }}"}, "may multiply numbers only"),
        (
            {"text": "{{ name }}", "title": "{{ row.x.y }}"},
            "the template `title` cannot be rendered",
        ),
        ({"text": "{{ name.__class__.__mro__ }}"}, "is unsafe"),
        ({"types": {"name": "number"}}, "column name: 'Pen' is not a valid number"),
        ({"modified": "name"}, "column name: 'Pen' is not a time in ISO 8601"),
        ({"modified": "when"}, "the table has no column when"),
        ({"metadata": ("colour",)}, "the table has no column colour"),
    ],
)
def test_an_error_names_the_row_and_the_cause(settings: dict, message: str):
    with pytest.raises(SourceRefused) as raised:
        render({"id": "1", "name": "Pen", "price": "2"}, **settings)
    assert message in str(raised.value)


def test_templates_see_values_of_the_declared_types():
    text = (
        "{{ name }}: {{ price * 2 }} in {{ day.year }}{% if new %} (new){% endif %}"
        "{% for letter in name %} {{ letter }}{% endfor %}"
    )
    row = {"id": "1", "name": "Pen", "price": "1.10", "day": "2024-01-05", "new": "no"}
    types = {"price": "number", "day": "date", "new": "boolean"}
    document = render(row, text=text, types=types, metadata=("price", "new"))
    assert document["text"] == "Pen: 2.20 in 2024 P e n"
    assert document["metadata"] == {"price": 1.1, "new": False}
    assert document["written"] == {"price": "1.10", "new": "no"}


def test_metadata_is_the_key_and_what_the_text_does_not_show():
    row = {"id": "1", "name": "Pen", "price": "1", "Item Name": "x", "colour": "red"}
    document = render(row, text="{{ id }} {{ row['Item Name'] }} {{ name }}")
    assert document["metadata"] == {"id": 1, "price": 1, "colour": "red"}


def test_metadata_includes_the_contracts_fields_and_the_cursor():
    row = {"id": "1", "name": "Pen", "price": "1", "at": "7"}
    contract = {"fields": {"price": {}}}
    document = render(row, metadata=(), contract=contract, cursor="at")
    assert document["metadata"] == {"price": 1, "at": 7}
