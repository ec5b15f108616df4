"""Settings files of any content: read, or refused by sentences that name the key and the file."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2.exceptions import TemplateError
from pydantic import BaseModel

from vouch.pipeline.context.settings_loader import read_golden, read_settings
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.row_template import RowEnvironment, checked_template
from vouch.schemas.settings.source_contract import FieldContract, SourceContract
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.table_source import TableSource
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText

SOURCES = "sources:\n  - name: docs\n    path: .\n"
TABLE = (
    "sources:\n  - kind: table\n    name: shop\n    path: shop.csv\n"
    "    key: [id]\n    text: '{{ name }}'\n"
)
_MAX_MESSAGE = 15_000  # characters: at most 20 problems

# Values as YAML, each wrong for most keys and hard for some.
VALUES = [
    "null", "true", "-1", "0", "1e400", ".nan", "-.inf", "9" * 4400, "''", "[]", "{}", "[[1]]",
    "{a: 1}", "{1: 2}", "!!python/object/apply:os.system ['touch ran']", "!!binary aGVsbG8=",
    "!!timestamp 2001-01-01", "2001-13-45", "!!set {a, b}", "!!omap [a: 1]", "!foo bar", "0o17",
    '"\\0"', '"\\ud800"', "|\n      a\n      b", "*nobody", "&a [*a]", "? x", "'${NOPE}'",
    "'${${NOPE}}'", f"'{'x' * 50_000}'", "'((((a+)+)+)+)+$'", "'['", "'(?P<year>'", "12:30:45",
    "{<<: {a: 1}}", "'**/[z-'", f"'{'**/' * 200}'", "'{{ [].__class__ }}'", "'file:///etc'",
]  # fmt: skip


def keys(model: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each key of a settings model and of those in it."""
    for name, field in model.model_fields.items():
        yield (*before, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, (*before, name))


def written(path: tuple[str, ...], value: str) -> str:
    """Return settings with one value; that of a source belongs to the first one."""
    if path[0] == "sources":
        return f"sources: {value}\n"
    lines = ["  " * depth + f"{key}:" for depth, key in enumerate(path)]
    return SOURCES + "\n".join(lines) + f" {value}\n"


def within_source(source: str, path: tuple[str, ...], value: str) -> str:
    kept = [line for line in source.splitlines() if not line.lstrip(" -").startswith(f"{path[0]}:")]
    lines = ["    " + "  " * depth + f"{key}:" for depth, key in enumerate(path)]
    return "\n".join([*kept, *lines]) + f" {value}\n"


