"""Golden queries by command and on a schedule, and the report of a period as a flow."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pipeline.local_runs import ingest
from vouch.cli import app
from vouch.flows.evaluate import evaluate
from vouch.flows.quality_report import quality_report
from vouch.index.store.run_log import list_runs, newest_published
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.golden_queries import add_golden
from vouch.pipeline.operations.report_builder import comparison_report, period_report, run_report
from vouch.schemas.errors import IndexError_, NotFound, SettingsError
from vouch.schemas.run import Status

LEASE = "# Lease\n\nThe rent is due on the first day of each month, without exception.\n"
DOG = "# Dog\n\nThe dog sleeps in the kitchen, and nobody minds that.\n"


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    more = f"embedding:\n  model: {tiny_model}\nretrieval:\n  golden: golden.jsonl\n"
    file = project({"lease.md": LEASE, "dog.md": DOG}, more)
    (file.parent / "golden.jsonl").write_text("")
    ingest(config=str(file))
    return file


def test_a_failure_becomes_a_golden_query_that_the_next_run_holds(settings: Path):
    added = add_golden(
        read_settings(settings), "When is rent due?", "lease.md", "due on the first day"
    )
    assert (added.source, added.uri) == ("docs", "lease.md")
    line = json.loads((settings.parent / "golden.jsonl").read_text())
    assert line == {
        "id": added.id,
        "query": "When is rent due?",
        "source": "docs",
        "uri": "lease.md",
        "answer": "due on the first day",
    }
    with pytest.raises(SettingsError, match="is there already"):
        add_golden(read_settings(settings), "When is rent due?", "lease.md", "due on the first day")
    (settings.parent / "documents/lease.md").write_text("# Lease\n\nSee the office.\n")
    record = ingest(config=str(settings))
    assert record.retrieval is not None
    assert [one.id for one in record.retrieval.lost] == [added.id]
    assert record.retrieval.lost[0].candidate is None


def test_the_first_query_makes_the_file_and_no_other_command_does_without_it(settings: Path):
    file = settings.parent / "queries/golden.jsonl"
    settings.write_text(settings.read_text().replace("golden.jsonl", "queries/golden.jsonl"))
    with pytest.raises(
        SettingsError, match=r"queries/golden\.jsonl cannot be read .*`vouch golden add` makes it"
    ):
        ingest(config=str(settings))
    wrong = [
        "--config",
        str(settings),
        "golden",
        "add",
        "When is rent due?",
        "-d",
        "lease.md",
        "-a",
        "due on the second day",
    ]
    assert CliRunner().invoke(app, wrong).exit_code != 0
    assert not file.parent.exists()
    told = (
        CliRunner()
        .invoke(app, [*wrong[:-1], "due on the first day"], env={"COLUMNS": "200"})
        .stdout
    )
    assert "to queries/golden.jsonl, as its first" in told
    assert json.loads(file.read_text())["uri"] == "lease.md"
    told = (
        CliRunner()
        .invoke(
            app, [*wrong[:4], "Where does the dog sleep?", "-d", "dog.md", "-a", "in the kitchen"]
        )
        .stdout
    )
    assert "as its first" not in told
    assert len(file.read_text().splitlines()) == 2
    assert ingest(config=str(settings)).status is Status.UNCHANGED


def test_an_answer_that_stands_nowhere_is_refused(settings: Path):
    file = read_settings(settings)
    with pytest.raises(NotFound, match="does not stand in it"):
        add_golden(file, "q", "lease.md", "due on the second day")
    with pytest.raises(NotFound, match=r"no document nowhere\.md"):
        add_golden(file, "q", "nowhere.md", "x")
    assert (settings.parent / "golden.jsonl").read_text() == ""


def test_golden_queries_that_cannot_be_read_are_told_before_anything_is_done(settings: Path):
    (settings.parent / "golden.jsonl").write_text("{")
    with pytest.raises(SettingsError, match="golden queries, line 1"):
        read_settings(settings)
    (settings.parent / "golden.jsonl").unlink()
    with pytest.raises(SettingsError, match=r"retrieval\.golden: golden\.jsonl cannot be read"):
        read_settings(settings)


def test_an_evaluation_is_a_run_with_figures_and_changes_nothing_that_is_published(settings: Path):
    add_golden(
        read_settings(settings),
        "the dog sleeps in the kitchen",
        "dog.md",
        "The dog sleeps in the kitchen",
    )
    tables = Tables.open(read_settings(settings).index_folder)
    before = newest_published(tables)
    record = evaluate(config=str(settings))
    assert (record.kind, record.status) == ("evaluate", Status.UNCHANGED)
    assert record.metrics["golden recall@5"] == 1.0
    assert list_runs(tables.latest(), 1) == [record]
    assert newest_published(tables) == before
    assert "Golden queries" in Path(record.report or "").read_text("utf-8")


def test_without_golden_queries_or_index_there_is_nothing_to_evaluate(
    settings: Path, project, tiny_model: Path, tmp_path_factory
):
    bare = settings.parent / "bare.yaml"
    bare.write_text(settings.read_text().replace("retrieval:\n  golden: golden.jsonl\n", ""))
    with pytest.raises(SettingsError, match="there are no golden queries"):
        evaluate(config=str(bare))
    empty = settings.parent / "empty.yaml"
    empty.write_text(settings.read_text() + "index:\n  path: elsewhere\n")
    with pytest.raises(IndexError_):
        evaluate(config=str(empty))


def test_reports_of_a_run_of_two_and_of_a_week(settings: Path):
    (settings.parent / "documents/dog.md").write_text(DOG + "\nIt snores.\n")
    ingest(config=str(settings))
    file = read_settings(settings)
    newest, older = list_runs(Tables.open(file.index_folder))
    assert newest.run_id in run_report(file, "latest").name
    page = comparison_report(file, newest.run_id, older.run_id)
    assert page.name == f"{older.run_id}..{newest.run_id}.html"
    assert "1 document differs;" in page.read_text("utf-8")
    assert "2 runs: 2 published" in period_report(file, 7).read_text("utf-8")
    assert Path(quality_report(config=str(settings), days=7)).is_file()
