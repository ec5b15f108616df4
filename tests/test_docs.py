"""What the documents say is so: generated parts are up to date, snippets are settings and commands that there are, links lead."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from docs.generate import GENERATED
from vouch.cli import EXIT_CODES, app
from vouch.schemas.errors import SettingsError, VouchError
from vouch.schemas.settings import Settings
from vouch.schemas.settings_yaml import SettingsText

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
LINKING = [*DOCS, *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"))]
WRITTEN = [*(file for file in DOCS if file.name not in GENERATED), ROOT / "README.md"]
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
    """Each YAML block of the documents; one whose first line names another file (`# prefect.yaml`) is not of vouch.yaml."""
    found = [
        (file, number, text)
        for file in WRITTEN
        for number, text in enumerate(blocks(file, "yaml", "yml"), 1)
    ]
    return [
        pytest.param(text, id=f"{file.name} {number}")
        for file, number, text in found
        if not re.match(r"# (?!vouch\.)\S+\.ya?ml", text)
    ]


def settings_of(text: str) -> Settings:
    """Of a part of vouch.yaml: what a whole one needs besides is added. Raises `SettingsError`."""
    given = YAML(typ="safe").load(text)
    least = "" if "sources" in given else "\nsources: [{name: docs, path: documents}]\n"
    return SettingsText(text + least).settings()


@pytest.mark.parametrize("text", snippets())
def test_every_yaml_snippet_is_of_vouch_yaml_or_says_of_what_file_it_is(text: str):
    settings_of(text)


@pytest.mark.parametrize(
    "text", ["index: {keep_publishd: 3}", "paring: {workers: 2}", "sources: [{name: a}]"]
)
def test_a_snippet_that_is_wrong_is_told(text: str):
    with pytest.raises(SettingsError, match="line 1"):
        settings_of(text)


# Commands


def calls(text: str) -> list[list[str]]:
    """The arguments of each `vouch` that a piece of shell calls."""
    found: list[list[str]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if not re.search(r"\bvouch\b", line.partition(" # ")[0]):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        found += _of_line(list(lexer))
    return found


def _of_line(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = []
    begins = True
    for word in words:
        if begins and (word == "vouch" or word.endswith("/vouch")):
            found.append([])
        elif found and not begins and word not in _COMMAND_ENDS:
            found[-1].append(word)
        begins = word in _COMMAND_ENDS or word == "$" or (begins and "=" in word)
    return found


def problem_of(words: list[str]) -> str | None:
    """What the command line has against a call; its arguments may be missing, as where a command is only named."""
    command, context, rest = VOUCH, typer.Context(VOUCH, info_name="vouch"), words
    while True:
        try:
            given, rest, _ = command.make_parser(context).parse_args(list(rest))
        except Exception as error:  # noqa: BLE001 - click's errors are typer's own
            return str(error)
        wrong = [
            problem
            for param in command.params
            if (problem := _bad_value(param, given.get(param.name), context))
        ]
        if wrong or not rest or not hasattr(command, "commands"):
            return (
                wrong[0]
                if wrong
                else f"{context.command_path} takes no {' '.join(rest)}"
                if rest
                else None
            )
        name, *rest = rest
        if name not in command.commands:
            return f"{context.command_path} has no command {name}"
        command = command.commands[name]
        context = typer.Context(command, info_name=name, parent=context)


def _bad_value(param: Any, value: Any, context: typer.Context) -> str | None:
    """Of an option that has names to choose from."""
    chosen = re.search(r"<([a-z]+(?:\|[a-z]+)+)>", (param.get_help_record(context) or ("",))[0])
    fits = chosen is None or not isinstance(value, str) or value in chosen[1].split("|")
    return None if fits else f"{param.opts[0]} takes {chosen[1]}, not {value}"


def shell() -> list[Any]:
    """Each call of `vouch` in the documents' blocks of shell, and between backticks in their text."""
    found = []
    for file in WRITTEN:
        prose = _BLOCK.sub("", file.read_text("utf-8"))
        inline = [text.replace("\\|", "|") for text in re.findall(r"`(vouch [a-z-][^`]*)`", prose)]
        found += [
            (file, call)
            for text in [*blocks(file, "sh", "bash", "shell", "console"), *inline]
            for call in calls(text)
        ]
    unique = dict.fromkeys((file.name, shlex.join(call)) for file, call in found)
    return [pytest.param(shlex.split(call), id=f"{name}: {call}") for name, call in unique]


