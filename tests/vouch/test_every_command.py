"""All commands, by what typer knows of them: whole help pages, and errors as JSON for programs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.command_line import run_command
from tests.pipeline.steps import tables
from vouch.cli import EXIT_CODES, app
from vouch.error_output import split_hint
from vouch.index.store.run_log import list_runs

WIDTHS = (60, 80, 120)
FOREIGN = ("Traceback", "Error:", "<class", "ValueError", "Input should be", "NoneType")


def commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, *path, name)


ROOT = typer.main.get_command(app)
EVERY = list(commands(ROOT))


def command_at(path: tuple[str, ...]) -> Any:
    command: Any = ROOT
    for name in path:
        command = command.commands[name]
    return command


def run(*arguments: str) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code and what it printed."""
    shown = run_command(*arguments)
    return shown.code, shown.output, shown.errors


def words(text: str | None) -> str:
    return " ".join((text or "").replace("\b", "").split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_no_help_page_is_cut(path: tuple[str, ...], width: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", str(width))
    code, page, errors = run(*path, "--help")
    assert (code, errors) == (0, "")
    # Words only: columns put the name of an option between two lines of its help.
    shown, command = set(page.split()), command_at(path)
    assert set(words(command.help).split()) <= shown
    for parameter in command.params:
        assert set(words(getattr(parameter, "help", "")).split()) <= shown, parameter.name
    for part in getattr(command, "commands", {}).values():
        sentence = words(part.help).partition(". ")[0].rstrip(".")
        assert sentence in words(page)
    lines = page.splitlines()
    assert max(map(len, lines)) <= max(width, 70)
    # Elsewhere the dots mean that an argument may be repeated.
    assert not re.search(r"[a-z,]\.\.\.(?! <)", page)


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_wrong_arguments_are_json_for_programs(
    path: tuple[str, ...], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    wrong = (*path, "--no-such-option")
    code, output, errors = run(*(("--json", *wrong) if place == "first" else (*wrong, "--json")))
    error = json.loads(output)["error"]
    assert (code, error["code"], errors) == (2, 2, "")
    assert error["message"].startswith("No such option: --no-such-option")
    assert error["hint"] == f"`{' '.join(('vouch', *path))} --help` shows what it takes"


NEEDS_SETTINGS = [
    ("plan",), ("ingest",), ("runs",), ("show",), ("report",), ("search", "tea"), ("doctor",),
    ("maintain",), ("metrics",), ("diff",), ("release",), ("quarantine", "list"),
]  # fmt: skip


@pytest.mark.parametrize("path", NEEDS_SETTINGS, ids=" ".join)
def test_without_settings_each_command_says_so(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    code, output, errors = run("--json", *path)
    error = json.loads(output)["error"]
    assert (code, error["code"], errors) == (2, 2, "")
    assert error["message"].startswith("vouch.yaml cannot be read")
    assert "`vouch init`" in error["hint"]
    code, output, errors = run(*path)
    assert (code, output) == (2, "")
    assert errors.startswith("vouch: vouch.yaml cannot be read")
    assert not [name for name in FOREIGN if name in errors]


def test_an_error_that_nobody_has_foreseen_is_json_too(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("vouch.pipeline.context.settings_loader.read_settings", fail)
    code, output, errors = run("--json", "plan")
    error = json.loads(output)["error"]
    assert (code, error["code"], errors) == (1, 1, "")
    assert error["message"].startswith("an error that Vouch does not know: there is no 'x' (says ")
    assert error["hint"].startswith("please report it")
    assert not [name for name in ("KeyError", *FOREIGN) if name in output]


def test_an_interruption_is_json_too(monkeypatch: pytest.MonkeyPatch):
    from vouch.interruption import Interruption

    written: list[bytes] = []
    monkeypatch.setattr("vouch.interruption.os.write", lambda _, data: written.append(data))
    Interruption(as_json=True).explain()
    error = json.loads(written[0])["error"]
    assert error["code"] in EXIT_CODES or error["code"] == 143
    assert error["message"].startswith("interrupted")
    assert "the next run completes" in error["hint"]


@pytest.mark.parametrize(
    ("message", "fact", "hint"),
    [
        ("there is no run 'a; b'; `vouch runs` lists them", "there is no run 'a; b'", "`vouch runs` lists them"),
        ("it is locked (by x; since 10:02). Wait for it", "it is locked (by x; since 10:02)", "Wait for it"),
        ("version 0.10.0 is too old", "version 0.10.0 is too old", None),
        ("line 1: a; b\nline 2: c; d", "line 1: a; b\nline 2: c; d", None),
    ],
)  # fmt: skip
def test_what_to_do_is_apart_from_what_has_happened(message: str, fact: str, hint: str | None):
    assert split_hint(message) == (fact, hint)


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert run("--version") == (0, f"vouch {version('vouch-pipeline')}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_for_each_shell(shell: str, monkeypatch: pytest.MonkeyPatch):
    # By default typer asks which shell has started this process: under `make` none of these.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    code, script, _ = run("--show-completion", shell)
    assert (code, "_VOUCH_COMPLETE=complete_" in script) == (0, True)


def completed(monkeypatch: pytest.MonkeyPatch, words: str) -> list[str]:
    """Return what bash is offered behind these words."""
    monkeypatch.setenv("_VOUCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"vouch {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(f"vouch {words}".split(" ")) - 1))
    return run()[1].split()


def test_runs_and_sources_are_completed(published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(published.parent)
    record = list_runs(tables(published), 1)[0]
    assert "quarantine" in completed(monkeypatch, "qu")
    assert completed(monkeypatch, "show 2") == [record.run_id]
    assert completed(monkeypatch, "rollback ") == [record.run_id]
    assert completed(monkeypatch, "backfill --source d") == ["docs"]
    assert completed(monkeypatch, f"explain {record.run_id} --check ") == [
        check.reference for check in record.failed_checks
    ]
    monkeypatch.chdir(published.parent / "documents")  # no settings, and no complaint
    assert completed(monkeypatch, "show ") == []
