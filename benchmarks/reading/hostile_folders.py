"""Ingest whole folders of hostile and odd files: `… hostile_folders CORPORA [FOLDER …]`.

Each folder is ingested twice with the default settings, in an index of its own. A row has what a
run published and rejected, its times, the largest memory of the run's process and of one below it
(a worker, or the one with the model), and what the second run did, which has nothing to do. The
reasons follow, with `--messages` each message too, with the number of documents that have it. Sums
that do not close fail a run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

FOLDERS = ("unstructured", "pypdf", "json_suite", "naughty_strings")
_SETTINGS = """\
sources:
  - name: documents
    path: {folder}
    max_file_mb: 512
embedding:
  model: {model}
contracts:
  batch:
    max_quarantine_share: 1.0
index:
  path: index
"""
_SAMPLE_S = 0.05
_COLUMNS = (
    "folder",
    "files",
    "MB",
    "wall (s)",
    "processor (s)",
    "run (MB)",
    "below (MB)",
    "published",
    "quarantined",
    "filtered",
    "chunks",
    "second run",
    "doctor",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A run: its record, exit status, seconds, and the most memory in MB."""

    record: dict
    status: int
    wall_s: float
    processor_s: float
    run_mb: float
    worker_mb: float


def main() -> None:
    """Print the table, the reasons and, if asked for, the messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--messages", action="store_true", help="list every message")
    arguments = parser.parse_args()
    print("|" + "|".join(_COLUMNS) + "|\n|---" + "|---:" * (len(_COLUMNS) - 1) + "|", flush=True)
    details = []
    for name in arguments.folders:
        row, reasons, messages = measure_folder(
            (arguments.corpora / name).resolve(), arguments.model
        )
        print(f"|{'|'.join(row)}|", flush=True)
        details.append(f"- {name}: {reasons or 'none'}")
        if arguments.messages:
            details += [f"    - {count}: {message}" for message, count in messages]
    print("\nReasons:\n\n" + "\n".join(details))


def measure_folder(folder: Path, model: str) -> tuple[list[str], str, list[tuple[str, int]]]:
    """Return a row of the table, the reasons with counts, and the messages with counts."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        (work / "vouch.yaml").write_text(
            _SETTINGS.format(folder=json.dumps(str(folder)), model=model)
        )
        first = ingest(work)
        again = ingest(work)
        doctor = vouch(work, "doctor").returncode
        rejects = json.loads(vouch(work, "--json", "quarantine", "list", "-n", "1000000").stdout)
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        size = sum(path.stat().st_size for path in files)
    sums = first.record["accounting"]
    reasons = Counter(reject["reason"] for reject in rejects)
    messages = Counter(re.sub(r"\d[\d,.]*", "#", reject["message"]) for reject in rejects)
    row = [
        folder.name,
        f"{len(files):,}",
        f"{size / 1e6:.1f}",
        f"{first.wall_s:.0f}",
        f"{first.processor_s:.0f}",
        f"{first.run_mb:,.0f}",
        f"{first.worker_mb:,.0f}",
        f"{sums['published']:,}",
        f"{sums['quarantined']:,}",
        f"{sums['filtered']:,}",
        f"{sums['chunks_published']:,}",
        f"{outcome(again)} in {again.wall_s:.0f} s",
        "sound" if doctor == 0 else f"exit {doctor}",
    ]
    return (
        row,
        ", ".join(f"{name} {count}" for name, count in reasons.most_common()),
        messages.most_common(),
    )


def outcome(again: Measured) -> str:
    """Return what a run without changes did: all unchanged, or its sums."""
    sums = again.record["accounting"]
    done = {name: sums[name] for name in ("published", "rejected", "removed") if sums[name]}
    return ", ".join(f"{count} {name}" for name, count in done.items()) or "nothing to do"


def ingest(work: Path) -> Measured:
    """Run `vouch ingest` and watch the memory of its process and of each below it."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "vouch", "--json", "ingest", "--runner", "local"]
    with (work / "record.json").open("wb") as output:
        process = subprocess.Popen(command, cwd=work, stdout=output, env=_environment())
    run = worker = 0
    seconds: dict[int, float] = {}
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        for each in (watched, *_children(watched)):
            try:
                memory, times = each.memory_info().rss, each.cpu_times()
            except psutil.Error:
                continue
            seconds[each.pid] = times.user + times.system
            if each is watched:
                run = max(run, memory)
            else:
                worker = max(worker, memory)
        time.sleep(_SAMPLE_S)
    text = (work / "record.json").read_text()
    if not text:
        raise SystemExit(f"the run has no record; it ended with {process.returncode}")
    record = json.loads(text)
    wall = time.perf_counter() - start
    return Measured(
        record, process.returncode, wall, sum(seconds.values()), run / 1e6, worker / 1e6
    )


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def vouch(work: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command of Vouch in a folder."""
    command = [sys.executable, "-m", "vouch", *arguments]
    return subprocess.run(command, cwd=work, capture_output=True, check=False, env=_environment())


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "COLUMNS": "1000"}


if __name__ == "__main__":
    main()
