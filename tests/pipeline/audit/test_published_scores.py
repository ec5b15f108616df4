"""The gate compares golden queries though the model of the published vectors is gone or changed."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, outcome, run, write
from tests.tiny_model import make_tiny_model
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.retrieval_evaluation import evaluate, evaluate_published
from vouch.schemas.runs.record import Check, Outcome, RunRecord
from vouch.schemas.runs.retrieval import Retrieval

QUERIES = [
    ("moon", "moon.md", "The moon orbits the earth."),
    ("tea", "tea.md", "Tea is brewed in water."),
]


def line(number: int, query: str, uri: str, answer: str) -> str:
    return json.dumps(
        {"id": f"q{number}", "query": query, "source": "docs", "uri": uri, "answer": answer}
    )


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with two documents and golden queries, published by its own model."""
    folder = tmp_path_factory.mktemp("swapped")
    settings = configure(
        folder, make_tiny_model(folder / "small"), retrieval={"golden": "golden.jsonl"}
    )
    write(settings, "moon.md", "# Moon\n\nThe moon orbits the earth.\n")
    write(settings, "tea.md", "# Tea\n\nTea is brewed in water.\n")
    lines = [line(number, *query) for number, query in enumerate(QUERIES)]
    (folder / "golden.jsonl").write_text("\n".join(lines))
    run(settings)
    return folder


@pytest.fixture
def folder(ingested: Path, tmp_path: Path) -> Path:
    """A copy of it, whose model is elsewhere than the one that made the index."""
    shutil.copytree(ingested, tmp_path / "project")
    return tmp_path / "project"


def with_model(folder: Path, model: Path, **retrieval: object) -> Path:
    return configure(folder, model, retrieval={"golden": "golden.jsonl", **retrieval})


def golden(record: RunRecord) -> tuple[Retrieval, list[Check]]:
    assert record.retrieval is not None
    assert record.verdict is not None
    checks = [check for check in record.verdict.checks if check.id == "golden_queries"]
    return record.retrieval, checks


@pytest.fixture
def published_model(ingested: Path):
    """The folder of the model that made the index; it is put back after a test."""
    shutil.copytree(ingested / "small", ingested / "kept")
    yield ingested / "small"
    shutil.rmtree(ingested / "small", ignore_errors=True)
    (ingested / "kept").rename(ingested / "small")


def test_other_weights_in_the_place_of_the_published_ones(folder: Path, published_model: Path):
    make_tiny_model(published_model, seed=5)
    record = outcome(with_model(folder, published_model))
    retrieval, checks = golden(record)
    assert retrieval.published_from.startswith("as run ")
    assert (retrieval.queries, retrieval.not_compared) == (2, 0)
    assert checks
    assert all("published side: as run" in check.message for check in checks)
    assert all(check.figure == 0 for check in checks)


def test_a_model_that_is_gone_with_one_of_another_dimension_and_a_new_query(
    folder: Path, published_model: Path
):
    shutil.rmtree(published_model)
    wider = make_tiny_model(folder / "wider", dimension=48, seed=5)
    with (folder / "golden.jsonl").open("a") as file:
        file.write("\n" + line(2, "water", "tea.md", "brewed in water"))
    retrieval, checks = golden(outcome(with_model(folder, wider)))
    assert (retrieval.queries, retrieval.not_compared) == (3, 1)
    assert "not compared, because new: 1" in checks[0].message


def test_other_settings_of_the_search_make_recorded_scores_useless(
    folder: Path, published_model: Path
):
    shutil.rmtree(published_model)
    model = make_tiny_model(folder / "other", seed=5)
    retrieval, checks = golden(outcome(with_model(folder, model, k=3)))
    assert retrieval.not_compared == 2
    assert [check.outcome for check in checks] == [Outcome.NOT_CHECKED]
    assert "no run has recorded its scores" in checks[0].message


def test_words_are_searched_without_the_model(folder: Path, published_model: Path):
    shutil.rmtree(published_model)
    settings = with_model(folder, make_tiny_model(folder / "other", seed=5), mode="text")
    file = read_settings(settings)
    assert list(evaluate(file, file.golden_or(None))) == ["text"]
    # The scores of an evaluation are of the published state, searched by words.
    assert evaluate_published(file, None).retrieval is not None
    retrieval, checks = golden(outcome(settings))
    assert (retrieval.published_from, retrieval.not_compared) == ("", 0)
    assert {check.figure for check in checks} == {0}
