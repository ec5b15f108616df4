"""Where parser processes come from: a clean server, that looks where this process looks and ends with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.parsers.in_worker import Looking
from vouch.schemas.settings import ChunkingSettings, ParsingSettings
from vouch.workers.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
ROOT = Path(__file__).parents[2]


def looked(tokenizer) -> dict[str, str]:
    """What the process of a new sandbox tells of itself."""
    with Sandbox(ParsingSettings(workers=1), ChunkingSettings(), tokenizer, Looking()) as box:
        told = box.result(box.parse(b"# Fine\n\nThis document is fine.", "good.md")).redactions
    return dict(one.split(" ", 1) for one in told)


def test_processes_are_forked_from_one_server_that_has_no_threads_and_only_what_parsers_need(
    tokenizer,
):
    first, second = looked(tokenizer), looked(tokenizer)
    server = Path("/proc", first["parent"])
    assert int(first["parent"]) != os.getpid()
    assert first == second
    assert first["threads"] == "1"
    assert "module" not in first
    assert len(list((server / "task").iterdir())) == 1
    assert ignored(server, signal.SIGINT)


def ignored(process: Path, number: signal.Signals) -> bool:
    """Whether a process ignores a signal, as Ctrl-C sends it to all of a terminal."""
    mask = next(
        line.split()[1]
        for line in (process / "status").read_text().splitlines()
        if line.startswith("SigIgn")
    )
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_process_has_the_environment_of_now_not_of_when_the_server_started(
    tokenizer, monkeypatch
):
    assert looked(tokenizer)["color"] == "None"
    monkeypatch.setenv("COLOR", "blue")
    assert looked(tokenizer)["color"] == "blue"
    assert "PYTHONSAFEPATH" not in os.environ


HANGS = """
import sys
from pathlib import Path
from vouch.embedders.tokens import ModelTokenizer
from vouch.workers.sandbox import Sandbox
from vouch.schemas.settings import ChunkingSettings, ParsingSettings
from tests.parsers.in_worker import Hostile

if __name__ == "__main__":
    with Sandbox(ParsingSettings(workers=1), ChunkingSettings(), ModelTokenizer(Path(sys.argv[1])), Hostile()) as box:
        print(box.result(box.parse(b"# Fine", "good.md")).read_by, flush=True)
        box.result(box.parse(b"please match", "a.txt"))
"""


def test_a_killed_run_leaves_neither_server_nor_what_it_parses_and_no_code_is_taken_from_where_it_stands(
    tokenizer, tmp_path
):
    (tmp_path / "run.py").write_text(HANGS)
    here = tmp_path / "here"
    here.mkdir()
    for name in ("parsers", "markdown_it", "html"):
        (here / f"{name}.py").write_text("raise SystemExit('not ours')")
    command = [sys.executable, str(tmp_path / "run.py"), str(tokenizer.folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=here, env=environment, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "markdown\n"
        processes = psutil.Process(run.pid).children(recursive=True)
        assert (
            len(processes) == 3
        )  # the server, what it forked, and multiprocessing's own that cleans up
        until(
            lambda: any(process.status() == psutil.STATUS_RUNNING for process in processes),
            "parsing",
        )
        run.kill()
    until(lambda: all(map(has_ended, processes)), "gone")


def has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(holds, what: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, f"not {what} within a minute"
        time.sleep(0.05)
