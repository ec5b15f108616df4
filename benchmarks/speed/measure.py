"""Commands run and watched: wall time, processor time by kind of process, and the peak of memory of all of them."""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_LOOK_S = 0.5


@dataclass(slots=True)
class Measured:
    """Seconds of wall time, processor seconds by kind of process, and MB at the peak.

    Memory is the sum over all processes of the command, Prefect's server among them; pages that several share are shared
    out among them (PSS).
    """

    seconds: float = 0.0
    processor: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    output: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """What `vouch --json` printed of the run."""
        found: dict[str, Any] = json.loads(self.output)
        return found


def watched(
    command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None
) -> Measured:
    """Run a command in a folder; raises `RuntimeError` where it fails."""
    measured = Measured()
    begun = time.perf_counter()
    with psutil.Popen(
        command, cwd=folder, stdout=-1, stderr=-1, env={**os.environ, **(more or {})}, text=True
    ) as process:
        watcher = threading.Thread(target=_watch, args=(process, measured), daemon=True)
        watcher.start()
        measured.output, errors = process.communicate()
    measured.seconds = time.perf_counter() - begun
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors[-2000:]}")
    return measured


def vouch(folder: Path, *arguments: str) -> Measured:
    """The command line of this checkout, over the settings in `folder`."""
    root = str(Path(__file__).parents[2])
    return watched([sys.executable, "-m", "vouch", *arguments], folder, {"PYTHONPATH": root})


def project(folder: Path, documents: Path, more: str = "") -> Path:
    """A folder with settings for a source of documents, all else by default."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vouch.yaml").write_text(
        f"sources:\n  - name: corpus\n    path: {documents.resolve()}\n{more}", "utf-8"
    )
    return folder


def _watch(process: psutil.Popen, measured: Measured) -> None:
    """Look until it ends; processor time is that of the last look at each process."""
    spent: dict[int, tuple[str, float]] = {}
    while process.poll() is None:
        total = 0.0
        for one in _family(process):
            try:
                total += _pss_mb(one.pid)
                spent[one.pid] = (_kind(one, process), sum(one.cpu_times()[:2]))
            except (psutil.Error, OSError):
                continue
        measured.peak_mb = max(measured.peak_mb, total)
        measured.processor = _sums(spent)
        time.sleep(_LOOK_S)


def _pss_mb(pid: int) -> float:
    """By the kernel's own sum: adding it up here took an eighth of a core, which the run that is measured would miss."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    (line,) = [line for line in told.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) * 1024 / 1e6


def _family(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _sums(spent: Mapping[int, tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for kind, seconds in spent.values():
        sums[kind] = sums.get(kind, 0.0) + seconds
    return sums


def _kind(one: psutil.Process, process: psutil.Popen) -> str:
    """By what it was started with, and of the workers by whether they hold torch."""
    command = " ".join(one.cmdline())
    if one.pid == process.pid:
        return "run"
    if "prefect" in command or "uvicorn" in command:
        return "Prefect's server"
    if "multiprocessing" not in command:
        return "readers"  # pandoc, tesseract
    return (
        "embedding"
        if "libtorch_cpu" in Path(f"/proc/{one.pid}/maps").read_text("utf-8")
        else "parsing"
    )
