"""Two states side by side: which hits came, went and moved, and which golden queries won or lost."""

import json
import shutil
from pathlib import Path

import pytest

from tests.command_line import run_command
from tests.pipeline.steps import configure, failed, outcome, run, tables, write
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.state_comparison import compare_states
from vouch.schemas.errors import NotFound, SettingsError

RENT = "The rent is due on the first day of each month."
TEA = "Tea is brewed in hot water for three minutes."
GOLDEN = (
    {"id": "rent", "query": "When is the rent due?", "uri": "rent.md", "answer": RENT},
    {"id": "tea", "query": "How long is tea brewed?", "uri": "tea.md", "answer": TEA},
    {
        "id": "fee",
        "query": "What is the late fee?",
        "uri": "fee.md",
        "answer": "The late fee is 5.",
    },
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A rejected run has removed the document on tea, moved the text on rent, and added fees."""
    folder = tmp_path_factory.mktemp("compared") / "project"
    folder.mkdir()
    golden = "".join(json.dumps({"source": "docs", **each}) + "\n" for each in GOLDEN)
    (folder / "golden.jsonl").write_text(golden)
    retrieval = {"golden": "golden.jsonl"}
    settings = configure(folder, tiny_model, retrieval=retrieval)
    write(settings, "rent.md", RENT)
    write(settings, "tea.md", TEA)
    for number in range(8):
        write(settings, f"other-{number}.md", f"Something else, number {number}, on bridges.")
    run(settings)
    configure(folder, tiny_model, retrieval=retrieval, contracts={"batch": {"min_documents": 99}})
    write(settings, "rent.md", f"This document has a new beginning.\n\n{RENT}")
    write(settings, "fee.md", "The late fee is 5.")
    (folder / "documents" / "tea.md").unlink()
    assert "published_documents" in failed(outcome(settings, allow_mass_delete=True))
    shutil.copytree(folder, folder.parent / "kept")
    return folder


@pytest.fixture
def settings(project: Path) -> Path:
    shutil.rmtree(project)
    shutil.copytree(project.parent / "kept", project)
    return project / "vouch.yaml"


def test_hits_came_went_and_moved(settings: Path):
    comparison = compare_states(
        read_settings(settings), "latest", queries=("late fee", "tea is brewed", "the rent is due")
    )
    published, rejected = list_runs(tables(settings))[::-1]
    assert (comparison.left, comparison.right) == (published.run_id, rejected.run_id)
    fee, tea, rent = comparison.queries
    new = {each.hit.uri: each for each in fee.hits}["fee.md"]
    assert (new.change, new.left, new.right, new.left_score) == ("came", None, 1, None)
    gone = {each.hit.uri: each for each in tea.hits}["tea.md"]
    assert (gone.change, gone.left, gone.right, gone.right_score) == ("went", 1, None, None)
    # Its place in its document has changed, and it is the same text.
    (moved,) = (each for each in rent.hits if each.hit.uri == "rent.md")
    assert moved.left is not None
    assert moved.right is not None
    for compared in comparison.queries:
        rights = [each.right for each in compared.hits if each.right is not None]
        lefts = [each.left for each in compared.hits if each.left is not None]
        assert rights == list(range(1, len(rights) + 1))
        assert sorted(lefts) == list(range(1, len(lefts) + 1))
    assert comparison.golden is None


def test_golden_queries_won_and_lost_as_the_gate_counts_them(settings: Path):
    comparison = compare_states(read_settings(settings), "latest")
    golden = comparison.golden
    assert golden is not None
    assert [each.id for each in golden.lost] == ["tea"]
    assert [each.id for each in golden.won] == ["fee"]
    assert not golden.alone
    rejected = list_runs(tables(settings))[0]
    assert rejected.retrieval is not None
    assert golden.changes == rejected.retrieval.changes


def test_a_state_compared_with_itself_is_the_same(settings: Path):
    file = read_settings(settings)
    published = list_runs(tables(settings))[-1].run_id
    comparison = compare_states(file, published, queries=("rent", "tea"))
    assert all(compared.is_same and compared.hits for compared in comparison.queries)
    golden = compare_states(file, "published", published).golden
    assert golden is not None
    assert (golden.lost, golden.won) == ((), ())


def test_once_it_is_approved_the_kept_states_compare_alike(settings: Path):
    file = read_settings(settings)
    published, rejected = (record.run_id for record in list_runs(tables(settings))[::-1])
    before = compare_states(file, "latest", queries=("late fee",))
    approve(file, rejected, "it is meant to be so", "Ada")
    after = compare_states(file, rejected, published, queries=("late fee",))
    assert after == before


def test_without_golden_queries_or_runs_it_says_what_to_do(settings: Path, tiny_model: Path):
    with pytest.raises(NotFound, match="there is no run 'nothing'"):
        compare_states(read_settings(settings), "latest", "nothing", queries=("tea",))
    configure(settings.parent, tiny_model)
    with pytest.raises(SettingsError, match="set retrieval.golden"):
        compare_states(read_settings(settings), "latest")


def test_the_command_line_shows_both_in_a_hundred_columns(
    settings: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "100")
    config = ("--config", str(settings))
    shown = run_command(*config, "compare", "latest", "late fee", "tea is brewed")
    assert (shown.code, shown.errors) == (0, "")
    lines = shown.output.splitlines()
    assert any(line.split()[:3] == ["–", "1", "came"] and "fee.md" in line for line in lines)
    assert any(line.split()[:3] == ["1", "–", "went"] and "tea.md" in line for line in lines)
    golden = run_command(*config, "compare")
    assert "Lost: 1" in golden.output
    assert "Won: 1" in golden.output
    assert "recall@5" in golden.output
    data = json.loads(run_command(*config, "--json", "compare", "latest", "late fee").output)
    (query,) = data["queries"]
    assert query["hits"][0]["change"] == "came"
    assert query["hits"][0]["hit"]["places"][0]["uri"] == "fee.md"


def test_the_command_line_searches_a_candidate(settings: Path):
    config = ("--config", str(settings))
    shown = run_command(*config, "search", "late fee", "-k", "1", "--candidate", "latest")
    assert shown.code == 0
    assert "1. fee.md" in shown.output
    assert list_runs(tables(settings))[0].run_id in shown.errors
    assert "fee.md" not in run_command(*config, "search", "late fee").output
    missing = run_command(*config, "search", "fee", "--candidate", "nothing")
    assert missing.code == 5
    assert "there is no run 'nothing'" in missing.errors
