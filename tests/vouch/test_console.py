"""What commands print, for people and as JSON."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.markup import escape

from vouch.console import Output, SafeConsole
from vouch.schemas.runs.history import Difference
from vouch.schemas.runs.record import Example


def printed(output: Output) -> str:
    assert isinstance(output.console.file, io.StringIO)
    return output.console.file.getvalue()


def make_output(width: int = 60, **options: bool) -> Output:
    return Output(**options, console=SafeConsole(file=io.StringIO(), width=width, highlight=False))


def test_numbers_are_aligned_right_and_markup_in_cells_is_printed_as_it_is():
    output = make_output()
    output.print_table("Runs", ("run", "docs"), [("[bold]a", 1), ("b", 12_345)])
    assert [line.rstrip() for line in printed(output).splitlines()] == [
        "Runs",
        "run       docs",
        "[bold]a      1",
        "b       12,345",
    ]


def test_the_first_column_is_never_folded():
    output, identity = make_output(width=50), "20261129T182645-4e34ed-abcdef"
    output.print_table("Runs", ("run", "why"), [(identity, "because " * 9)])
    assert identity in printed(output)


def test_without_a_terminal_each_row_is_one_line():
    """Whatever reads it, such as `grep`, gets whole paths and messages."""
    output, message = make_output(width=40), "one line\nand another, " * 30
    output.print_table("Runs", ("run", "why", "docs"), [("a", message, 1), ("b", "short", 22)])
    _, header, first, second = (line.rstrip() for line in printed(output).splitlines())
    assert first.split() == ["a", *message.split(), "1"]
    assert (second.split(), header.split()) == (["b", "short", "22"], ["run", "why", "docs"])
    assert first.endswith(" 1")
    assert "…" not in printed(output)


def test_on_a_terminal_long_cells_are_folded():
    file = io.StringIO()
    console = SafeConsole(file=file, width=40, highlight=False, force_terminal=True)
    Output(console=console).print_table("", ("run", "why"), [("a", "because " * 30)])
    assert file.getvalue().count("\n") > 5


def test_a_table_without_rows_is_not_printed():
    output = make_output()
    output.print_table("Runs", ("run",), [])
    assert printed(output) == ""


@pytest.mark.parametrize("option", ["quiet", "as_json"])
def test_nothing_but_the_result_is_printed_to_programs(option: str):
    output = make_output(**{option: True})
    output.print_line("text")
    assert printed(output) == ""


def test_json_has_the_fields_of_records_and_iso_times(capsys: pytest.CaptureFixture[str]):
    data = {
        "time": datetime(2026, 1, 2, tzinfo=UTC),
        "path": Path("a/b"),
        "difference": Difference("added", "docs", "ü.md", "new"),
        "example": Example(uri="a", message="b"),
    }
    assert make_output(as_json=True).print_json(data)
    text = capsys.readouterr().out
    assert "ü.md" in text
    assert json.loads(text) == {
        "time": "2026-01-02T00:00:00+00:00",
        "path": "a/b",
        "difference": {"change": "added", "source": "docs", "uri": "ü.md", "why": "new"},
        "example": {"uri": "a", "message": "b"},
    }
    assert not make_output().print_json(data)


HOSTILE = "a\x1b[31mb\x1b]0;title\x07c\x9b2Jd\x08e\u202ef\ud800g"


def test_no_control_character_of_a_name_reaches_the_terminal(capsys: pytest.CaptureFixture[str]):
    output = make_output(width=200)
    output.print_line(escape(HOSTILE))
    output.print_table(escape(HOSTILE), (escape(HOSTILE),), [(HOSTILE,)])
    shown = printed(output)
    assert not set(shown) & set("\x1b\x07\x9b\x08\u202e\ud800")
    assert "⟨U+001B⟩[31mb" in shown
    make_output(as_json=True).print_json({"name": HOSTILE})
    text = capsys.readouterr().out
    assert not set(text) & set("\x1b\x07\x9b\x08\u202e\ud800")
    assert json.loads(text)["name"] == HOSTILE
