"""`run.cluster.local`: worker processes that start and end with the run, whatever ends it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cluster.published import Published, differences
from tests.pipeline.steps import configure, run, write
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.runs.record import Status

_WAIT_S = 300
_INGEST = (sys.executable, "-m", "vouch", "--config")


_SHARDS = {"shard_documents": 1}


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> Path:
    settings = configure(tmp_path, tiny_model, run=_SHARDS | {"cluster": {"local": 2}})
    for number in range(6):
        file = write(settings, f"{number}.md", f"# Text {number}\n\nThe text of {number}.\n")
        os.utime(file, (1.7e9, 1.7e9))
    return settings


def wait_for_workers(running: "subprocess.Popen[bytes]") -> None:
    """Wait until a run has both of its workers."""
    deadline = time.monotonic() + _WAIT_S
    while len(workers_of(running)) < 2:
        assert running.poll() is None, "the run has ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_of(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Return the worker processes of a run."""
    return [
        child for child in psutil.Process(process.pid).children() if "--of-run" in child.cmdline()
    ]


def test_two_workers_publish_what_this_process_does_and_leave_nothing(
    settings: Path, tmp_path: Path, tiny_model: Path
):
    record = run(settings)
    assert record.status is Status.PUBLISHED
    assert record.accounting.published == 6
    assert record.tokens_embedded > 0
    run(configure(tmp_path, tiny_model, index={"path": "data/other"}, run=_SHARDS))
    here = read_settings(settings)
    there = Published.of(here.location("data/index"))
    assert differences(there, Published.of(here.index_location)) == []


def test_a_worker_that_is_killed_is_replaced_and_a_killed_run_leaves_none(settings: Path):
    """The run continues with one worker; killed itself, it takes its workers with it."""
    ingest = [*_INGEST, str(settings), "ingest", "--runner", "local"]
    running = subprocess.Popen(ingest, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_workers(running)
    victim = workers_of(running)[0]
    os.killpg(victim.pid, signal.SIGKILL)
    assert running.wait(_WAIT_S) == 0

    write(settings, "new.md", "# New\n\nA new text.\n")
    running = subprocess.Popen(ingest, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_workers(running)
    workers = workers_of(running)
    below = [child for worker in workers for child in worker.children(recursive=True)]
    running.kill()
    running.wait()
    _, alive = psutil.wait_procs([*workers, *below], timeout=_WAIT_S)
    assert alive == []
    assert run(settings).status is Status.PUBLISHED


def test_without_a_cluster_nothing_of_dask_is_imported():
    code = (
        "import sys, vouch, vouch.pipeline.run, vouch.pipeline.local_runner, vouch.cli, "
        "vouch.flows.ingest; "
        "assert not {'dask', 'distributed'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
