"""Golden queries: added to their file, held by the next run, scored on what is published."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pipeline.operations.golden.conftest import DOG
from tests.pipeline.steps import run, tables, write
from vouch.cli import app
from vouch.index.store.run_log import list_runs, newest_published
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.golden.adding import add_golden
from vouch.pipeline.operations.report_builder import comparison_report, period_report, run_report
from vouch.pipeline.operations.retrieval_evaluation import evaluate, evaluate_published
from vouch.schemas.errors import IndexError_, NotFound, SettingsError
from vouch.schemas.runs.record import Status


def test_a_query_is_added_once_and_a_run_reports_that_it_is_lost(settings: Path):
    query = ("When is rent due?", "lease.md", "due on the first day")
    added = add_golden(read_settings(settings), *query)
    assert json.loads((settings.parent / "golden.jsonl").read_text()) == {
        "id": added.id,
        "query": "When is rent due?",
        "source": "docs",
        "uri": "lease.md",
        "answer": "due on the first day",
    }
    with pytest.raises(SettingsError, match=r"is in golden\.jsonl already, as "):
        add_golden(read_settings(settings), *query)
    write(settings, "lease.md", "# Lease\n\nSee the office.\n")
    record = run(settings)
    assert record.retrieval is not None
    (lost,) = record.retrieval.lost
    assert (lost.id, lost.candidate) == (added.id, None)


def test_an_answer_has_to_be_in_the_published_document(settings: Path):
    file = read_settings(settings)
    with pytest.raises(NotFound, match="due on the second day' is not in it"):
        add_golden(file, "q", "lease.md", "due on the second day")
    with pytest.raises(NotFound, match=r"no document nowhere\.md"):
        add_golden(file, "q", "nowhere.md", "x")
    assert (settings.parent / "golden.jsonl").read_text() == ""


def test_the_first_query_makes_the_file(settings: Path):
    settings.write_text(settings.read_text().replace("golden.jsonl", "queries/golden.jsonl"))
    file = settings.parent / "queries/golden.jsonl"

    def add(query: str, uri: str, answer: str) -> int:
        options = ["golden", "add", query, "-d", uri, "-a", answer]
        return CliRunner().invoke(app, ["--config", str(settings), *options]).exit_code

    assert add("When is rent due?", "lease.md", "due on the second day") != 0
    assert not file.parent.exists()
    assert add("When is rent due?", "lease.md", "due on the first day") == 0
    assert json.loads(file.read_text())["uri"] == "lease.md"
    assert add("Where does the dog sleep?", "dog.md", "in the kitchen") == 0
    assert len(file.read_text().splitlines()) == 2
    assert run(settings).status is Status.UNCHANGED


def test_an_evaluation_is_a_run_with_metrics_that_publishes_nothing(settings: Path):
    query = ("the dog sleeps in the kitchen", "dog.md", "The dog sleeps in the kitchen")
    add_golden(read_settings(settings), *query)
    file, index = read_settings(settings), tables(settings)
    before = newest_published(index)
    record = evaluate_published(file, None)
    assert (record.kind, record.status) == ("evaluate", Status.UNCHANGED)
    assert record.metrics["golden recall@5"] == 1.0
    assert list_runs(index.latest(), 1) == [record]
    assert newest_published(index) == before
    assert "Golden queries" in Path(record.report or "").read_text("utf-8")
    scores = evaluate(file, file.golden_or(None))
    assert set(scores) == {"hybrid", "vector", "text"}
    assert scores["text"].means["recall@5"] == 1.0


def test_without_golden_queries_or_index_there_is_nothing_to_evaluate(settings: Path):
    content = json.loads(settings.read_text())
    settings.write_text(json.dumps({**content, "index": {"path": "elsewhere"}}))
    with pytest.raises(IndexError_):
        evaluate_published(read_settings(settings), None)
    del content["retrieval"]
    settings.write_text(json.dumps(content))
    with pytest.raises(SettingsError, match="there are no golden queries"):
        evaluate_published(read_settings(settings), None)


def test_reports_of_one_run_of_two_and_of_a_week_are_written_from_records(settings: Path):
    write(settings, "dog.md", f"{DOG}\nIt snores.\n")
    run(settings)
    file = read_settings(settings)
    newest, older = list_runs(tables(settings))
    assert newest.run_id in run_report(file, "latest").name
    page = comparison_report(file, newest.run_id, older.run_id)
    assert page.name == f"{older.run_id}..{newest.run_id}.html"
    assert "1 document" in page.read_text()
    assert "2 published" in period_report(file, 7).read_text()


def test_tags_owner_importance_and_negatives_are_written(settings: Path):
    def add(*options: str) -> BaseException | None:
        command = ["--config", str(settings), "golden", "add", *options]
        return CliRunner().invoke(app, command).exception

    rent = ("When is rent due?", "-d", "lease.md", "-a", "due on the first day")
    finance = ("-t", "Finance", "--tag", "rent", "--owner", "ada", "--importance", "3")
    assert add(*rent, *finance) is None
    assert add("What is the wifi password?", "--absent", "--tag", "safety") is None
    assert add("Where do pets sleep?", "--not-from", "lease.md") is None
    lines = (settings.parent / "golden.jsonl").read_text().splitlines()
    first, second, third = ({**json.loads(line), "id": ""} for line in lines)
    assert (first["tags"], first["owner"], first["importance"]) == (["finance", "rent"], "ada", 3.0)
    assert second == {
        "id": "", "query": "What is the wifi password?", "tags": ["safety"], "absent": True,
    }  # fmt: skip
    assert third["not_from"] == [{"uri": "lease.md"}]
    for wrong, message in (
        (("Nobody says what answers this",), "--not-from PATTERN"),
        (("q", "-d", "lease.md"), "--answer is missing"),
        (("q", "--absent", "-t", "a,b"), "a tag is one to 60 characters without commas"),
        ((*rent, "--absent"), "a query that is absent has no answer"),
    ):
        error = add(*wrong)
        assert isinstance(error, SettingsError)
        assert message in str(error)
