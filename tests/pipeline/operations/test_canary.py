"""The canary of a model on this machine: what it records, and what it does beside a run."""

import json
import logging
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, tables
from tests.tiny_model import make_tiny_model
from vouch.index.store.generations import newest_generation, write_generation
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.canary import ask_canary
from vouch.pipeline.operations.operation_record import locks_of
from vouch.reports.alerts import alert
from vouch.reports.summary import headline, sentence
from vouch.schemas.errors import IndexError_, ModelChanged
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.choices import AlertEvent


def spoil(settings: Path) -> None:
    """Let the kept probe be of another model: of a library that computed otherwise then."""
    generation = newest_generation(tables(settings))
    assert generation is not None
    turned = generation.model_copy(update={"probe": generation.probe[::-1]})
    write_generation(tables(settings), turned)


def test_the_same_model_is_recorded_with_its_cosine(published: Path):
    record = ask_canary(read_settings(published))
    assert (record.kind, record.status) == ("canary", Status.UNCHANGED)
    assert record.canary == {"published": pytest.approx(1, abs=1e-5)}
    assert list_runs(tables(published), 1) == [record]
    assert headline(record) == "The model is the same"
    assert "least cosine 1.0000" in sentence(record)


def test_what_changed_is_reported_once_and_when_it_is_over(published: Path):
    file = read_settings(published)
    generation = newest_generation(tables(published))
    assert generation is not None
    spoil(published)
    seen: list[RunRecord] = []
    for _ in range(2):
        with pytest.raises(ModelChanged, match="a changed torch"):
            ask_canary(file, seen.append)
    write_generation(tables(published), generation)
    seen.append(ask_canary(file))
    assert [record.status for record in seen] == [Status.FAILED, Status.FAILED, Status.UNCHANGED]
    assert headline(seen[0]) == "The model has changed"

    runs, on = seen[::-1], file.settings.alerts.model_copy(update={"on": tuple(AlertEvent)})
    first = json.loads(alert(seen[0], runs[2:], on, None) or "")
    assert first["title"] == "Vouch: canary: The model has changed"
    assert "vouch reindex --switch" in first["body"]
    assert alert(seen[1], runs[1:], on, None) is None
    assert "over: model changed" in json.loads(alert(seen[2], runs, on, None) or "")["body"]


def test_a_run_that_publishes_does_not_fail_it(published: Path, caplog: pytest.LogCaptureFixture):
    settings = json.loads(published.read_text())
    published.write_text(json.dumps(settings | {"run": {"publisher_wait_s": 0}}))
    file, before = read_settings(published), len(list_runs(tables(published)))
    with locks_of(file).publisher(), caplog.at_level(logging.WARNING):
        assert ask_canary(file).status is Status.UNCHANGED
        assert "another run is publishing" in caplog.text
        spoil(published)
        with pytest.raises(ModelChanged):
            ask_canary(file)
    assert len(list_runs(tables(published))) == before


def test_a_model_of_the_settings_that_has_no_vectors_yet_has_only_to_answer(
    published: Path, tmp_path: Path
):
    configure(published.parent, make_tiny_model(tmp_path / "new", seed=11))
    assert ask_canary(read_settings(published)).canary.keys() == {"published"}


def test_without_an_index_there_is_nothing_to_compare_with(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    with pytest.raises(IndexError_, match="there is no index"):
        ask_canary(read_settings(configure(tmp_path, tiny_model)))
