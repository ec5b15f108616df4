"""`vouch evaluate`: by mode and group, with minimum scores, negative queries and languages."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.pipeline.steps import failed
from vouch.cli import app
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.retrieval_evaluation import evaluate_published
from vouch.schemas.runs.record import Decision

QUERIES = [
    {
        "id": "rent",
        "query": "When is the rent due each month?",
        "source": "docs",
        "uri": "lease.md",
        "answer": "due on the first day",
        "tags": ["finance"],
    },
    {
        "id": "cat",
        "query": "Where does the cat sleep at night?",
        "source": "docs",
        "uri": "cat.md",
        "answer": "in the cellar",
        "tags": ["animals"],
    },
    {"id": "dog", "query": "the dog sleeps in the kitchen", "not_from": ["dog.md"]},
]
REQUIRE = {"overall": 0.9, "tag:finance": 0.9}


@pytest.fixture
def evaluated(settings: Path) -> Path:
    """The settings of a project whose golden queries have one answer, and another in no document."""
    (settings.parent / "golden.jsonl").write_text("\n".join(map(json.dumps, QUERIES)))
    content = json.loads(settings.read_text())
    content["retrieval"] |= {"require": REQUIRE, "mode": "text"}
    settings.write_text(json.dumps(content))
    return settings


def evaluate(settings: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(settings), *options])


def test_groups_minimum_scores_and_negative_queries_are_printed(evaluated: Path):
    done = evaluate(evaluated, "evaluate")
    assert done.exit_code == 0
    assert "text search by group, with 95 % intervals" in done.stdout
    assert "tag:finance" in done.stdout
    assert "failed: recall@5 of overall: 0.500, required 0.9; 2 queries" in done.stdout
    assert "passed: recall@5 of tag:finance: 1.000, required 0.9; 1 query" in done.stdout
    assert "failed: negative: 1 of 1 negative queries fail: dog" in done.stdout
    assert "dog: the dog sleeps in the kitchen: hit 1 is from dog.md" in done.stdout
    assert "its answer is nowhere in the index: cat" in done.stdout


def test_an_evaluation_in_the_night_warns_of_minimum_scores_and_negative_queries(evaluated: Path):
    record = evaluate_published(read_settings(evaluated), None)
    assert record.verdict is not None
    assert record.verdict.decision is Decision.WARN
    assert set(failed(record)) == {"golden_minimum:overall", "golden_negative"}


def test_one_tag_is_evaluated_as_data(evaluated: Path):
    done = evaluate(evaluated, "--json", "evaluate", "--tag", "Finance")
    data = json.loads(done.stdout)
    assert set(data) == {"hybrid", "vector", "text"}
    assert list(data["text"]["queries"]) == ["rent"]
    assert data["text"]["means"]["recall@5"] == 1
    # Minimum scores of other groups are about other queries.
    subjects = [check["subject"] for check in data["text"]["checks"]]
    assert "overall" not in subjects
    assert "tag:finance" in subjects
    assert data["text"]["groups"][0]["candidate"]["recall@5"][0] == 1


def test_a_tag_that_no_query_has_is_refused_with_the_nearest(evaluated: Path):
    done = evaluate(evaluated, "evaluate", "--tag", "finanse")
    assert done.exit_code != 0
    assert "no golden query has the tag finanse; there are finance" in str(done.exception)