@pytest.mark.parametrize("words", shell())
def test_every_command_that_is_named_is_one(words: list[str]):
    assert problem_of(words) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vouch plan --al", "--al"),
        ("vouch -c next.yaml ingset", "no command ingset"),
        ("vouch golden ad 'x'", "no command ad"),
        ("A=b vouch --quiet backfill --since 2026-01-01 --every fortnight", "fortnight"),
        ("vouch plan && bin/vouch search x -k", "-k"),
        ("vouch maintain now", "takes no now"),
    ],
)
def test_a_command_that_is_none_is_told(text: str, told: str):
    assert told in str(problem_of(calls(text)[-1]))


def exit_codes(kind: type[VouchError]) -> set[int]:
    return {kind.exit_code}.union(*(exit_codes(below) for below in kind.__subclasses__()))


def test_every_exit_code_is_told():
    assert {int(code) for code in re.findall(r"(\d+) [a-z]", EXIT_CODES)} == {
        0,
        *exit_codes(VouchError),
    }


# Links


def anchors(markdown: str) -> set[str]:
    """Of the headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+?)\s*$", _BLOCK.sub("", markdown), re.MULTILINE):
        plain = (
            re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading))
            .lower()
            .replace(" ", "-")
        )
        again = sum(
            one == plain or re.fullmatch(rf"{re.escape(plain)}-\d+", one) is not None
            for one in found
        )
        found.add(f"{plain}-{again}" if again else plain)
    return found


def leads(document: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = document.parent / name if name else document
    return file.exists() and (not anchor or anchor in anchors(file.read_text("utf-8")))


def links() -> list[Any]:
    found = [
        (file, target)
        for file in LINKING
        for target in _LINK.findall(_BLOCK.sub("", file.read_text("utf-8")))
    ]
    inside = dict.fromkeys((file, target) for file, target in found if "://" not in target)
    return [pytest.param(file, target, id=f"{file.name}: {target}") for file, target in inside]


@pytest.mark.parametrize(("document", "target"), links())
def test_every_link_leads_somewhere(document: Path, target: str):
    assert leads(document, target)


@pytest.mark.parametrize("target", ["nowhere.md", "settings.md#nothing", "#nothing"])
def test_a_link_that_leads_nowhere_is_told(target: str):
    assert not leads(ROOT / "docs" / "settings.md", target)


@pytest.mark.parametrize(
    "name", sorted({path.name for path in (ROOT / "docs").glob("*.[mj]*")} - {"README.md"})
)
def test_the_index_of_the_documents_names_each(name: str):
    assert f"]({name})" in (ROOT / "docs" / "README.md").read_text("utf-8")


# What is generated


@pytest.mark.parametrize("name", GENERATED)
def test_what_is_generated_is_up_to_date(name: str):
    assert (ROOT / "docs" / name).read_text("utf-8") == GENERATED[name](), (
        f"docs/{name} lags behind the code: run `make docs`"
    )


def test_every_setting_says_what_it_is():
    assert [line for line in GENERATED["settings.md"]().splitlines() if line.endswith("|  |")] == []


@pytest.mark.parametrize(
    "key",
    ["parsing.workers", "contracts.batch.min_documents", "sources[].contract.fields.NAME.min"],
)
def test_settings_are_told_down_to_the_last_key(key: str):
    assert f"| `{key}` |" in GENERATED["settings.md"]()
