"""The fork server is clean, imports from where its run does, and ends with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.workers.worker_probes import ProcessProbe
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ROOT = Path(__file__).parents[2]


def probe(tokenizer) -> dict[str, str]:
    """Return what the worker of a new sandbox reports about its process."""
    with Sandbox(ParsingSettings(workers=1), ChunkingSettings(), tokenizer, ProcessProbe()) as box:
        facts = box.result(box.parse(b"# Fine\n\nThis document is fine.", "good.md")).redactions
    return dict(fact.split(" ", 1) for fact in facts)


def test_workers_are_forked_from_one_server_without_threads_and_unwanted_modules(tokenizer):
    first, second = probe(tokenizer), probe(tokenizer)
    server = Path("/proc", first["parent"])
    assert int(first["parent"]) != os.getpid()
    assert first == second
    assert first["threads"] == "1"
    assert "module" not in first
    assert len(list((server / "task").iterdir())) == 1
    assert ignores(server, signal.SIGINT)


def ignores(process: Path, number: signal.Signals) -> bool:
    """Return whether a process ignores a signal, such as the one that Ctrl-C sends."""
    lines = (process / "status").read_text().splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("SigIgn"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_worker_has_the_environment_of_its_run_not_that_of_the_server(tokenizer, monkeypatch):
    assert probe(tokenizer)["color"] == "None"
    monkeypatch.setenv("COLOR", "blue")
    assert probe(tokenizer)["color"] == "blue"
    assert "PYTHONSAFEPATH" not in os.environ


RUN_THAT_HANGS = """
import sys
from pathlib import Path
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.workers.sandbox import Sandbox
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from tests.workers.worker_probes import HostileParser

if __name__ == "__main__":
    tokenizer = ModelTokenizer(Path(sys.argv[1]))
    parsing = ParsingSettings(workers=1)
    with Sandbox(parsing, ChunkingSettings(), tokenizer, HostileParser()) as box:
        print(box.result(box.parse(b"# Fine", "good.md")).read_by, flush=True)
        box.result(box.parse(b"please match", "a.txt"))
"""


def test_a_killed_run_takes_its_processes_along_and_imports_nothing_from_its_working_directory(
    tokenizer, tmp_path
):
    (tmp_path / "run.py").write_text(RUN_THAT_HANGS)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("parsers", "markdown_it", "html"):
        (folder / f"{name}.py").write_text("raise SystemExit('not ours')")
    command = [sys.executable, str(tmp_path / "run.py"), str(tokenizer.folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "markdown\n"
        processes = psutil.Process(run.pid).children(recursive=True)
        # The server, its worker, and the resource tracker of multiprocessing.
        assert len(processes) == 3
        wait_until(lambda: any(map(is_running, processes)))
        run.kill()
    wait_until(lambda: all(map(has_ended, processes)))


def is_running(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_RUNNING


def has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    """Poll a condition; a test that waits too long is ended by pytest's own time limit."""
    while not condition():
        time.sleep(0.05)
