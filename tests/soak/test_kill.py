"""kill -9 at every border and at 100 random moments, with a reader polling; and a disk that is full."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import lancedb
import pytest

from tests.flows.faults import BORDERS
from tests.soak.figures import FIGURES, note
from vouch.flows.ingest import ingest
from vouch.index.publishing.versions import published_state
from vouch.index.store.tables import Tables, frame, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose

pytestmark = [
    pytest.mark.soak,
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.timeout(3 * 3600),
]

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data/sample/documents"
MOMENTS = int(os.environ.get("SOAK_MOMENTS", "100"))
ROW = ("chunk_id", "uri", "text", "char_start", "char_end", "embedded_sha256")

CHILD = (
    "import sys; from tests.flows.faults import die, end_at\n"
    "if sys.argv[2:] == ['backfill']:\n"
    "    from vouch.flows.backfill import backfill; backfill(config=sys.argv[1], path='peps/'); sys.exit()\n"
    "if len(sys.argv) > 2: end_at((sys.argv[2], sys.argv[3]), sys.argv[4] == 'after', die, setattr)\n"
    "from vouch.flows.ingest import ingest; print('begun', flush=True); ingest(config=sys.argv[1])\n"
)


class Corpus:
    """Two states of a corpus, and the index that an undisturbed run makes of each."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.documents = folder / "documents"
        shutil.copytree(SAMPLE, self.documents)
        (self.documents / "broken").rename(self.documents / "refused")
        self.settings = folder / "vouch.yaml"
        self.settings.write_text(
            f"sources: [{{name: docs, path: documents}}]\nembedding: {{model: {model}}}\n"
            "index: {path: index, max_delete_share: 1.0}\nrun: {shard_documents: 8, work_path: work, report_path: reports}\n"
        )
        self.folder = folder
        self.states = {}
        for name in ("one", "two"):
            ingest(config=str(self.settings))
            self.states[name] = self.state()
            self.turn()
        ingest(config=str(self.settings))
        assert self.state() == self.states["one"]

    def turn(self) -> None:
        """From one state of the files to the other, and back."""
        turned = self.folder / "turned"
        for file in sorted(self.documents.glob("peps/*.rst")) + sorted(
            self.documents.glob("**/*.md")
        ):
            marker = "\n\nAn added paragraph that was not there before.\n"
            text = file.read_text("utf-8")
            file.write_text(
                text.removesuffix(marker) if text.endswith(marker) else text + marker, "utf-8"
            )
        gone = self.documents / "mail"
        shutil.move(*((gone, turned) if gone.exists() else (turned, gone)))

    def state(self, tables: Tables | None = None) -> list[tuple]:
        tables = tables or Tables.open(read_settings(self.settings).index_folder)
        return frame(tables.chunks, ROW).sort("chunk_id").rows()

    def start(self, *border: str) -> subprocess.Popen:
        from prefect.settings import PREFECT_API_URL

        environment = {
            **os.environ,
            "PREFECT_API_URL": str(PREFECT_API_URL.value()),
            "PREFECT_LOGGING_LEVEL": "CRITICAL",
        }
        command = [sys.executable, "-c", CHILD, str(self.settings), *border]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


class Reader:
    """Polls the published table with plain LanceDB, as any client would, and the state that `index.open` shows."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.looks, self.torn = corpus, 0, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _poll(self) -> None:
        folder = read_settings(self.corpus.settings).index_folder
        known = list(self.corpus.states.values())
        while not self._end.is_set():
            raw = rows(lancedb.connect(folder).open_table("chunks"), ROW).sort_by("chunk_id")
            seen = [tuple(row.values()) for row in raw.to_pylist()]
            shown = self.corpus.state(published_state(Tables.open(folder)))
            self.torn += [state for state in (seen, shown) if state not in known]
            self.looks += 1
            time.sleep(0.02)


@pytest.fixture
def corpus(tmp_path: Path, tiny_model: Path) -> Corpus:
    return Corpus(tmp_path, tiny_model)


def _go_on(corpus: Corpus, wanted: list[tuple]) -> int:
    """The same command again; how many shards it did not have to make."""
    assert corpus.state() in corpus.states.values()
    record = ingest(config=str(corpus.settings))
    assert corpus.state() == wanted
    return record.shards_resumed


def test_killed_at_every_border(corpus: Corpus):
    killed = resumed = 0
    with Reader(corpus) as reader:
        for border in BORDERS:
            for when in ("before", "after"):
                corpus.turn()
                wanted = corpus.states["two" if killed % 2 == 0 else "one"]
                with corpus.start(*border, when) as child:
                    assert child.wait(180) == -signal.SIGKILL, border
                killed += 1
                resumed += _go_on(corpus, wanted)
    assert (reader.torn, diagnose(read_settings(corpus.settings)).findings) == ([], ())
    note(
        FIGURES / "kill.jsonl",
        test="at every border",
        killed=killed,
        shards_resumed=resumed,
        looks=reader.looks,
        torn=0,
    )


def test_killed_at_random_moments(corpus: Corpus):
    """A run's length is measured first; the moments are spread over it, from a fixed seed."""
    corpus.turn()
    begun = time.monotonic()
    with corpus.start() as child:
        assert child.stdout
        child.stdout.readline()
        started = time.monotonic() - begun
        assert child.wait(180) == 0
    length = time.monotonic() - begun - started
    moments = random.Random(7)
    killed = finished = resumed = 0
    with Reader(corpus) as reader:
        for number in range(MOMENTS):
            corpus.turn()
            wanted = corpus.states["one" if number % 2 == 0 else "two"]
            with corpus.start() as child:
                assert child.stdout
                child.stdout.readline()
                time.sleep(moments.uniform(0, 1.1 * length))
                os.killpg(child.pid, signal.SIGKILL)
                ended = child.wait(60) == 0
            finished, killed = finished + ended, killed + (not ended)
            resumed += _go_on(corpus, wanted)
    assert (reader.torn, diagnose(read_settings(corpus.settings)).findings) == ([], ())
    note(
        FIGURES / "kill.jsonl",
        test="at random moments",
        killed=killed,
        ended_before=finished,
        shards_resumed=resumed,
        looks=reader.looks,
        torn=0,
    )


