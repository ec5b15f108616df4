"""Suggestions: questions and headings of the documents, which a person accepts."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pipeline.steps import configure, run, write
from vouch.cli import app
from vouch.parsers.registry import parse
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.golden.suggested_questions import questions_of
from vouch.pipeline.operations.golden.suggesting import accept, suggest, suggestions_place
from vouch.schemas.errors import NotFound, SettingsError
from vouch.validators.retrieval.golden_queries import load_golden

FAQ = """# Questions of tenants

## When do I pay the rent?

The rent is due on the first day of each month, by bank transfer.

## 2. Who has a key?

See below.

Q: May I keep a dog?

A: One dog is allowed where the neighbours have agreed to it in writing.

## How the heating works in winter

The heating is switched on in October. It is switched off in April, and nobody may change that.

## Overview

This overview is about everything that tenants should read first of all.
"""
WORDING = "Wann kommt die Tonne?"
GERMAN = """# Hausordnung für alle Mieter

## Wann wird der Müll abgeholt?

Der Müll wird jeden Dienstag vor sieben Uhr am Morgen abgeholt, an Feiertagen am Mittwoch.
"""


def test_questions_and_headings_with_what_is_below():
    questions = questions_of(parse(FAQ.encode(), "faq.md"))
    assert [(each.query, each.answer[:30], each.is_question) for each in questions] == [
        ("When do I pay the rent?", "The rent is due on the first d", True),
        ("May I keep a dog?", "One dog is allowed where the n", True),
        ("How the heating works in winter", "The heating is switched on in ", False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# Why?\n\nBecause nothing is ever as simple as it looks at first sight.\n",
        "## `run(task, *args)`\n\nRuns a task with arguments, and returns what it returns.\n",
        "## Which options are there?\n\nThe options that a person can choose from are these:\n",
        "## Where is the next heading?\n\n## Here it is, below\n",
        "## Is it short?\n\nNo.\n",
    ],
)
def test_what_nobody_would_ask_or_what_has_no_answer(text: str):
    assert [each for each in questions_of(parse(text.encode(), "a.md")) if each.answer] == []


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("suggestions")
    settings = configure(folder, tiny_model, retrieval={"golden": "queries/golden.jsonl"})
    (folder / "queries").mkdir()
    (folder / "queries/golden.jsonl").write_text("")
    write(settings, "faq.md", FAQ)
    write(settings, "haus.md", GERMAN)
    write(settings, "copy.md", FAQ.replace("How the heating", "How our heating"))
    run(settings)
    return settings


def test_suggestions_are_accepted_by_a_person(settings: Path):
    golden = settings.parent / "queries/golden.jsonl"
    with pytest.raises(NotFound, match=r"there are none; `vouch golden suggest` makes"):
        accept(read_settings(settings), None)
    suggested = suggest(read_settings(settings), 5)
    # What two documents have in common is nobody's answer; each language has its turn.
    assert [query.query for query in suggested] == ["Wann wird der Müll abgeholt?"]
    assert suggested[0].language == "de"
    assert golden.read_text() == ""
    place = suggestions_place(read_settings(settings))
    assert place.name == "golden.suggested.jsonl"
    assert load_golden(place.read_text()) == tuple(suggested)
    assert suggest(read_settings(settings), 5) == []
    with pytest.raises(NotFound, match="no suggestion is called x"):
        accept(read_settings(settings), ["x"])

    command = ["--config", str(settings), "golden", "accept", suggested[0].id, "--tag", "Waste"]
    result = CliRunner().invoke(app, [*command, "--owner", "ada", "--query", WORDING])
    assert result.exit_code == 0, result.output
    (accepted,) = load_golden(golden.read_text())
    assert (accepted.query, accepted.tags, accepted.owner) == (
        WORDING,
        ("waste",),
        "ada",
    )
    assert place.read_text() == ""


def test_without_a_file_of_golden_queries_there_is_no_place_for_suggestions(
    published: Path,
):
    with pytest.raises(SettingsError, match=r"set retrieval\.golden"):
        suggest(read_settings(published), 5)
