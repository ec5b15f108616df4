"""Crafted names and values of filters, by every operator and every way in: none is executed."""

from pathlib import Path

import pytest

import vouch
from tests.parsers.hostile import CRAFTED, NAUGHTY
from tests.pipeline.steps import configure, run, tables
from vouch.index.search.index import Index
from vouch.schemas.errors import SettingsError
from vouch.schemas.filter_syntax import bind, read_filter
from vouch.schemas.filters import Comparison, Filter, Operator, Typed

# Each would match all rows if it ended its literal, its JSON string, its path or its pattern.
PAYLOADS = (
    r"\' OR true))) --",
    "' OR '1'='1",
    r"\')) OR true)) --",
    '" || @ == @ || @ == "',
    '") || true ? (@ != "x',
    r"\" || 1 == 1 || \"",
    "\"])[*] ? (1 == 1)') OR true --",
    ".*",
    r"x\E.*",
    ")|(",
    "%",
    "_",
    "$groups",
    "') or (uri != 'x",
    '", "a", "',
    "x) or (true",
    "\0",
    "\ud800",
    "''",
    "\\",
    "\\\\",
    "(" * 300,
)
NAMES = ("title", "uri", "acl", "metadata.acl", "heading_path", "year", "ingested_at", "page_start")
# What no document here is, by the values above, is what these operators find.
POSITIVE = [each for each in Operator if each not in (Operator.NOT_EQUAL, Operator.NOT_IN)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Index:
    folder = tmp_path_factory.mktemp("filters")
    (folder / "documents").mkdir()
    for name in ("a", "b'c", "it''s"):
        front = "---\ntitle: Rivers\nacl: [staff, hr]\nyear: 2024\n---\n\n"
        (folder / f"documents/{name}.md").write_text(front + "# Words\n\nwords about rivers\n")
    path = configure(folder, tiny_model)
    run(path)
    return vouch.open(tables(path).location.local_path)


def documents_of(index: Index, searched: str | Filter) -> set[str] | None:
    """Return the documents that a filter lets a search find; None where it is refused."""
    try:
        hits = index.search("words", k=10, mode="text", filters=[searched], breadth="all")
    except SettingsError as error:
        assert str(error)
        return None
    return {hit.uri for hit in hits}


def ways(name: str, operator: Operator, value: str) -> list[str | Filter]:
    """Return a comparison as text, as an expression, as a value, and with a bound parameter."""
    many = operator in (Operator.IN, Operator.NOT_IN)
    shown = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = f"({shown})" if many else value
    expression = f"({name} {operator} {f'({shown})' if many else shown})"
    profile = read_filter(f"{name} {operator} $value", with_parameters=True)
    return [
        f"{name} {operator} {text}",
        expression,
        Comparison(name, operator, (Typed(value),)),
        Comparison(name, operator, (value,)),
        bind(profile, {"value": [value] if many else value}),
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("operator", list(Operator))
def test_a_crafted_value_is_a_value(index: Index, name: str, operator: Operator):
    every = {"a.md", "b'c.md", "it''s.md"}
    for value in PAYLOADS:
        for searched in ways(name, operator, value):
            uris = documents_of(index, searched)
            if operator in POSITIVE and name == "uri" and operator == Operator.CONTAINS:
                assert uris is None or uris == {uri for uri in every if value in uri}
            elif operator in (Operator.EQUAL, Operator.IN, Operator.CONTAINS, Operator.PREFIX):
                assert not uris, (name, operator, value)
            elif operator in (Operator.NOT_EQUAL, Operator.NOT_IN):
                assert uris in (None, every), (name, operator, value)


def test_a_crafted_name_is_the_name_of_nothing(index: Index):
    for payload in PAYLOADS:
        for name in (payload, f"metadata.{payload}", f"acl{payload}", f"metadata.acl{payload}"):
            for operator in Operator:
                values = (Typed("x"),)
                assert not documents_of(index, Comparison(name, operator, values)), name


def test_a_value_that_is_put_into_a_filter_adds_no_condition(index: Index):
    for value in (*PAYLOADS, "x or acl=staff", "x or uri!=y", "x) or (acl=staff", "x' or 'a'='a"):
        assert not documents_of(index, f"acl={value}")
        assert not documents_of(index, f"metadata.acl={value}")


def test_names_of_files_with_quotes_are_matched_as_they_are(index: Index):
    assert documents_of(index, "uri=b'c.md") == {"b'c.md"}
    assert documents_of(index, "uri=it''s.md") == {"it''s.md"}
    assert documents_of(index, "uri=it's.md") == set()


def test_any_text_is_a_value_for_any_operator(index: Index):
    for value in [*NAUGHTY, *CRAFTED][::40]:
        for name in ("title", "metadata.acl"):
            for operator in (Operator.EQUAL, Operator.CONTAINS, Operator.PREFIX, Operator.IN):
                assert not documents_of(index, Comparison(name, operator, (value + "\u2028",)))
