"""Ingests folders of real documents and prints what became of them, as Markdown: `python -m benchmarks.ingest FOLDER…`.

Each folder gets a fresh index in a temporary folder. Afterwards every chunk is held against its document's canonical text.
"""

import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from index.tables import Tables, dicts, rows


@dataclass(frozen=True, slots=True)
class Measured:
    """One folder's run: its record, seconds of wall time of the whole command, peak memory of all its processes in MB."""

    name: str
    record: dict[str, Any]
    seconds: float
    peak_mb: float
    chunks: int
    unproved: int
    most_tokens: int
    formats: list[tuple[str, int, int, str]]


def measure(folder: Path, more: str = "") -> Measured:
    """Ingest a folder by the command line, as a user would."""
    with tempfile.TemporaryDirectory() as temporary:
        settings = Path(temporary) / "vouch.yaml"
        settings.write_text(f"sources:\n  - name: corpus\n    path: {folder.resolve()}\n    hidden: true\n{more}", "utf-8")
        begun = time.perf_counter()
        record, peak = _run([sys.executable, "-m", "vouch", "--config", str(settings), "--json", "ingest"])
        seconds = time.perf_counter() - begun
        tables = Tables.open(Path(temporary) / "data" / "index")
        total, unproved, most = _proofs(tables)
        return Measured(folder.name, record, seconds, peak, total, unproved, most, _formats(tables))


def _run(command: list[str]) -> tuple[dict[str, Any], float]:
    with psutil.Popen(command, stdout=-1) as process:
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
        watcher.start()
        output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(output), peak[0]


def _watch(process: psutil.Popen, peak: list[float]) -> None:
    """Keep the largest sum of the resident memory of a process and all below it; shared pages count once a process."""
    while process.poll() is None:
        total = 0
        for one in [process, *process.children(recursive=True)]:
            try:
                total += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        peak[0] = max(peak[0], total / 1e6)
        time.sleep(0.25)


def _proofs(tables: Tables) -> tuple[int, int, int]:
    """Chunks, chunks that are not their span of the canonical text, and the most tokens of one."""
    held = rows(tables.documents, ("document_id", "canonical_text")).to_pylist()
    texts = {row["document_id"]: row["canonical_text"] for row in held}
    chunks = rows(tables.chunks, ("document_id", "char_start", "char_end", "text", "token_count")).to_pylist()
    wrong = sum(texts[row["document_id"]][row["char_start"] : row["char_end"]] != row["text"] for row in chunks)
    return len(chunks), wrong, max((row["token_count"] for row in chunks), default=0)


def _formats(tables: Tables) -> list[tuple[str, int, int, str]]:
    """By format: published, quarantined, and the reasons."""
    formats: dict[str, list[dict[str, Any]]] = {}
    for row in dicts(tables.documents, "true"):
        formats.setdefault(_ending(row["uri"]), []).append(row)
    found = []
    for ending, documents in sorted(formats.items()):
        reasons: dict[str, int] = {}
        for row in documents:
            if row["status"] == "quarantined":
                reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        found.append((ending, sum(row["status"] == "published" for row in documents), sum(reasons.values()), told))
    return found


def _ending(uri: str) -> str:
    return (Path(uri).suffix.lower() or "(none)") + (" attached" if "#attachment/" in uri else "")


def main(arguments: list[str]) -> None:
    """Print one table of runs, then one of formats a folder; `--precision=…` is that of the model."""
    precision = next((one.split("=", 1)[1] for one in arguments if one.startswith("--precision=")), "float32")
    more = f"embedding: {{precision: {precision}}}\n"
    measured = [measure(Path(folder), more) for folder in arguments if not folder.startswith("--")]
    names = ("corpus", "listed + attached", "published", "quarantined", "chunks", "not proved", "most tokens")
    print(f"| {' | '.join((*names, 'wall s', 'chunks/s', 'peak MB'))} |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in measured:
        sums = one.record["accounting"]
        print(
            f"| {one.name} | {sums['listed']:,} + {sums['attached']:,} | {sums['published']:,} | {sums['quarantined']:,} | "
            f"{one.chunks:,} | {one.unproved} | {one.most_tokens} | {one.seconds:.0f} | {one.chunks / one.seconds:.1f} | "
            f"{one.peak_mb:,.0f} |"
        )
    for one in measured:
        stages = ", ".join(f"{cost['stage']} {cost['seconds']:.1f}" for cost in one.record["stages"])
        print(f"\n**{one.name}**, seconds at work by stage: {stages}\n")
        print("| format | published | quarantined | reasons |\n|---|---:|---:|---|")
        for ending, published, quarantined, reasons in one.formats:
            print(f"| {ending} | {published} | {quarantined} | {reasons} |")


if __name__ == "__main__":
    main(sys.argv[1:])
