"""Backfills process only the documents in their scope, remove nothing, and leave nothing to do."""

import os
import shutil
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from tests.pipeline.local_runs import backfill
from tests.pipeline.steps import configure, items_by_stage, run, texts, write
from vouch.pipeline.context.backfill_progress import BackfillProgress
from vouch.pipeline.context.progress import observed_by
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.operation_record import locks_of
from vouch.schemas.errors import BudgetExceeded, SettingsError
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.choices import Redo, TimeBasis, WindowLength

TEXT_STAGES = {"fetch", "parse", "embed"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Three published documents, two of them in folders by date."""
    folder = tmp_path_factory.mktemp("backfill")
    settings = configure(folder, tiny_model)
    write(settings, "2026/01/15/a.md", "# Alpha\n\nThe first of three texts.")
    write(settings, "2026/02/01/b.md", "# Beta\n\nThe second of three texts.")
    write(settings, "c.md", "# Gamma\n\nThe third of three texts.")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


def test_windows_by_the_date_in_the_path_publish_one_after_the_other(settings: Path):
    shutil.rmtree(settings.parent / "data")
    months = {
        "since": datetime(2026, 1, 1),
        "until": datetime(2026, 3, 1),
        "every": WindowLength.MONTH,
        "by": TimeBasis.PATH,
    }
    records = backfill(config=str(settings), **months)
    assert [(record.window, record.accounting.published) for record in records] == [
        ("[2026-01-01 00:00, 2026-02-01 00:00) by path", 1),
        ("[2026-02-01 00:00, 2026-03-01 00:00) by path", 1),
    ]
    assert set(texts(settings)) == {"2026/01/15/a.md", "2026/02/01/b.md"}
    assert backfill(config=str(settings), **months) == []
    assert run(settings).accounting.published == 1


class Stopped(BaseException):
    """As Ctrl-C, `kill` or a cancelled flow run."""


@dataclass
class Watcher:
    """An observer that stops the backfill when so many windows are over."""

    stop_after: int | None = None
    seen: list[BackfillProgress] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def expect(self, unit: str, count: int) -> None:
        pass

    def done(self, unit: str, count: int) -> None:
        pass

    def backfill(self, progress: BackfillProgress) -> None:
        self.seen.append(progress)
        if self.stop_after is not None and progress.over >= self.stop_after:
            raise Stopped


WEEKS = {
    "since": datetime(2017, 1, 1),
    "until": datetime(2027, 1, 1),
    "every": WindowLength.WEEK,
    "by": TimeBasis.PATH,
}


def states(progress: BackfillProgress) -> dict[str, int]:
    return dict(Counter(str(row.state) for row in progress.windows))


def test_windows_of_ten_years_without_work_have_no_run(settings: Path):
    watcher = Watcher()
    with observed_by(watcher):
        assert backfill(config=str(settings), **WEEKS) == []
    assert states(watcher.seen[-1]) == {"nothing to do": 522}
    assert watcher.seen[-1].share == 1.0


def test_a_backfill_that_was_stopped_continues_where_it_was(settings: Path):
    def start(stop_after: int | None = None, **options: bool) -> tuple[list[RunRecord], Watcher]:
        watcher, records = Watcher(stop_after), []
        with observed_by(watcher), suppress(Stopped):
            records = backfill(config=str(settings), **WEEKS, reprocess=Redo.CHUNK, **options)
        return records, watcher

    # All but the windows of the two documents are over from the beginning.
    _, first = start(stop_after=521)
    assert states(first.seen[-1]) == {"nothing to do": 520, "published": 1, "planned": 1}
    records, second = start()
    assert [record.window for record in records] == [
        "again from chunk, [2026-02-01 00:00, 2026-02-08 00:00) by path"
    ]
    assert states(second.seen[-1]) == {"nothing to do": 520, "done before": 1, "published": 1}
    assert "1 documents, 1 chunks published" in str(second.seen[-1])
    # Asked for again when it is done, it is done again.
    assert len(start()[0]) == 2
    start(stop_after=521)
    assert len(start(restart=True)[0]) == 2


def test_the_limits_are_those_of_all_windows(settings: Path):
    published = texts(settings)
    with pytest.raises(BudgetExceeded, match=r"about 2 documents, more than .*max.documents \(1\)"):
        backfill(config=str(settings), **WEEKS, reprocess=Redo.PARSE, max_documents=1)
    write(settings, "2026/01/15/a.md", "# Alpha\n\nEdited.")
    write(settings, "2026/02/01/b.md", "# Beta\n\nEdited.")
    watcher = Watcher()
    with observed_by(watcher):
        records = backfill(config=str(settings), **WEEKS, max_documents=2, max_tokens=1000)
    spent = sum(record.tokens_embedded for record in records)
    assert f"{spent} tokens of at most 1,000" in str(watcher.seen[-1])
    assert texts(settings).keys() == published.keys()


def test_a_run_of_another_kind_goes_first_between_windows(settings: Path):
    locks = locks_of(read_settings(settings))
    watcher = Watcher()
    with ExitStack() as running:

        def stage(name: str) -> None:
            watcher.stages.append(name)
            if name.startswith("waiting"):
                running.close()

        running.enter_context(locks.kind("ingest", 0.0))
        watcher.stage = stage
        with observed_by(watcher):
            backfill(config=str(settings), **WEEKS, reprocess=Redo.CHUNK)
    assert watcher.stages[0] == "waiting for the ingest run in progress"
    assert watcher.stages.count("plan") == 2


def test_a_window_by_modification_time_removes_nothing(settings: Path):
    folder = settings.parent / "documents"
    (folder / "c.md").unlink()
    os.utime(folder / "2026/01/15/a.md", (1_000_000_000, 1_000_000_000))
    write(settings, "2026/02/01/b.md", "# Beta\n\nEdited.")
    (record,) = backfill(config=str(settings), until=datetime(2010, 1, 1), reprocess=Redo.PARSE)
    assert (record.accounting.listed, record.accounting.published) == (1, 1)
    assert items_by_stage(record)["parse"] == 1
    assert "c.md" in texts(settings)
    assert texts(settings)["2026/02/01/b.md"] == ["Beta\n\nThe second of three texts."]


def test_unchanged_documents_are_processed_again_from_a_given_stage(settings: Path):
    before = texts(settings)
    for redo, stages in (
        (Redo.PARSE, {"fetch", "parse"}),
        (Redo.CHUNK, set()),
        (Redo.EMBED, {"embed"}),
    ):
        (record,) = backfill(config=str(settings), path="2026/", reprocess=redo)
        assert record.accounting.published == 2
        assert TEXT_STAGES & set(items_by_stage(record)) == stages
        assert texts(settings) == before
    assert run(settings).status is Status.UNCHANGED


def test_a_source_that_the_settings_do_not_name_is_refused(settings: Path):
    with pytest.raises(SettingsError, match="no source 'dosc' in the settings; there are docs"):
        backfill(config=str(settings), sources=["dosc"])
