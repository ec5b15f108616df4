"""Settings of tables: what is wrong is named, by key and line, and no secret is told."""

from pathlib import Path

import pytest

from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings_yaml import SettingsText

GOOD = "sources:\n  - kind: table\n    name: shop\n    path: shop.csv\n    key: [id]\n    text: '{{ name }}'\n"


def test_both_kinds_stand_side_by_side():
    read = SettingsText(GOOD + "  - name: docs\n    path: docs\n").settings()
    assert [source.kind for source in read.sources] == ["table", "files"]
    assert SettingsText(GOOD).settings().model_dump()["sources"][0]["key"] == ("id",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD + "    titel: x\n",
            "line 7: sources.0.titel is not a key that Vouch knows; did you mean title?",
        ),
        (GOOD + "    hidden: true\n", "line 7: sources.0.hidden is not a key that Vouch knows"),
        (GOOD.replace("    key: [id]\n", ""), "line 2: sources.0.key is missing"),
        (
            GOOD.replace("table", "tabel"),
            "line 2: sources.0: a source's kind is files or table, not 'tabel'",
        ),
        (
            GOOD.replace("{{ name }}", "{{ name"),
            "line 6: sources.0.text: this is not a template: unexpected end of template",
        ),
        (GOOD.replace("{{ name }}", "hello"), "sources.0.text: it names no column"),
        (GOOD.replace("{{ name }}", "{% macro a() %}{{ x }}{% endmacro %}"), "may not hold macro"),
        (GOOD.replace("{{ name }}", "{% include name %}"), "may not hold include"),
        (GOOD + "    url: sqlite://\n", "line 2: sources.0: a table has either a path or a url"),
        (GOOD + "    query: select 1\n", "query and table go with a url"),
        (GOOD.replace("path: shop.csv", "url: sqlite://"), "has either a query or a table"),
        (GOOD.replace("[id]", "[id, id]"), "the key names id twice"),
        (GOOD + "    types: {id: zip}\n", "sources.0.types.id: Input should be 'text', 'number'"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str):
    with pytest.raises(SettingsError) as raised:
        SettingsText(text).settings()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("path: nowhere/*.csv", r"line 4: sources.0.path: .*there is no folder"),
        (
            "url: 'sqlite:///no.db'\n    table: t",
            r"line 4: sources.0.url: .*there is no database .*no\.db",
        ),
        (
            "url: '${VOUCH_NOT_SET}'\n    table: t",
            "its url cannot be filled in: the environment variable VOUCH_NOT_SET is not set",
        ),
        (
            "url: 'nodialect://me:s3cret@host/db'\n    table: t",
            r"nodialect://[*]+@host/db cannot be read: Can't load plugin",
        ),
        ("url: 's3cret'\n    table: t", "its url is none that SQLAlchemy reads"),
        (
            "url: 'adbc+nothing:///s3cret@x'\n    table: t",
            "there is no ADBC driver for nothing here; install adbc-driver-nothing",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_any_work(tmp_path: Path, more: str, message: str):
    file = tmp_path / "vouch.yaml"
    file.write_text(GOOD.replace("path: shop.csv", more))
    with pytest.raises(SettingsError, match=message) as raised:
        read_settings(file)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("wrong", ["kind: tabel", "kind: table", "kind: files"])
def test_no_secret_of_a_url_is_told(wrong: str):
    text = f"sources:\n  - {wrong}\n    name: shop\n    url: postgresql://me:s3cret@host/db\n    txt: 1\n"
    with pytest.raises(SettingsError) as raised:
        SettingsText(text).settings()
    assert "s3cret" not in str(raised.value)
    assert "s3cret" not in repr(
        SettingsText(
            GOOD.replace("path: shop.csv", "url: 'postgresql://me:s3cret@h/d'\n    table: t")
        ).settings()
    )
