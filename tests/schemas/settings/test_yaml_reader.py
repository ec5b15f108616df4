"""Settings: every problem is reported by key and line, with the nearest valid key."""

import pytest

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText

FILES = "sources:\n  - name: docs\n    path: docs\n"
TABLE = (
    "sources:\n  - kind: table\n    name: shop\n    path: shop.csv\n"
    "    key: [id]\n    text: '{{ name }}'\n"
)


def settings(text: str) -> Settings:
    return SettingsText(text).settings()


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        settings(text)
    return str(raised.value)


def test_everything_but_the_sources_has_a_default():
    read = settings(FILES)
    assert read.sources[0].name == "docs"
    assert read.embedding.model == "all-MiniLM-L6-v2"


def test_sources_of_both_kinds_can_be_combined():
    read = settings(TABLE + "  - name: docs\n    path: docs\n")
    assert [source.kind for source in read.sources] == ["table", "files"]
    assert settings(TABLE).model_dump()["sources"][0]["key"] == ("id",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            FILES + "chunking:\n  max_tokns: 5\n",
            "line 5: chunking.max_tokns is not a valid key; did you mean max_tokens?",
        ),
        (
            FILES + "    incldue: ['*']\n",
            "line 4: sources.0.incldue is not a valid key; did you mean include?",
        ),
        (
            FILES + "zzz: 1\n",
            "line 4: zzz is not a valid key; valid keys are sources, parsing",
        ),
        (
            FILES + "parsing:\n\n  workers: many\n",
            "line 6: parsing.workers must be a whole number, not 'many'",
        ),
        (
            FILES + "parsing: {workers: 0}\n",
            "line 4: parsing.workers must be 1 or more, not 0",
        ),
        (
            FILES + "embedding: {precision: int8}\n",
            "line 4: embedding.precision must be 'auto', 'float32' or 'bfloat16', not 'int8'",
        ),
        (
            "sources:\n  - name: docs\n",
            "line 2: sources.0.path is missing; it has no default",
        ),
        (
            "sources:\n  - {name: a, path: x}\n  - {name: a, path: y}\n",
            "line 1: sources: two sources have the name a",
        ),
        (
            "sources:\n  - {name: A b, path: x}\n",
            "line 2: sources.0.name must match ^[a-z0-9]",
        ),
        ("sources: []\n", "line 1: sources must not be empty"),
        ("chunking: {}\n", "line 1: sources is missing"),
        ("sources: [", "line 1: this is not YAML"),
        ("- a\n", "must contain keys and values"),
        ("", "must contain keys and values"),
    ],
)
def test_a_problem_is_reported_by_key_and_line(text: str, message: str):
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TABLE + "    titel: x\n",
            "line 7: sources.0.titel is not a valid key; did you mean title?",
        ),
        (TABLE + "    hidden: true\n", "line 7: sources.0.hidden is not a valid key"),
        (TABLE.replace("    key: [id]\n", ""), "line 2: sources.0.key is missing"),
        (
            TABLE.replace("table", "tabel"),
            "line 2: sources.0: a source's kind is files or table, not 'tabel'",
        ),
        (TABLE + "    url: sqlite://\n", "line 2: sources.0: a table has either a path or a url"),
        (TABLE + "    query: select 1\n", "query and table go with a url"),
        (TABLE.replace("path: shop.csv", "url: sqlite://"), "has either a query or a table"),
        (TABLE.replace("[id]", "[id, id]"), "the key names id twice"),
        (TABLE + "    types: {id: zip}\n", "sources.0.types.id must be 'text', 'number'"),
        (
            TABLE.replace("{{ name }}", "{{ name"),
            "line 6: sources.0.text: this is not a valid template: unexpected end of template",
        ),
    ],
)
def test_a_problem_of_a_table_is_reported_by_key_and_line(text: str, message: str):
    assert message in refusal(text)


def test_all_problems_are_reported_at_once():
    lines = refusal(FILES + "parsing: {wrkers: 1, timeout_s: soon}\nfoo: 1\n").splitlines()
    assert [line.split(": ")[1].split(" ")[0] for line in lines] == [
        "parsing.timeout_s",
        "parsing.wrkers",
        "foo",
    ]


@pytest.mark.parametrize("kind", ["tabel", "table", "files"])
def test_no_message_contains_the_secret_of_a_url(kind: str):
    url = "postgresql://me:s3cret@host/db"
    message = refusal(f"sources:\n  - kind: {kind}\n    name: shop\n    url: {url}\n    txt: 1\n")
    assert "s3cret" not in message


def test_settings_are_shown_without_the_secret_of_a_url():
    url = "url: 'postgresql://me:s3cret@h/d'\n    table: t"
    assert "s3cret" not in repr(settings(TABLE.replace("path: shop.csv", url)))


BOMB = "x0: &x0 [y,y,y,y,y,y,y,y,y]\n" + "".join(
    f"x{number}: &x{number} [{','.join([f'*x{number - 1}'] * 9)}]\n" for number in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB + FILES, "aliases make more than 100,000 values"),
        (FILES + "chunking: &a [*a]\n", "line 4: chunking must be"),
        ("sources: " + "[" * 20_000, "nested too deeply"),
        ("sources: \0\n", "this is not YAML"),
        ("sources: !!timestamp x\n", "this is not YAML"),
    ],
)
def test_a_hostile_file_is_refused_at_once(text: str, message: str):
    assert message in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("path: shop.csv", "url: [postgresql://bob:s3cret@host/db]"),
        FILES + "    storage_options: s3cret\n",
        FILES.replace("path: docs", "path: [ftp://bob:s3cret@host/docs]"),
        FILES.replace("path: docs", "path: [https://host/docs?token=s3cret]"),
        FILES + "alerts: {to: {url: slack://s3cret}}\n",
    ],
)
def test_a_secret_in_a_value_of_the_wrong_type_is_not_printed(text: str):
    assert "s3cret" not in refusal(text)
