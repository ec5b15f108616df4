"""A command that a signal ends: it says so, leaves nothing behind, and the next run is right."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.interrupted import ROOT, command
from tests.pipeline.steps import configure, run, tables, texts, write
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.runs.record import Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
INGEST = ("ingest", "--runner", "local")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project with three published documents, each of which has changed since."""
    folder = tmp_path_factory.mktemp("interrupted")
    settings = configure(folder, tiny_model, run={"shard_documents": 2})
    for number in range(3):
        write(settings, f"{number}.md", f"# Number {number}\n\nThe text of document {number}.")
    run(settings)
    for number in range(3):
        write(settings, f"{number}.md", f"# Number {number}\n\nThe new text of {number}.")
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


SLOW_END = """
import atexit, os, signal, time
from vouch.interruption import GRACE_S, interruptible

def end_slowly():
    print("exit function", flush=True)
    time.sleep(2 * GRACE_S)

atexit.register(end_slowly)
with interruptible() as interruption:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(3600)
    except KeyboardInterrupt:
        interruption.end_process()
"""


def test_what_is_to_be_done_at_the_end_is_done_by_one_thread():
    # Two threads at it crashed the interpreter, where the end took longer than the grace.
    done = subprocess.run(
        [sys.executable, "-c", SLOW_END], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "exit function\n"), done.stderr


@pytest.mark.parametrize(
    ("boundary", "action", "name", "status"),
    [
        (Boundary.FETCH_AND_PARSE, "block", "SIGTERM", Status.FAILED),
        (Boundary.COMMIT_DOCUMENTS, "repeat", "SIGINT", Status.PUBLISHING),
    ],
)
def test_an_interrupted_run_leaves_nothing_and_is_completed_by_the_next(
    settings: Path, boundary: Boundary, action: str, name: str, status: Status
):
    ended = command(settings, boundary, Side.BEFORE, action, name, *INGEST)
    assert ended.code == 128 + getattr(signal, name), ended.printed
    assert f"vouch: interrupted by {name}" in ended.printed
    assert "Traceback" not in ended.printed
    assert (ended.processes, ended.files) == ((), ())
    record, *_ = list_runs(tables(settings))
    assert record.status is status
    if status is Status.FAILED:
        assert f"the run was interrupted ({name}); nothing was published" in str(record.error)

    run(settings)

    assert texts(settings) == {
        f"{number}.md": [f"Number {number}\n\nThe new text of {number}."] for number in range(3)
    }
    assert not {Status.RUNNING, Status.PUBLISHING} & {
        record.status for record in list_runs(tables(settings))
    }
    assert diagnose(read_settings(settings)).findings == ()


# A command, and what is done with its output.
OUTPUTS = [
    "schema | head -1",
    "schema >&-",
    "schema >/dev/full",
    "nonsense 2>&-",
    "schema <&- >&- 2>&-",
]


def test_output_that_nobody_gets_is_no_traceback(tmp_path: Path):
    script = "\n".join(
        f'{{ {sys.executable} -m vouch {command}; }} 2>>"$OUT"; echo $? >>codes'
        for command in OUTPUTS
    )
    printed = tmp_path / "printed"
    subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OUT": str(printed)},
        stdout=subprocess.DEVNULL,
        timeout=600,
    )
    assert "Traceback" not in printed.read_text()
    assert "Exception ignored" not in printed.read_text()
    assert (tmp_path / "codes").read_text().split() == ["0", "0", "1", "2", "0"]
