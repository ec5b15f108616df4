"""Runs that are killed, that run at once, or whose disk is full leave a whole published state.

A run is killed with SIGKILL at every boundary between its steps and at 100 random moments, while a
reader polls the published tables.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lancedb
import pytest

from tests.pipeline.faults import PUBLISHING_RUN
from tests.pipeline.local_runs import ingest
from tests.soak.figures import FIGURES, note
from vouch.index.publishing.versions import published_state
from vouch.index.store.tables import Tables, frame, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.boundary import Boundary, Side

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3 * 3600)]

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data/sample/documents"
MOMENTS = int(os.environ.get("SOAK_MOMENTS", "100"))
ROW = ("chunk_id", "uri", "text", "char_start", "char_end", "embedded_sha256")
ADDED = "\n\nAn added paragraph that was not there before.\n"

# Arguments: the settings, then a kind of run, or a boundary, its side and what happens there: the
# process is killed, or the file system of the given folder is filled.
CHILD = """\
import sys
from pathlib import Path
from tests.pipeline.faults import at, kill_process
from tests.pipeline.local_runs import backfill, ingest

settings, *arguments = sys.argv[1:]

def fill_disk():
    with Path(arguments[2], "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass

print("started", flush=True)
if arguments == ["backfill"]:
    backfill(config=settings, path="peps/")
elif arguments:
    with at(*arguments[:2], kill_process if arguments[2] == "kill" else fill_disk):
        ingest(config=settings)
else:
    ingest(config=settings)
"""


class Corpus:
    """Two states of a corpus, and the rows that an undisturbed run publishes for each."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder = folder
        self.documents = folder / "documents"
        shutil.copytree(SAMPLE, self.documents)
        self.settings = folder / "vouch.yaml"
        self.settings.write_text(
            f"sources: [{{name: docs, path: documents}}]\nembedding: {{model: {model}}}\n"
            "index: {path: index, max_delete_share: 1.0}\n"
            "run: {shard_documents: 8, work_path: work, report_path: reports}\n"
        )
        self.states = {}
        for name in ("first", "second"):
            ingest(config=str(self.settings))
            self.states[name] = self.rows()
            self.switch()
        ingest(config=str(self.settings))
        assert self.rows() == self.states["first"]

    def switch(self) -> None:
        """Change the files from one state to the other: paragraphs and a folder come or go."""
        for pattern in ("peps/*.rst", "**/*.md"):
            for file in sorted(self.documents.glob(pattern)):
                text = file.read_text("utf-8")
                changed = text.removesuffix(ADDED) if text.endswith(ADDED) else text + ADDED
                file.write_text(changed, "utf-8")
        mail, aside = self.documents / "mail", self.folder / "aside"
        shutil.move(*((mail, aside) if mail.exists() else (aside, mail)))

    def rows(self, tables: Tables | None = None) -> list[tuple]:
        tables = tables or Tables.open(read_settings(self.settings).index_location)
        return frame(tables.chunks, ROW).sort("chunk_id").rows()

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a run in a process group of its own."""
        command = [sys.executable, "-c", CHILD, str(self.settings), *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **pipes) as process:
            yield process

    def resume(self, expected: list[tuple]) -> int:
        """Run again after an interruption; return the number of shards that were reused."""
        assert self.rows() in self.states.values()
        record = ingest(config=str(self.settings))
        assert self.rows() == expected
        return record.shards_resumed

    def is_healthy(self) -> bool:
        return diagnose(read_settings(self.settings)).findings == ()


class Reader:
    """Polls the published table as any LanceDB client would, and the state that a search opens."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.reads, self.torn = corpus, 0, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _poll(self) -> None:
        folder = read_settings(self.corpus.settings).index_location.local_path
        states = list(self.corpus.states.values())
        while not self._end.is_set():
            raw = rows(lancedb.connect(folder).open_table("chunks"), ROW).sort_by("chunk_id")
            by_client = [tuple(row.values()) for row in raw.to_pylist()]
            by_search = self.corpus.rows(published_state(Tables.open(folder)))
            self.torn += [state for state in (by_client, by_search) if state not in states]
            self.reads += 1
            time.sleep(0.02)


@pytest.fixture
def corpus(tmp_path: Path, tiny_model: Path) -> Corpus:
    return Corpus(tmp_path, tiny_model)


def test_a_run_that_is_killed_at_any_boundary_is_resumed(corpus: Corpus):
    killed = resumed = 0
    with Reader(corpus) as reader:
        for boundary in PUBLISHING_RUN:
            for side in Side:
                corpus.switch()
                expected = corpus.states["second" if killed % 2 == 0 else "first"]
                with corpus.process(boundary, side, "kill") as process:
                    process.communicate(timeout=180)
                assert process.returncode == -signal.SIGKILL, (boundary, side)
                killed += 1
                resumed += corpus.resume(expected)
    assert reader.torn == []
    assert corpus.is_healthy()
    note(
        FIGURES / "kill.jsonl",
        test="at every boundary",
        killed=killed,
        shards_resumed=resumed,
        reads=reader.reads,
        torn=0,
    )


def test_a_run_that_is_killed_at_a_random_moment_is_resumed(corpus: Corpus):
    """The length of a run is measured; moments are spread over it, from a fixed seed."""
    corpus.switch()
    with corpus.process() as process:
        process.stdout.readline()
        start = time.monotonic()
        process.communicate(timeout=180)
        assert process.returncode == 0
        length = time.monotonic() - start
    moments = random.Random(7)
    killed = finished = resumed = 0
    with Reader(corpus) as reader:
        for number in range(MOMENTS):
            corpus.switch()
            expected = corpus.states["first" if number % 2 == 0 else "second"]
            with corpus.process() as process:
                process.stdout.readline()
                time.sleep(moments.uniform(0, 1.1 * length))
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate(timeout=60)
            finished += process.returncode == 0
            killed += process.returncode != 0
            resumed += corpus.resume(expected)
    assert reader.torn == []
    assert corpus.is_healthy()
    note(
        FIGURES / "kill.jsonl",
        test="at random moments",
        killed=killed,
        finished_before=finished,
        shards_resumed=resumed,
        reads=reader.reads,
        torn=0,
    )


def test_two_processes_at_once_publish_what_one_after_the_other_publishes(corpus: Corpus):
    """An ingest and a backfill of half of the same documents, started together, ten times."""
    with Reader(corpus) as reader:
        for number in range(10):
            corpus.switch()
            expected = corpus.states["second" if number % 2 == 0 else "first"]
            with corpus.process() as ingesting, corpus.process("backfill") as backfilling:
                for process in (ingesting, backfilling):
                    process.communicate(timeout=300)
                    assert process.returncode == 0
            assert corpus.rows() == expected
            assert ingest(config=str(corpus.settings)).status == "unchanged"
    # Between the two publications the state is neither, but it never holds a chunk twice.
    doubled = [state for state in reader.torn if len({row[0] for row in state}) != len(state)]
    assert doubled == []
    assert corpus.is_healthy()
    note(
        FIGURES / "kill.jsonl",
        test="two processes at once",
        times=10,
        reads=reader.reads,
        duplicate_keys=0,
    )


@pytest.mark.parametrize(
    ("folder", "boundary", "side"),
    [
        pytest.param("work", Boundary.EMBED, Side.AFTER, id="staging"),
        pytest.param("index", Boundary.VERDICT, Side.AFTER, id="publishing"),
        pytest.param("index", Boundary.REFRESH_INDEXES, Side.BEFORE, id="indexing"),
    ],
)
def test_a_full_disk_leaves_the_published_state(
    corpus: Corpus, folder: str, boundary: Boundary, side: Side, tmp_path: Path
):
    with small_disk(tmp_path / "disk") as disk:
        place = corpus.folder / folder
        if place.exists():
            shutil.copytree(place, disk / "content")
            shutil.rmtree(place)
        else:
            (disk / "content").mkdir()
        place.symlink_to(disk / "content")

        corpus.switch()
        with Reader(corpus) as reader, corpus.process(boundary, side, str(disk)) as process:
            _, errors = process.communicate(timeout=300)
        assert process.returncode not in (0, -signal.SIGKILL), errors[-500:]
        assert "No space left" in errors
        assert reader.torn == []
        index = read_settings(corpus.settings).index_location.local_path
        assert corpus.rows(published_state(Tables.open(index))) == corpus.states["first"]

        (disk / "ballast").unlink()
        assert ingest(config=str(corpus.settings)).status in ("published", "unchanged")
        assert corpus.rows() == corpus.states["second"]
        assert corpus.is_healthy()
        place.unlink()
    note(
        FIGURES / "kill.jsonl",
        test=f"full disk at {boundary}",
        exit_code=process.returncode,
        reads=reader.reads,
        torn=0,
    )


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of 48 MB; skips the test for users that may not mount."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
