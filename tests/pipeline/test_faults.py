"""A run that is cut short anywhere: readers see whole states only, and the next run ends where an
undisturbed one would.
"""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import vouch
from tests.pipeline.faults import PUBLISHING_RUN, Killed, at, make_records_as_killed
from tests.pipeline.local_runs import backfill
from tests.pipeline.steps import configure, indexed, items_by_stage, run, tables, texts, write
from vouch.index.lineage.checks import HealthCheck
from vouch.index.publishing.versions import published_state, states
from vouch.index.store.run_log import list_runs, newest_published
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.runs.record import Status

ROOT = Path(__file__).parents[2]
STATE = ("chunk_id", "uri", "text", "char_start", "char_end", "vector_sha256")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project with six published documents and an empty one, in shards of about two."""
    folder = tmp_path_factory.mktemp("published")
    settings = configure(
        folder, tiny_model, index={"max_delete_share": 1.0}, run={"shard_documents": 2}
    )
    for number in range(6):
        write(settings, f"{number}.md", f"# Number {number}\n\nThe text of document {number}.")
    write(settings, "empty.txt", "")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    """A copy of the published project."""
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


@pytest.fixture
def new_project(settings: Path) -> Path:
    """The same documents without an index."""
    shutil.rmtree(settings.parent / "data")
    return settings


def change(settings: Path) -> None:
    """Edit, add, break, fill and delete documents."""
    for number in range(3):
        write(settings, f"{number}.md", f"# Number {number}\n\nEdited, document {number}.")
    write(settings, "new.md", "# New\n\nA document that was not there.")
    write(settings, "broken.json", "{")
    write(settings, "empty.txt", "Something after all.")
    (settings.parent / "documents/5.md").unlink()


def stored(settings: Path) -> list[dict]:
    """Return the rows of the newest version of the chunks table."""
    return sorted(indexed(settings, "chunks", *STATE), key=lambda row: row["chunk_id"])


def visible(settings: Path) -> list[dict]:
    """Return the rows that readers see who open the index."""
    chunks = published_state(tables(settings)).chunks
    return sorted(rows(chunks, STATE).to_pylist(), key=lambda row: row["chunk_id"])


def statuses(settings: Path) -> set[Status]:
    return {record.status for record in list_runs(tables(settings))}


def test_a_publishing_run_crosses_these_boundaries_in_this_order(new_project: Path):
    crossed: list[tuple[Boundary, Side]] = []
    with install(lambda name, side: crossed.append((name, side))):
        run(new_project)
    first_crossings = dict.fromkeys(name for name, side in crossed if side is Side.BEFORE)
    assert tuple(first_crossings) == PUBLISHING_RUN
    assert {name for name, side in crossed if side is Side.AFTER} == set(PUBLISHING_RUN)


# A run that ends before one of these leaves something that no run before another boundary leaves. All
# boundaries are among those cut short in turn below, and singly for hours.
LEAVING_SOMETHING = (
    Boundary.SYNC_SHARD_FILE,
    Boundary.AUDIT,
    Boundary.RECORD_INTENT,
    Boundary.COMMIT_CHUNKS,
    Boundary.COMMIT_DOCUMENTS,
    Boundary.COMMIT_QUARANTINE,
    Boundary.TAG,
    Boundary.WRITE_RUN,
)


@pytest.mark.parametrize(
    "boundary",
    [
        pytest.param(name, marks=() if name in LEAVING_SOMETHING else pytest.mark.soak)
        for name in PUBLISHING_RUN
    ],
)
def test_a_run_cut_short_before_a_step_is_completed_by_the_next(settings: Path, boundary: Boundary):
    file = read_settings(settings)
    before = stored(settings)
    change(settings)
    with at(boundary, Side.BEFORE), pytest.raises(Killed):
        run(settings)
    make_records_as_killed(file)
    between = (stored(settings), visible(settings))

    record = run(settings)

    final = stored(settings)
    assert all(state in (before, final) for state in between)
    assert visible(settings) == final
    assert set(texts(settings)) == {*(f"{number}.md" for number in range(5)), "new.md", "empty.txt"}
    assert sum("Edited" in row["text"] for row in final) == 3
    rejects = indexed(settings, "quarantine", "uri", "attempts")
    assert rejects == [{"uri": "broken.json", "attempts": 1}]
    assert record.status in (Status.PUBLISHED, Status.UNCHANGED)
    assert not {Status.RUNNING, Status.PUBLISHING} & statuses(settings)
    diagnosis = diagnose(file)
    assert (diagnosis.findings, diagnosis.waiting) == ((), {})


def test_runs_cut_short_after_each_step_in_turn_lose_and_mix_nothing(settings: Path):
    """Each run has a new edit of three documents, and recovers what the one before it has left."""
    file = read_settings(settings)
    for number, boundary in enumerate(PUBLISHING_RUN):
        for name in ("0.md", "1.md", "new.md"):
            write(settings, name, f"# {name}\n\nEdit {number} of this text.")
        with at(boundary, Side.AFTER), pytest.raises(Killed):
            run(settings)
        make_records_as_killed(file)
        for state in (stored(settings), visible(settings)):
            edited = [row["text"] for row in state if row["uri"] in ("0.md", "1.md", "new.md")]
            edits = {text.partition("Edit ")[2] for text in edited}
            assert len(edits) == 1, boundary
            assert len(state) == (6 if edits == {""} else 7), boundary
    assert run(settings).status is Status.UNCHANGED
    assert sum(f"Edit {number}" in text for (text,) in texts(settings).values()) == 3
    assert not {Status.RUNNING, Status.PUBLISHING} & statuses(settings)
    # Shards of edits that no run has published stay for a while (`run.keep_staged_h`).
    diagnosis = diagnose(file)
    assert {finding.id for finding in diagnosis.findings} <= {HealthCheck.NO_LEFTOVERS}
    assert diagnosis.waiting == {}


KILL_INGEST = """
import sys
from tests.pipeline.faults import at, kill_process
from tests.pipeline.local_runs import ingest
from vouch.schemas.boundary import Boundary, Side
with at(Boundary(sys.argv[2]), Side.BEFORE, kill_process):
    ingest(config=sys.argv[1])
