"""Another model than that of the published vectors: a check says what differs, and blocks."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import vouch
from tests.pipeline.local_runs import backfill, reindex
from tests.pipeline.steps import configure, failed, indexed, outcome, run, tables, write
from tests.tiny_model import make_tiny_model
from vouch.index.search.published_model import model_problem
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.retrieval_evaluation import evaluate
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.errors import EmbeddingError, IndexError_, RunRejected, SettingsError
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, RunRecord, Severity, Status

GOLDEN = {
    "id": "moon", "query": "moon", "source": "docs", "uri": "moon.md",
    "answer": "The moon orbits the earth.",
}  # fmt: skip
GATED = {"retrieval": {"golden": "golden.jsonl"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two published documents; its models are in its own folder."""
    folder = tmp_path_factory.mktemp("models") / "project"
    make_tiny_model(folder / "small")
    make_tiny_model(folder / "retrained", seed=11)
    make_tiny_model(folder / "wide", dimension=48)
    (folder / "golden.jsonl").write_text(json.dumps(GOLDEN) + "\n")
    settings = configure(folder, Path("small"), **GATED)
    write(settings, "moon.md", "# Moon\n\nThe moon orbits the earth.\n")
    write(settings, "tea.md", "# Tea\n\nTea is brewed in water.\n")
    run(settings)
    shutil.copytree(folder, folder.parent / "kept")
    return folder


@pytest.fixture
def settings(project: Path) -> Path:
    """The project as it was published, in the same place: the index names the model's folder."""
    shutil.rmtree(project)
    shutil.copytree(project.parent / "kept", project)
    return project / "vouch.yaml"


def swap_weights(settings: Path) -> None:
    folder = settings.parent
    shutil.copy(folder / "retrained" / "model.safetensors", folder / "small")


def use(settings: Path, model: str, **sections: Any) -> None:
    configure(settings.parent, Path(model), **GATED, **sections)


def search(settings: Path, mode: Any = "hybrid") -> list[str]:
    hits = vouch.open(read_settings(settings).index_location).search("moon", 1, mode)
    return [hit.uri for hit in hits]


def model_check(record: RunRecord) -> Check:
    (check,) = (check for check in record.failed_checks if check.id is CheckId.MODEL_CHANGE)
    return check


def agree(settings: Path) -> RunRecord:
    return approve(read_settings(settings), "latest", "it was retrained", "Ada")


def rejected(settings: Path) -> Check:
    """Do a run that the changed model alone rejects."""
    record = outcome(settings)
    assert record.status is Status.REJECTED
    blocking = [name for name, severity in failed(record).items() if severity is Severity.REJECT]
    assert blocking == [CheckId.MODEL_CHANGE]
    return model_check(record)


def test_other_weights_reject_until_a_person_agrees(settings: Path):
    swap_weights(settings)
    check = rejected(settings)
    assert check.figure is not None
    assert check.figure < 0.9
    assert "weights " in check.message
    assert "Published: small (weights" in check.message
    # Meanwhile words are searched, and whatever needs the model says what to do.
    assert search(settings, "text") == ["moon.md"]
    file = read_settings(settings)
    assert list(evaluate(file, file.golden_or(None))) == ["text"]
    for mode in ("vector", "hybrid"):
        with pytest.raises(IndexError_, match=r"model\.safetensors.*vouch approve latest") as error:
            search(settings, mode)
        assert "ingest again" not in str(error.value)

    assert agree(settings).status is Status.PUBLISHED
    assert search(settings) == ["moon.md"]
    assert model_problem(file.index_location) is None
    assert run(settings).status is Status.UNCHANGED


def test_a_reindexing_is_a_persons_act_and_warns(settings: Path):
    swap_weights(settings)
    record = reindex(config=str(settings), switch=True)
    assert (record.status, model_check(record).severity) == (Status.PUBLISHED, Severity.WARN)
    assert search(settings) == ["moon.md"]
    assert run(settings).status is Status.UNCHANGED


def test_with_the_old_model_put_back_nothing_has_changed(settings: Path):
    folder = settings.parent
    shutil.copytree(folder / "small", folder / "old")
    swap_weights(settings)
    rejected(settings)
    shutil.copy(folder / "old" / "model.safetensors", folder / "small")
    assert run(settings).status is Status.UNCHANGED
    assert search(settings) == ["moon.md"]


def test_a_rollback_says_that_the_model_of_that_state_is_gone(settings: Path):
    swap_weights(settings)
    rejected(settings)
    before = run_ids(settings)[-1]
    agree(settings)
    file = read_settings(settings)
    rollback(file, before, hold=False)
    problem = model_problem(file.index_location)
    assert problem is not None
    assert "model.safetensors" in problem
    assert search(settings, "text") == ["moon.md"]
    rejected(settings)


def run_ids(settings: Path) -> list[str]:
    return [record.run_id for record in list_runs(tables(settings))]


def test_a_model_of_another_name_and_dimension(settings: Path):
    use(settings, "wide")
    check = rejected(settings)
    assert "model small → wide" in check.message
    assert "dimension 32 → 48" in check.message
    assert check.figure is None
    before = run_ids(settings)[-1]
    agree(settings)
    assert len(indexed(settings, "chunks", "vector")[0]["vector"]) == 48
    assert search(settings) == ["moon.md"]
    # The model of the state before is still in its folder.
    rollback(read_settings(settings), before, hold=False)
    assert search(settings) == ["moon.md"]


@pytest.mark.parametrize(
    ("embedding", "severity", "words"),
    [
        ({"model": "small", "query_prefix": "query: "}, "reject", "query prefix none → query: "),
        ({"model": "renamed"}, "warn", "model small → renamed"),
    ],
)
def test_each_setting_of_a_model_is_named(
    settings: Path, embedding: dict[str, str], severity: str, words: str
):
    shutil.copytree(settings.parent / "small", settings.parent / "renamed")
    configure(settings.parent, Path("small"), embedding=embedding)
    check = model_check(outcome(settings))
    assert check.severity == severity
    assert words in check.message


def test_a_part_of_the_index_cannot_change_its_model_whoever_agrees(settings: Path):
    swap_weights(settings)
    with pytest.raises(RunRejected):
        backfill(config=str(settings), path="moon.md")
    with pytest.raises(SettingsError, match="single_generation@chunks proves that the index"):
        agree(settings)
    assert search(settings, "text") == ["moon.md"]


def test_settings_or_an_approval_with_a_date_let_it_warn(settings: Path):
    use(settings, "retrained", contracts={"batch": {"model_change": "warn"}})
    assert model_check(run(settings)).severity is Severity.WARN
    use(settings, "small")
    until = datetime.now(UTC) + timedelta(days=1)
    approve(read_settings(settings), None, "trials", "Ada", ("model_change@chunks",), until)
    check = model_check(run(settings))
    assert check.severity is Severity.WARN
    assert check.approval is not None


def test_without_the_models_folder_words_are_searched(settings: Path):
    shutil.rmtree(settings.parent / "small")
    assert search(settings, "text") == ["moon.md"]
    with pytest.raises(EmbeddingError, match="small"):
        run(settings)
    with pytest.raises(EmbeddingError, match=r"that made the index.*put it back"):
        search(settings)
    file = read_settings(settings)
    assert list(evaluate(file, file.golden_or(None))) == ["text"]