PLACES: list[Callable[[str], str]] = [
    *(lambda value, path=path: written(path, value) for path in keys(Settings)),
    *(lambda value, path=path: within_source(SOURCES, path, value) for path in keys(FilesSource)),
    *(lambda value, path=path: within_source(TABLE, path, value) for path in keys(TableSource)),
    *(
        lambda value, name=name: within_source(TABLE, ("contract", name), value)
        for name in SourceContract.model_fields
    ),
    *(
        lambda value, name=name: within_source(TABLE, ("contract", "fields", "name", name), value)
        for name in FieldContract.model_fields
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("settings")
    (folder / "shop.csv").write_text("id,name\n1,tea\n")
    return folder


def refusal(read: Callable[[], object]) -> str:
    """Return the error's message, empty where there is none; anything else than ours is raised."""
    try:
        read()
    except SettingsError as error:
        assert len(str(error)) < _MAX_MESSAGE
        assert "Traceback" not in str(error)
        return str(error)
    return ""


@settings(
    max_examples=120, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(PLACES), value=st.sampled_from(VALUES))
def test_any_value_of_any_key_is_read_or_refused(
    folder: Path, place: Callable[[str], str], value: str
):
    file = folder / "vouch.yaml"
    file.write_text(place(value), "utf-8")
    message = refusal(lambda: read_settings(file))
    assert not message or "vouch.yaml" in message or "retrieval.golden" in message
    assert not Path("ran").exists()


@settings(max_examples=80, derandomize=True)
@given(text=st.text() | st.text("a:[]{}&*<!|>-?#%@`'\"\n \t,0é\x85\u2028", max_size=60))
def test_any_text_is_read_or_refused(text: str):
    refusal(lambda: SettingsText(SOURCES + text).settings())
    refusal(lambda: SettingsText(text).settings())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must contain keys and values"),
        (b"\0" * 100, "not YAML"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not UTF-8"),
        (SOURCES.encode("utf-16"), "not UTF-8"),
        ("name: ü".encode("latin-1"), "not UTF-8"),
        (b"\xef\xbb\xbf" + SOURCES.encode(), ""),
        (SOURCES.replace("\n", "\r\n").encode(), ""),
        (b"sources:\n\t- name: x\n", "line 2: this is not YAML"),
        (SOURCES.encode() + b"run: {}\nrun: {}\n", "line 5: this is not YAML"),
        (SOURCES.encode() + b"---\nrun: {}\n", "this is not YAML"),
        (b"- a\n", "must contain keys and values"),
        (b"a: " + b"[" * 50_000, "nested too deeply"),
        (b"{a: " * 20_000, "nested too deeply"),
        (b"\n".join(b" " * depth + b"a:" for depth in range(200)), "nested too deeply"),
        (SOURCES.encode() + b"#" + b"x" * 600_000, "at most 500,000"),
        (b"#" * 11_000_000, "more than 10 MB"),
        (SOURCES.encode() + b"".join(b"k%d: 1\n" % key for key in range(500)), "480 more problems"),
        (SOURCES.encode() + b"run: &r\n  <<: *r\n", "contains itself"),
        (SOURCES.encode() + b"run: &r {shard_mb: *r}\n", "run.shard_mb"),
        (SOURCES.encode() + b"run:\n  <<: 3\n", "vouch.yaml"),
        (SOURCES.encode() + b"? [a, b]\n: 1\n", "Keys should be strings"),
        (SOURCES.encode() + b"1: 1\nnull: 2\n", "Keys should be strings"),
        (b"!!python/object/apply:os.system ['touch ran']\n", "must contain keys"),
        (SOURCES.encode() + b"run: \x1b[31m\n", "not YAML"),
        (b"sources:\n  - {kind: {}, name: a, path: .}\n", "a source's kind is files or table"),
        (SOURCES.encode() + b'retrieval: {golden: "a\\0b"}\n', "retrieval.golden"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, message: str):
    file = tmp_path / "vouch.yaml"
    file.write_bytes(content)
    problem = refusal(lambda: read_settings(file))
    assert message in problem
    assert bool(problem) is bool(message)
    assert not Path("ran").exists()


def test_a_path_without_end_makes_no_message_without_end(tmp_path: Path):
    file = tmp_path / "vouch.yaml"
    file.write_text(SOURCES.replace("path: .", f"path: {'x' * 50_000}"))
    assert "sources.0.path" in refusal(lambda: read_settings(file))


def test_what_is_no_file_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, message in (
        ("none", "No such file"),
        ("pipe", "must contain keys and values"),
        (".", "directory"),
        ("loop", "symbolic links"),
        ("/dev/zero", "more than 10 MB"),
        ("a\0b", "null byte"),
        ("x" * 5000, "too long"),
    ):
        assert message in refusal(lambda name=name: read_settings(tmp_path / name))


def test_settings_can_be_piped():
    reading, writing = os.pipe()
    os.write(writing, SOURCES.encode())
    os.close(writing)
    assert read_settings(Path(f"/dev/fd/{reading}")).settings.sources[0].name == "docs"
    os.close(reading)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe", b"[" * 100_000, b"{" * 100_000, b"null", b"[]", b"1" * 5000, b'{"id": 1}',
        b'{"query": "' + b"x" * 1_000_000 + b'"}', b"\0\0", b'{"id": NaN}', b"{} {}",
    ],
)  # fmt: skip
def test_hostile_golden_queries_and_saved_plans_are_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "given.jsonl"
    file.write_bytes(content)
    assert str(file) in refusal(lambda: read_golden(file))
    assert str(file) in refusal(lambda: SavedPlan.read(file))


ESCAPES = [
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ row.__init__.__globals__ }}",
    "{{ name.__class__.__mro__ }}",
    "{{ '{0.__class__}'.format(name) }}",
    "{{ name | attr('__class__') }}",
    "{{ cycler.__init__.__globals__.os.system('touch ran') }}",
    "{{ self.__dict__ }}{{ name }}",
    "{{ ('%999999999d' % 1) }}{{ name }}",
    "{{ name.ljust(999999999) }}",
    "{{ name | center(999999999) }}",
    "{{ '%0999999999d' | format(1) }}{{ name }}",
    "{{ '{:999999999}'.format(name) }}",
    "{{ '{:{w}}'.format(name, w=999999999) }}",
    "{{ '%*d' % (999999999, 1) }}{{ name }}",
    "{{ name | indent(999999999) }}{{ 'a\\nb' | indent(999999999) }}",
    "{{ [1] | batch(999999999, 'x') | list }}{{ name }}",
    "{{ row | tojson(indent=999999999) }}{{ name }}",
    "{{ 9 ** 9 ** 9 }}{{ name }}",
    "{{ name * 999999999 }}",
    "{{ [1] * 999999999 }}{{ name }}",
    "{% for a in range(999999999) %}{{ name }}{% endfor %}",
    "{% for a in name recursive %}{{ loop([a]) }}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}{{ name }}",
    "{% include '/etc/passwd' %}{{ name }}",
    "{% import 'os' as os %}{{ name }}",
    "{{ " + "(" * 5000 + "name" + ")" * 5000 + " }}",
    "{{ name }}" + "{% if name %}" * 3000 + "{% endif %}" * 3000,
]


@pytest.mark.parametrize("template", ESCAPES)
def test_a_template_reaches_nothing_but_its_row_and_ends(template: str):
    """Refused as a setting, or for each row; what it gives is no larger than a few rows."""
    try:
        checked_template(template)
    except ValueError:
        return
    try:
        text = RowEnvironment().from_string(template).render(name="tea", row={"name": "tea"})
    except (TemplateError, TypeError, ValueError, RecursionError, OverflowError):
        return
    assert len(text) < 10_000
    assert "class" not in text
    assert not Path("ran").exists()


def test_a_template_may_format_great_numbers_and_little_widths():
    template = (
        "{{ '%d' % n }} {{ '{:>8} {}'.format(n, n) }} {{ n % 7 }} {{ '%.2f' | format(n) }} "
        "{{ 'a'.rjust(3) }} {{ t | indent(2) }} {{ n | tojson }}"
    )
    text = RowEnvironment().from_string(template).render(n=123456, t="{ 2026 }\nb")
    assert text == "123456   123456 123456 4 123456.00   a { 2026 }\n  b 123456"


def test_a_regular_expression_of_a_contract_takes_linear_time():
    """It is polars' own, which does not backtrack."""
    import polars as pl

    contract = FieldContract(pattern="((((a+)+)+)+)+$")
    texts = pl.Series(["a" * 100_000 + "!"])
    assert contract.pattern is not None
    assert texts.str.contains(contract.pattern).to_list() == [False]


def test_a_saved_plan_of_another_kind_names_what_writes_one(tmp_path: Path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"documents": {"a": 1}}))
    assert "vouch plan --save" in refusal(lambda: SavedPlan.read(file))
