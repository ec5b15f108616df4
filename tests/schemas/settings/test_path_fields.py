"""Parts of paths as fields: which patterns there are, and what is wrong with others."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.documents.values import Value
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.path_fields import fields_of_path

TABLE = "{kind: table, name: docs, key: [id], text: '{{ id }}', path_fields: '{a}/*', "


def fields(pattern: str | tuple[str, ...], path: str) -> dict[str, Value]:
    patterns = (pattern,) if isinstance(pattern, str) else pattern
    return {field.key: field.value for field in fields_of_path(patterns, path)}


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("{client}/{year}/**", "acme/2024/a/b.pdf", {"client": "acme", "year": 2024}),
        ("{client}/{year}/**", "acme/2024/b.pdf", {"client": "acme", "year": 2024}),
        ("{client}/{year}/**", "acme/b.pdf", {}),
        ("{client}/**/{name}.pdf", "acme/b.pdf", {"client": "acme", "name": "b"}),
        ("{client}/**/{name}.pdf", "acme/x/y/b.pdf", {"client": "acme", "name": "b"}),
        ("**/{code}-{part}.pdf", "x/007-2.pdf", {"code": "007", "part": 2}),
        ("*/v{version}/*", "x/v1.10/b.md", {"version": "1.10"}),
        ("{a}/b.md", "x/B.md", {}),
        ("client={client}/**", "client=acme/b.md", {"client": "acme"}),
        ("/{client}/*", "acme/b.md", {"client": "acme"}),
        ("hive", "x/client=acme%20ltd/year=2024/a=b.md", {"client": "acme ltd", "year": 2024}),
        ("hive", "client=__HIVE_DEFAULT_PARTITION__/b.md", {}),
        ("{a}.(x)/*", "b.(x)/c", {"a": "b"}),
        ("{a}/*", "zoë\n2/c", {"a": "zoë\n2"}),
        (("{a}/{b}/*", "{c}/*"), "x/y/z", {"a": "x", "b": "y"}),
        (("{a}/{b}/*", "{c}/*"), "x/z", {"c": "x"}),
        ("{a}/*", "x" * 300 + "/z", {}),
    ],
)
def test_parts_of_a_path_are_fields(
    pattern: str | tuple[str, ...], path: str, expected: dict[str, Value]
):
    assert fields(pattern, path) == expected


@given(st.lists(st.text("ab-=.", min_size=1, max_size=250), min_size=1, max_size=6))
def test_a_value_is_a_part_of_its_path(parts: list[str]):
    path = "/".join(parts)
    for key, value in fields(("{a}-{b}-{c}/**", "**/{d}={e}"), path).items():
        assert str(value) in path, key


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("path_fields: 'a/**'", "names no field; write {client}/{year}/**, or hive"),
        ("path_fields: '{a}/{a}/**'", "has {a} twice"),
        ("path_fields: '{a}{b}/**'", "needs a letter or sign between two parts"),
        ("path_fields: '{a/**'", "bracket that does not close|names no field"),
        ("path_fields: '{a}-{b}-{c}-{d}/**'", "more than 3 names in one folder"),
        ("path_fields: '{}/**'", "is no name of a field"),
        ("path_fields: ['{a}/*', '{b!}/*']", "is no name of a field"),
    ],
)
def test_a_pattern_that_is_none_is_named(tmp_path: Path, source: str, message: str):
    file = tmp_path / "vouch.yaml"
    file.write_text(f"sources:\n  - name: docs\n    path: docs\n    {source}\n")
    with pytest.raises(SettingsError, match="path_fields") as raised:
        read_settings(file)
    assert any(part in str(raised.value) for part in message.split("|"))


def test_rows_of_a_database_have_no_path(tmp_path: Path):
    file = tmp_path / "vouch.yaml"
    file.write_text(f"sources:\n  - {TABLE}url: 'sqlite:///a.db', table: t}}\n")
    with pytest.raises(SettingsError, match="path_fields go with a path"):
        read_settings(file)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.csv").write_text("id\n1\n")
    file.write_text(f"sources:\n  - {TABLE}path: 'a/*.csv'}}\n")
    assert read_settings(file).settings.sources[0].path_fields == ("{a}/*",)
