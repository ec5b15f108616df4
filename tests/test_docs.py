"""The documents agree with the code: settings, commands, links, paths and generated parts."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from docs.generate import GENERATED
from vouch.cli import EXIT_CODES, INTERRUPTED, app
from vouch.schemas.errors import SettingsError, VouchError
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText

ROOT = Path(__file__).parent.parent
GUIDES = sorted(file for file in (ROOT / "docs").glob("*.md") if file.name not in GENERATED)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [*GUIDES, ROOT / "README.md"]
VOUCH = typer.main.get_command(app)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND_ENDS = {"|", "||", "&&", ";", "&", ">", ">>", "<", "(", ")"}


def blocks(document: Path, *languages: str) -> list[str]:
    return [
        text
        for language, text in _BLOCK.findall(document.read_text("utf-8"))
        if language in languages
    ]


# Settings


def snippets() -> list[Any]:
    """Return each YAML block of the guides but those of another file (`# prefect.yaml`)."""
    texts = [
        (file, number, text)
        for file in WRITTEN
        for number, text in enumerate(blocks(file, "yaml", "yml"), 1)
    ]
    return [
        pytest.param(text, id=f"{file.name} {number}")
        for file, number, text in texts
        if not re.match(r"# (?!vouch\.)\S+\.ya?ml", text)
    ]


def settings_of(text: str) -> Settings:
    """Return the settings of a part of vouch.yaml, with a source added where it has none.

    Raises `SettingsError`.
    """
    data = YAML(typ="safe").load(text)
    source = "" if "sources" in data else "\nsources: [{name: docs, path: documents}]\n"
    return SettingsText(text + source).settings()


@pytest.mark.parametrize("text", snippets())
def test_every_yaml_snippet_is_valid_settings(text: str):
    settings_of(text)


@pytest.mark.parametrize(
    "text", ["index: {keep_publishd: 3}", "paring: {workers: 2}", "sources: [{name: a}]"]
)
def test_a_wrong_snippet_is_reported_with_its_line(text: str):
    with pytest.raises(SettingsError, match="line 1"):
        settings_of(text)


# Commands


def calls(text: str) -> list[list[str]]:
    """Return the arguments of each `vouch` that a piece of shell calls."""
    arguments: list[list[str]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if not re.search(r"\bvouch\b", line.partition(" # ")[0]):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        arguments += _calls_of_line(list(lexer))
    return arguments


def _calls_of_line(words: list[str]) -> list[list[str]]:
    arguments: list[list[str]] = []
    is_start = True
    for word in words:
        if is_start and (word == "vouch" or word.endswith("/vouch")):
            arguments.append([])
        elif arguments and not is_start and word not in _COMMAND_ENDS:
            arguments[-1].append(word)
        is_start = word in _COMMAND_ENDS or word == "$" or (is_start and "=" in word)
    return arguments


def problem_of(words: list[str]) -> str | None:
    """Return why the CLI would refuse a call; its arguments may be missing, as in running text."""
    command, context, rest = VOUCH, typer.Context(VOUCH, info_name="vouch"), words
    while True:
        try:
            values, rest, _ = command.make_parser(context).parse_args(list(rest))
        except Exception as error:  # noqa: BLE001 - click's errors are typer's own
            return str(error)
        for parameter in command.params:
            if problem := _bad_choice(parameter, values.get(parameter.name), context):
                return problem
        if not rest:
            return None
        if not hasattr(command, "commands"):
            return f"{context.command_path} takes no {' '.join(rest)}"
        name, *rest = rest
        if name not in command.commands:
            return f"{context.command_path} has no command {name}"
        command = command.commands[name]
        context = typer.Context(command, info_name=name, parent=context)


def _bad_choice(parameter: Any, value: Any, context: typer.Context) -> str | None:
    help_text = (parameter.get_help_record(context) or ("",))[0]
    choices = re.search(r"<([a-z]+(?:\|[a-z]+)+)>", help_text)
    is_good = choices is None or not isinstance(value, str) or value in choices[1].split("|")
    return None if is_good else f"{parameter.opts[0]} takes {choices[1]}, not {value}"


def shell() -> list[Any]:
    """Return each call of `vouch` in blocks of shell, and between backticks in the text."""
    texts = []
    for file in WRITTEN:
        prose = _BLOCK.sub("", file.read_text("utf-8"))
        inline = [text.replace("\\|", "|") for text in re.findall(r"`(vouch [a-z-][^`]*)`", prose)]
        texts += [
            (file, call)
            for text in [*blocks(file, "sh", "bash", "shell", "console"), *inline]
            for call in calls(text)
        ]
    unique = dict.fromkeys((file.name, shlex.join(call)) for file, call in texts)
    return [pytest.param(shlex.split(call), id=f"{name}: {call}") for name, call in unique]


@pytest.mark.parametrize("words", shell())
def test_every_command_in_the_documents_is_accepted_by_the_command_line(words: list[str]):
    assert problem_of(words) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("vouch plan --al", "--al"),
        ("vouch -c next.yaml ingset", "no command ingset"),
        ("vouch golden ad 'x'", "no command ad"),
        ("A=b vouch --quiet backfill --since 2026-01-01 --every fortnight", "fortnight"),
        ("vouch plan && bin/vouch search x -k", "-k"),
        ("vouch maintain now", "takes no now"),
    ],
)
def test_an_unknown_command_is_reported(text: str, problem: str):
    assert problem in str(problem_of(calls(text)[-1]))


@pytest.mark.parametrize("command", sorted(VOUCH.commands))
def test_every_command_is_shown_in_a_guide(command: str):
    pattern = re.compile(rf"\bvouch {command}\b")
    assert [file for file in WRITTEN if pattern.search(file.read_text("utf-8"))]


def exit_codes(kind: type[VouchError]) -> set[int]:
    return {kind.exit_code}.union(*(exit_codes(below) for below in kind.__subclasses__()))


def test_every_exit_code_is_documented():
    assert set(EXIT_CODES) == {0, INTERRUPTED, *exit_codes(VouchError)}


# Links and paths


def anchors(markdown: str) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    names: set[str] = set()
    for heading in re.findall(r"^#+ (.+?)\s*$", _BLOCK.sub("", markdown), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", text).lower().replace(" ", "-")
        count = sum(
            re.fullmatch(rf"{re.escape(name)}(-\d+)?", earlier) is not None for earlier in names
        )
        names.add(f"{name}-{count}" if count else name)
    return names


def exists(document: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = document.parent / name if name else document
    return file.exists() and (not anchor or anchor in anchors(file.read_text("utf-8")))


def links() -> list[Any]:
    targets = [
        (file, target)
        for file in DOCUMENTS
        for target in _LINK.findall(_BLOCK.sub("", file.read_text("utf-8")))
        if "://" not in target
    ]
    return [
        pytest.param(file, target, id=f"{file.relative_to(ROOT)}: {target}")
        for file, target in dict.fromkeys(targets)
    ]


@pytest.mark.parametrize(("document", "target"), links())
def test_every_link_leads_to_a_file_and_a_heading(document: Path, target: str):
    assert exists(document, target)


@pytest.mark.parametrize("target", ["nowhere.md", "settings.md#nothing", "#nothing"])
def test_a_broken_link_is_reported(target: str):
    assert not exists(ROOT / "docs" / "settings.md", target)


# Records and the changelog may name files of their time; these describe the code as it is.
DESCRIBING = [
    ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY")
]


@pytest.mark.parametrize("document", [*DESCRIBING, *GUIDES], ids=lambda path: path.name)
def test_every_path_of_the_repository_in_backticks_exists(document: Path):
    roots = "|".join(sorted(path.parent.name for path in ROOT.glob("*/__init__.py")))
    paths = re.findall(rf"`((?:{roots}|docs)/[\w./-]*)[:`]", document.read_text("utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_case_of_the_fault_matrix_names_a_test_that_exists():
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    cases = [line for line in text.splitlines() if line.startswith("| ") and "shown by" not in line]
    named = re.findall(r"`((?:tests/)?[\w/]+\.py)::(test_\w+)`", text)
    assert len(named) >= len(cases) > 50
    for file, test in named:
        path = ROOT / (file if "/" in file else f"tests/hostile/{file}")
        assert f"def {test}(" in path.read_text("utf-8"), f"{file}::{test}"


@pytest.mark.parametrize(
    "name", sorted({path.name for path in (ROOT / "docs").glob("*.[mj]*")} - {"README.md"})
)
def test_the_index_of_the_documents_lists_each(name: str):
    assert f"]({name})" in (ROOT / "docs" / "README.md").read_text("utf-8")


def test_the_readme_is_short_and_its_picture_small():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
    assert (ROOT / "docs" / "images" / "report.png").stat().st_size <= 200_000


# Decisions


@pytest.mark.parametrize("record", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_a_number_a_date_a_status_and_a_place_in_the_index(record: Path):
    title, _, status, *_ = record.read_text("utf-8").splitlines()
    number = int(record.name[:4])
    assert title.startswith(f"# {number}. ")
    assert re.match(r"\d{4}-\d\d-\d\d · (accepted|replaced)", status)
    index = (record.parent / "README.md").read_text("utf-8")
    assert f"| [{number}]({record.name}) |" in index


def test_numbers_of_decisions_are_unique():
    numbers = [record.name[:4] for record in DECISIONS]
    assert len(set(numbers)) == len(numbers)


# Generated documents


@pytest.mark.parametrize("name", GENERATED)
def test_generated_documents_are_up_to_date(name: str):
    assert (ROOT / "docs" / name).read_text("utf-8") == GENERATED[name](), (
        f"docs/{name} differs from the code: run `make docs`"
    )


def test_every_setting_has_a_description():
    assert [line for line in GENERATED["settings.md"]().splitlines() if line.endswith("|  |")] == []


@pytest.mark.parametrize(
    "key",
    ["parsing.workers", "contracts.batch.min_documents", "sources[].contract.fields.NAME.min"],
)
def test_nested_settings_are_documented_down_to_the_last_key(key: str):
    assert f"| `{key}` |" in GENERATED["settings.md"]()
