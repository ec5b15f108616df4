"""Measure commands: wall time, processor time by kind of process, peak memory of all of them."""

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

_INTERVAL_S = 0.5


@dataclass(slots=True)
class Measured:
    """Seconds of wall time, processor seconds by kind of process, and MB at the peak.

    Memory is the sum over all processes of the command, including Prefect's server; shared pages
    are divided among the processes that share them (PSS).
    """

    seconds: float = 0.0
    processor: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    output: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """Return the record that `vouch --json` printed."""
        record: dict[str, Any] = json.loads(self.output)
        return record


def watched(
    command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None
) -> Measured:
    """Run a command in a folder; raises `RuntimeError` where it fails."""
    measured = Measured()
    start = time.perf_counter()
    with psutil.Popen(
        command, cwd=folder, stdout=-1, stderr=-1, env={**os.environ, **(more or {})}, text=True
    ) as process:
        watcher = threading.Thread(target=_watch, args=(process, measured), daemon=True)
        watcher.start()
        measured.output, errors = process.communicate()
    measured.seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors[-2000:]}")
    return measured


def vouch(folder: Path, *arguments: str) -> Measured:
    """Run the command line of this checkout with the settings in `folder`."""
    root = str(Path(__file__).parents[2])
    return watched([sys.executable, "-m", "vouch", *arguments], folder, {"PYTHONPATH": root})


def project(folder: Path, documents: Path, more: str = "") -> Path:
    """Write settings for a folder of documents into `folder` and return it; `more` is appended."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vouch.yaml").write_text(
        f"sources:\n  - name: corpus\n    path: {documents.resolve()}\n{more}", "utf-8"
    )
    return folder


def _watch(process: psutil.Popen, measured: Measured) -> None:
    """Poll the processes until the command ends; keep the last processor time of each."""
    spent: dict[int, tuple[str, float]] = {}
    while process.poll() is None:
        total = 0.0
        for member in _family(process):
            try:
                total += _pss_mb(member.pid)
                spent[member.pid] = (_kind(member, process), sum(member.cpu_times()[:2]))
            except (psutil.Error, OSError):
                continue
        measured.peak_mb = max(measured.peak_mb, total)
        measured.processor = _sums(spent)
        time.sleep(_INTERVAL_S)


def _pss_mb(pid: int) -> float:
    """Return the memory of a process by the kernel's sum: adding up maps takes 12 % of a core."""
    summary = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    (line,) = [line for line in summary.splitlines() if line.startswith("Pss:")]
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


def _kind(member: psutil.Process, process: psutil.Popen) -> str:
    """Return the kind by the command; of worker processes, those that loaded torch embed."""
    command = " ".join(member.cmdline())
    if member.pid == process.pid:
        return "run"
    if "prefect" in command or "uvicorn" in command:
        return "Prefect's server"
    if "multiprocessing" not in command:
        return "readers"  # pandoc, tesseract
    return (
        "embedding"
        if "libtorch_cpu" in Path(f"/proc/{member.pid}/maps").read_text("utf-8")
        else "parsing"
    )