def test_two_processes_at_once_give_what_one_after_the_other_gives(corpus: Corpus):
    """An ingest and a backfill of half of the same documents, started together, ten times."""
    with Reader(corpus) as reader:
        for number in range(10):
            corpus.turn()
            wanted = corpus.states["two" if number % 2 == 0 else "one"]
            with corpus.start() as one, corpus.start("backfill") as other:
                assert [child.wait(300) for child in (one, other)] == [0, 0]
            assert corpus.state() == wanted
            assert ingest(config=str(corpus.settings)).status == "unchanged"
    whole = [state for state in reader.torn if len({row[0] for row in state}) != len(state)]
    assert (whole, diagnose(read_settings(corpus.settings)).findings) == ([], ())
    note(
        FIGURES / "kill.jsonl",
        test="two processes at once",
        times=10,
        looks=reader.looks,
        doubled_keys=0,
    )


@pytest.mark.parametrize("where", ["staging", "publish", "optimize"])
def test_a_full_disk_changes_nothing_that_is_published(corpus: Corpus, where: str, tmp_path: Path):
    """On a real, small file system that has no room left; run as root (tmpfs is mounted)."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root")
    small = tmp_path / "small"
    small.mkdir()
    what = corpus.folder / ("work" if where == "staging" else "index")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(small)], check=True)
    try:
        if what.exists():
            shutil.copytree(what, small / "held")
            shutil.rmtree(what)
        else:
            (small / "held").mkdir()
        what.symlink_to(small / "held")
        _fills_up(corpus, small, where)
    finally:
        what.unlink()
        subprocess.run(["umount", "-l", str(small)], check=True)


def _fills_up(corpus: Corpus, small: Path, where: str) -> None:
    corpus.turn()
    border = {
        "staging": ("vouch.pipeline.stages.process_shard", "embed"),
        "publish": ("vouch.pipeline.finalize", "judge"),
        "optimize": ("vouch.index.publishing.publish", "refresh_indexes"),
    }[where]
    code = (
        "import sys, os, pathlib; from tests.flows.faults import end_at\n"
        "def fill():\n"
        "    with open(sys.argv[2] + '/ballast', 'wb', buffering=0) as file:\n"
        "        try:\n"
        "            while True: file.write(bytes(4096))\n"
        "        except OSError: pass\n"
        f"end_at({border!r}, {where != 'optimize'}, fill, setattr)\n"
        "from vouch.flows.ingest import ingest; ingest(config=sys.argv[1])\n"
    )
    from prefect.settings import PREFECT_API_URL

    environment = {
        **os.environ,
        "PREFECT_API_URL": str(PREFECT_API_URL.value()),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
    }
    command = [sys.executable, "-c", code, str(corpus.settings), str(small)]
    with Reader(corpus) as reader:
        child = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )
    assert child.returncode not in (0, -9), child.stderr[-500:]
    assert "No space left" in child.stderr
    assert reader.torn == []
    shown = corpus.state(published_state(Tables.open(read_settings(corpus.settings).index_folder)))
    assert shown == corpus.states["one"]
    (small / "ballast").unlink()
    assert ingest(config=str(corpus.settings)).status in ("published", "unchanged")
    assert corpus.state() == corpus.states["two"]
    assert diagnose(read_settings(corpus.settings)).findings == ()
    note(
        FIGURES / "kill.jsonl",
        test=f"full disk at {where}",
        exit_code=child.returncode,
        looks=reader.looks,
        torn=0,
    )
