"""A publisher that is suspended in the middle of its commit, while another one takes its place.

Both are processes of their own; the index is on a real object store. Readers see whole states.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.reader import reader, torn
from tests.object_store import SECRET_KEY, ObjectStore
from tests.pipeline.steps import configure, run, tables, texts, write
from tests.store_proxy import store_proxy
from vouch.index.publishing.versions import published_state
from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import frame
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.runs.record import RunRecord, Status

ROOT = Path(__file__).parents[2]
LEASE_S = 5
WAIT_S = 900
# Arguments: the kind of run and the settings, then, for a rollback, the run to go back to, else
# optionally a boundary at which the process suspends itself, and its side.
CHILD = """\
import os, signal, sys
from tests.pipeline import local_runs
from tests.pipeline.faults import at

kind, settings, *boundary = sys.argv[1:]
if kind == "rollback":
    from pathlib import Path
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import rollback
    rollback(read_settings(Path(settings)), boundary[0], hold=False)
elif boundary:
    with at(*boundary, lambda: os.kill(os.getpid(), signal.SIGSTOP), once=True):
        getattr(local_runs, kind)(config=settings)
else:
    getattr(local_runs, kind)(config=settings, wait_s=200)
"""


class Project:
    """Documents whose index is in a bucket, published once."""

    def __init__(self, folder: Path, model: Path, store: ObjectStore) -> None:
        self.bucket, self.model, self.store, self.folder = store.bucket(), model, store, folder
        self.settings = self.reached_by(store.endpoint, folder)
        write(self.settings, "a.md", "# A\n\nThe first text.")
        write(self.settings, "gone.md", "# Gone\n\nA text that is deleted.")
        run(self.settings)

    def reached_by(self, endpoint: str, folder: Path) -> Path:
        """Return settings by which the store is reached at another address."""
        folder.mkdir(exist_ok=True)
        if folder != self.folder:
            (folder / "documents").symlink_to(self.folder / "documents")
        options = self.store.options_by(endpoint) | {"secret_access_key": "${VOUCH_TEST_KEY}"}
        # However long a request is on its way: otherwise the client gives it up after 30 s.
        options["timeout"] = "3600s"
        return configure(
            folder,
            self.model,
            index={"path": f"{self.bucket}/index", "max_delete_share": 1.0},
            run={"work_path": f"{self.bucket}/work", "report_path": f"{self.bucket}/reports"},
            storage={"options": options, "lease_s": LEASE_S},
        )

    def records(self) -> list[RunRecord]:
        return list_runs(tables(self.settings))


@pytest.fixture
def project(
    tmp_path: Path, tiny_model: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.setenv("VOUCH_TEST_KEY", SECRET_KEY)
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, tiny_model, store)


@contextmanager
def started(kind: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", CHILD, kind, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.1)


def is_stopped(process: "subprocess.Popen[str]") -> bool:
    return " T " in Path(f"/proc/{process.pid}/stat").read_text()


class StoppedCommit:
    """Keeps the first commit of chunks on its way to the store until it is let through."""

    def __init__(self) -> None:
        self.on_its_way, self.let_through = threading.Event(), threading.Event()

    def __call__(self, operation: str, path: str) -> threading.Event | None:
        is_commit = operation == "PUT if" and "chunks.lance/_versions" in path
        if not is_commit or self.on_its_way.is_set():
            return None
        self.on_its_way.set()
        return self.let_through


def test_a_commit_that_arrives_after_another_publication_changes_nothing(
    project: Project, tmp_path: Path
) -> None:
    commit = StoppedCommit()
    with (
        store_proxy(project.store.endpoint) as proxy,
        reader(read_settings(project.settings).index_location, tmp_path / "answers"),
    ):
        cut = project.reached_by(proxy.endpoint, tmp_path / "cut")
        write(project.settings, "a.md", "# A\n\nThe second text.")
        (project.folder / "documents/gone.md").unlink()
        proxy.hold = commit
        with started("ingest", cut) as suspended:
            until(commit.on_its_way.is_set)
            suspended.send_signal(signal.SIGSTOP)
            # The other one finishes the first one's publication, and has news of its own.
            write(project.settings, "a.md", "# A\n\nThe third text.")
            write(project.settings, "gone.md", "# Gone\n\nA text that came back.")
            with started("backfill", project.settings) as second_run:
                _, errors = second_run.communicate(timeout=WAIT_S)
                assert second_run.returncode == 0, errors
            commit.let_through.set()
            suspended.send_signal(signal.SIGCONT)
            _, errors = suspended.communicate(timeout=WAIT_S)
    assert suspended.returncode
    assert "another run has taken it over, so this one stops; run again" in errors
    whole = {"a.md": ["A\n\nThe third text."], "gone.md": ["Gone\n\nA text that came back."]}
    assert texts(project.settings) == whole
    second, first, _ = project.records()
    assert (second.kind, second.status) == ("backfill", Status.PUBLISHED)
    assert (first.status, first.finished_later) == (Status.PUBLISHED, True)
    assert not diagnose(read_settings(project.settings)).findings
    answers, bad = torn(read_settings(project.settings).index_location, tmp_path / "answers")
    assert answers
    assert not bad
    record = run(project.settings)
    assert record.status is Status.UNCHANGED
    assert texts(project.settings) == whole


@pytest.mark.soak
def test_a_rollback_that_arrives_after_another_publication_changes_nothing(
    project: Project, tmp_path: Path
) -> None:
    first = project.records()[0]
    write(project.settings, "a.md", "# A\n\nThe second text.")
    run(project.settings)
    commit = StoppedCommit()
    with store_proxy(project.store.endpoint) as proxy:
        proxy.hold = commit
        cut = project.reached_by(proxy.endpoint, tmp_path / "cut")
        with started("rollback", cut, first.run_id) as suspended:
            until(commit.on_its_way.is_set)
            suspended.send_signal(signal.SIGSTOP)
            write(project.settings, "b.md", "# B\n\nAnother text.")
            with started("ingest", project.settings) as second_run:
                _, errors = second_run.communicate(timeout=WAIT_S)
                assert second_run.returncode == 0, errors
            commit.let_through.set()
            suspended.send_signal(signal.SIGCONT)
            _, errors = suspended.communicate(timeout=WAIT_S)
    assert "another run has taken it over, so this one stops; run again" in errors
    whole = {
        "A\n\nThe second text.", "B\n\nAnother text.", "Gone\n\nA text that is deleted."
    }  # fmt: skip
    assert seen(project) == whole  # by whoever opens the index
    assert run(project.settings).status is Status.UNCHANGED
    assert {text for of_one in texts(project.settings).values() for text in of_one} == whole
    assert seen(project) == whole
    assert not diagnose(read_settings(project.settings)).findings


def seen(project: Project) -> set[str]:
    published = published_state(tables(project.settings))
    return set(frame(published.chunks, ("text",))["text"])


@pytest.mark.soak
def test_a_run_that_is_suspended_before_it_publishes_stops(project: Project) -> None:
    """Another run of its kind takes it for dead, and its place."""
    write(project.settings, "a.md", "# A\n\nThe second text.")
    with started("ingest", project.settings, "record_intent", "before") as suspended:
        until(lambda: is_stopped(suspended))
        write(project.settings, "b.md", "# B\n\nAnother text.")
        with started("ingest", project.settings) as second_run:
            _, errors = second_run.communicate(timeout=WAIT_S)
            assert second_run.returncode == 0, errors
        suspended.send_signal(signal.SIGCONT)
        _, errors = suspended.communicate(timeout=WAIT_S)
    assert "another run has taken it over, so this one stops; run again" in errors
    assert seen(project) == {
        "A\n\nThe second text.", "B\n\nAnother text.", "Gone\n\nA text that is deleted."
    }  # fmt: skip
    second, first, _ = project.records()
    assert (second.status, first.status) == (Status.PUBLISHED, Status.FAILED)
    assert run(project.settings).status is Status.UNCHANGED
    assert not diagnose(read_settings(project.settings)).findings
