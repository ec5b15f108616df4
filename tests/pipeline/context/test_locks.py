"""Locks of an index: one run of each kind, one publisher, and none left by a dead process."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.object_store import ObjectStore
from vouch.pipeline.context.locks import Locks
from vouch.pipeline.context.progress import observed_by
from vouch.progress_lines import ProgressLines
from vouch.schemas.errors import IndexError_

HOLD = """
import sys
from pathlib import Path
from vouch.pipeline.context.locks import Locks
locks = Locks(Path(sys.argv[1]), 0.0)
with locks.kind("ingest", 0.0), locks.publisher():
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def locks(tmp_path: Path) -> Locks:
    return Locks(tmp_path / "index", 0.0)


def test_a_second_run_of_a_kind_is_refused(locks: Locks, tmp_path: Path):
    second = Locks(tmp_path / "index", 0.0)
    with locks.kind("ingest", 0.0):
        refused = pytest.raises(
            IndexError_, match=r"another ingest run is in progress .*`vouch runs`"
        )
        with refused, second.kind("ingest", 0.0):
            pass
        with second.kind("backfill", 0.0):
            assert second.in_progress(["ingest", "backfill", "replay"]) == ("ingest", "backfill")
    with second.kind("ingest", 0.0):
        pass
    assert second.in_progress(["ingest"]) == ()


def test_runs_of_all_kinds_share_the_publisher_s_lock(locks: Locks, tmp_path: Path):
    second = Locks(tmp_path / "index", 0.01)
    with locks.publisher():
        # Whoever has the lock may take it again: recovery publishes within a run's own lock.
        with locks.publisher():
            pass
        refused = pytest.raises(IndexError_, match=r"another run is publishing .*waited 0\.01 s")
        with refused, second.publisher():
            pass
    with second.publisher():
        pass


def test_a_lock_is_released_where_the_run_fails(locks: Locks):
    with pytest.raises(OSError, match="full"), locks.kind("ingest", 0.0), locks.publisher():
        raise OSError("full")
    assert locks.in_progress(["ingest"]) == ()


def test_a_process_that_is_killed_leaves_no_lock(locks: Locks, tmp_path: Path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "index")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"locked\n"
        assert locks.in_progress(["ingest"]) == ("ingest",)
        with pytest.raises(IndexError_), locks.publisher():
            pass
        process.kill()
        process.wait()
    with locks.kind("ingest", 0.0), locks.publisher():
        pass


def test_a_folder_that_cannot_be_written_is_an_error_with_advice(locks: Locks, tmp_path: Path):
    # A link to itself fails as a read-only file system does, for any user.
    (tmp_path / "index" / "ingest.lock").symlink_to("ingest.lock")
    refused = pytest.raises(IndexError_, match=r"cannot be written .* user can write")
    with refused, locks.kind("ingest", 0.0):
        raise AssertionError
    assert locks.in_progress(["ingest"]) == ()


def test_leases_take_the_place_of_locks_on_an_object_store(store: ObjectStore):
    index = store.location() / "index"
    first, second = (Locks(index, 0.01, lease_s=60) for _ in range(2))
    with first.kind("ingest", 0.0):
        refused = pytest.raises(
            IndexError_,
            match=rf"another ingest run is in progress on the index in {index} by process \d+ on "
            r".* until \d\d:\d\d:\d\d UTC unless it renews \(waited 0 s\); `vouch runs`",
        )
        with refused, second.kind("ingest", 0.0):
            pass
        with second.kind("backfill", 0.0), second.publisher(), second.publisher():
            assert first.in_progress(["ingest", "backfill", "replay"]) == ("ingest", "backfill")
            with pytest.raises(IndexError_, match="another run is publishing"), first.publisher():
                pass
            second.require()
        with first.publisher():
            pass
    assert second.in_progress(["ingest", "backfill"]) == ()


def test_whoever_waits_says_for_which_run(tmp_path: Path):
    """Until it has the lock, that is the stage that a run is in."""
    lines: list[str] = []
    index = tmp_path / "index"
    first = Locks(index, 0.0)
    run = "ingest run 20260101T100000-aaaaaa, in progress since 2026-01-01 10:00 UTC"
    waiting = Locks(index, 0.1, runs=lambda kind: run)
    with observed_by(ProgressLines(lines.append)):
        with first.kind("ingest", 0.0), first.publisher():
            with (
                pytest.raises(IndexError_, match=f"another ingest run is in progress .*: {run} "),
                waiting.kind("ingest", 0.1),
            ):
                pass
            with pytest.raises(IndexError_, match=run), waiting.publisher():
                pass
        with waiting.kind("ingest", 0.1):
            pass
    assert [line[len("10:02:15 ") :] for line in lines] == [
        f"waiting for {run}, because another ingest run is in progress",
        f"waiting for {run}, because another run is publishing",
    ]
