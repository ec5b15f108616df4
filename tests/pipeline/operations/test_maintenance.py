"""Maintenance beside the other runs: the rows that readers see stay as they are."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vouch
from tests.pipeline.faults import Killed, at
from tests.pipeline.local_runs import maintain
from tests.pipeline.steps import configure, run, tables, write
from vouch.console import Output
from vouch.index.publishing.versions import published_state, states
from vouch.index.store.run_log import list_runs, newest_published, read_run
from vouch.index.store.tables import frame
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import release, rollback
from vouch.run_output import print_run
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, PublishingHeld
from vouch.schemas.runs.record import Status

ROOT = Path(__file__).parents[3]
SUBJECTS = ("kettles", "bridges", "violins", "glaciers", "archives", "orchards")
LIMITS = {
    "chunking": {"max_tokens": 16, "heading_tokens": 16},
    "index": {"vector_index_from_rows": 256},
}
# Every other step is interrupted in tests/index/publishing/test_maintenance.py.
STEPS = (Boundary.COMPACT, Boundary.TAG)


def text(subject: str) -> str:
    """Return a document of more than fifty chunks."""
    rules = [
        f"Rule {n} on {subject}: keep them warm, counted and {n} times told." for n in range(26)
    ]
    return f"# {subject}\n\n" + "\n\n".join(rules)


@pytest.fixture(scope="module")
def two_states(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Two published runs; enough chunks for an index on the vectors."""
    folder = tmp_path_factory.mktemp("maintenance")
    settings = configure(folder, tiny_model, **LIMITS)
    for subject in SUBJECTS[:-1]:
        write(settings, f"{subject}.md", text(subject))
    run(settings)
    write(settings, f"{SUBJECTS[-1]}.md", text(SUBJECTS[-1]))
    run(settings)
    return folder


@pytest.fixture
def settings(two_states: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_states, tmp_path / "project")) / "vouch.yaml"


def visible(settings: Path) -> list[tuple]:
    """Return the chunk rows that readers see."""
    chunks = published_state(tables(settings)).chunks
    return frame(chunks, ("chunk_id", "uri", "text", "run_id")).sort("chunk_id").rows()


def test_maintenance_leaves_a_record_and_changes_nothing_for_the_next_run(
    settings: Path, capsys: pytest.CaptureFixture[str]
):
    before, newest = visible(settings), newest_published(tables(settings))
    assert newest is not None
    record = maintain(config=str(settings))
    assert (record.kind, record.status) == ("maintain", Status.UNCHANGED)
    assert record.window == f"the state of {newest.run_id}"
    assert record.maintenance is not None
    assert record.maintenance.after.recall >= 0.98
    assert record.maintenance.after.vectors.startswith("IVF_")
    assert "Maintained" in Path(record.report or "").read_text("utf-8")
    print_run(Output(), read_run(tables(settings), record.run_id))
    assert "IVF_" in capsys.readouterr().out

    assert states(tables(settings))[-1] == newest.run_id
    assert visible(settings) == before
    assert vouch.open(read_settings(settings).index_location).search("rules on violins", k=3)
    versions = tables(settings).versions()
    assert run(settings).status is Status.UNCHANGED
    assert tables(settings).versions() == versions
    assert diagnose(read_settings(settings)).findings == ()


def test_a_rollback_holds_after_maintenance_and_returns_to_the_same_states(settings: Path):
    file = read_settings(settings)
    first, second = states(tables(settings))[0], visible(settings)
    maintain(config=str(settings))
    rollback(file, first)
    assert {row[1] for row in visible(settings)} == {f"{subject}.md" for subject in SUBJECTS[:-1]}
    maintain(config=str(settings))
    with pytest.raises(PublishingHeld):
        run(settings)
    release(file)
    assert run(settings).status is Status.PUBLISHED
    assert [row[:3] for row in visible(settings)] == [row[:3] for row in second]
    assert diagnose(file).findings == ()


KILL_MAINTENANCE = """
import sys
from tests.pipeline.faults import at, kill_process
from tests.pipeline.local_runs import maintain
from vouch.schemas.boundary import Boundary, Side
with at(Boundary.BUILD_VECTOR_INDEX, Side.AFTER, kill_process):
    maintain(config=sys.argv[1])
"""


def test_maintenance_killed_or_cut_short_at_any_step_is_completed_by_the_next(settings: Path):
    file, before = read_settings(settings), visible(settings)
    command = [sys.executable, "-c", KILL_MAINTENANCE, str(settings)]
    with (settings.parent / "stderr").open("w") as log:
        child = subprocess.run(command, cwd=ROOT, stderr=log)
    assert child.returncode == -signal.SIGKILL, (settings.parent / "stderr").read_text()
    assert visible(settings) == before
    assert run(settings).status is Status.UNCHANGED
    for boundary in STEPS:
        with at(boundary, Side.BEFORE), pytest.raises(Killed):
            maintain(config=str(settings))
        assert visible(settings) == before, boundary
    assert maintain(config=str(settings)).maintenance.after.recall >= 0.98
    assert visible(settings) == before
    assert diagnose(file).findings == ()
    statuses = [record.status for record in list_runs(tables(settings))]
    assert statuses.count(Status.FAILED) == 1 + len(STEPS)
    assert Status.RUNNING not in statuses


def test_without_an_index_there_is_nothing_to_maintain(tmp_path: Path, tiny_model: Path):
    (tmp_path / "documents").mkdir()
    with pytest.raises(IndexError_, match="there is no index"):
        maintain(config=str(configure(tmp_path, tiny_model)))