"""


def test_a_killed_process_is_completed_by_the_same_command(settings: Path):
    """Killed first while it writes a shard, then while it publishes."""
    before = stored(settings)
    change(settings)
    for boundary in (Boundary.SYNC_SHARD_FILE, Boundary.COMMIT_DOCUMENTS):
        command = [sys.executable, "-c", KILL_INGEST, str(settings), boundary]
        # To a file: its worker processes keep a pipe open for a while.
        with (settings.parent / "stderr").open("w") as log:
            child = subprocess.run(command, cwd=ROOT, stderr=log)
        assert child.returncode == -signal.SIGKILL, (settings.parent / "stderr").read_text()
        assert visible(settings) == before
        assert Status.RUNNING in statuses(settings) or Status.PUBLISHING in statuses(settings)
    assert stored(settings) != before
    assert vouch.open(read_settings(settings).index_location).search("text", k=1)

    assert run(settings).status is Status.UNCHANGED

    assert sum("Edited" in row["text"] for row in visible(settings)) == 3
    assert not {Status.RUNNING, Status.PUBLISHING} & statuses(settings)
    assert list((settings.parent / "data/work/shards").iterdir()) == []
    assert diagnose(read_settings(settings)).findings == ()


def _raise_disk_error() -> None:
    raise OSError(5, "Input/output error")


def test_finished_shards_of_a_failed_run_are_reused(new_project: Path):
    with (
        at(Boundary.AUDIT, Side.BEFORE, _raise_disk_error),
        pytest.raises(StorageError, match="Input"),
    ):
        run(new_project)
    (failed,) = list_runs(tables(new_project))
    assert (failed.status, "Input/output error" in (failed.error or "")) == (Status.FAILED, True)
    write(new_project, "one-more.md", "# One more\n\nArrived after the run had failed.")
    record = run(new_project)
    assert 1 <= record.shards_resumed < record.shards
    assert items_by_stage(record)["parse"] < 7
    assert record.accounting.published == 7
    assert {row["run_id"] for row in indexed(new_project, "chunks", "run_id")} == {record.run_id}


def test_a_shard_that_fails_does_not_lose_the_others(new_project: Path):
    fault = at(Boundary.EMBED, Side.BEFORE, _raise_disk_error, once=True)
    with fault, pytest.raises(StorageError, match="Input"):
        run(new_project)
    assert texts(new_project) == {}
    record = run(new_project)
    assert (record.shards - record.shards_resumed, record.accounting.published) == (1, 6)


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list]:
    """Do the work in a thread; what it returns is put into the list."""
    results: list = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    return thread, results


def test_a_second_run_of_a_kind_is_refused_or_waits(settings: Path):
    write(settings, "new.md", "# New\n\nA new document.")
    audited, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        audited.set()
        assert go_on.wait(240)

    with at(Boundary.AUDIT, Side.BEFORE, wait):
        first, first_records = in_thread(lambda: run(settings))
        assert audited.wait(240)
        with pytest.raises(IndexError_, match="another ingest run is in progress"):
            run(settings)
        second, second_records = in_thread(lambda: run(settings, wait_s=240))
        go_on.set()
        first.join()
        second.join()
    assert [record.status for record in (*first_records, *second_records)] == [
        Status.PUBLISHED,
        Status.UNCHANGED,
    ]


def test_a_run_that_is_overtaken_plans_again_before_it_publishes(settings: Path):
    """A backfill publishes while an ingest has staged: nothing is doubled, nothing is lost."""
    change(settings)
    records: list = []

    def overtake() -> None:
        write(settings, "0.md", "# Number 0\n\nEdited while the ingest was in progress.")
        records.extend(backfill(config=str(settings), path="0.md"))

    with at(Boundary.STAGE, Side.AFTER, overtake, once=True):
        run(settings)
    assert records[0].accounting.published == 1
    newest = newest_published(tables(settings))
    assert newest is not None
    assert newest.kind == "ingest"  # it began first and published last
    assert states(tables(settings))[-1] == newest.run_id
    run(settings)
    published = texts(settings)
    assert sorted(published) == [*(f"{n}.md" for n in range(5)), "empty.txt", "new.md"]
    assert "while the ingest" in published["0.md"][0]
    assert diagnose(read_settings(settings)).findings == ()
