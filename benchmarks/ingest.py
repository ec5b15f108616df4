"""Ingests folders of real documents and prints what became of them, as Markdown: `python -m benchmarks.ingest FOLDER…`.

Each folder gets a fresh index in a temporary folder. Afterwards every chunk is held against its document's canonical text.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.speed.measure import Measured, project, vouch
from vouch.index.store.tables import Tables, dicts, rows


@dataclass(frozen=True, slots=True)
class Ingested:
    """One folder's run and what it left: chunks, those that are not their span of the text, and the most tokens of one."""

    name: str
    run: Measured
    chunks: int
    unproved: int
    most_tokens: int
    formats: list[tuple[str, int, int, str]]


def measure(folder: Path, more: str = "") -> Ingested:
    """Ingest a folder by the command line, as a user would."""
    with tempfile.TemporaryDirectory() as temporary:
        place = project(Path(temporary), folder, f"    hidden: true\n{more}")
        run = vouch(place, "--json", "ingest")
        tables = Tables.open(place / "data" / "index")
        total, unproved, most = _proofs(tables)
        return Ingested(folder.name, run, total, unproved, most, _formats(tables))


def _proofs(tables: Tables) -> tuple[int, int, int]:
    """Chunks, chunks that are not their span of the canonical text, and the most tokens of one."""
    held = rows(tables.documents, ("document_id", "canonical_text")).to_pylist()
    texts = {row["document_id"]: row["canonical_text"] for row in held}
    chunks = rows(
        tables.chunks, ("document_id", "char_start", "char_end", "text", "token_count")
    ).to_pylist()
    wrong = sum(
        texts[row["document_id"]][row["char_start"] : row["char_end"]] != row["text"]
        for row in chunks
    )
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
        found.append(
            (
                ending,
                sum(row["status"] == "published" for row in documents),
                sum(reasons.values()),
                told,
            )
        )
    return found


def _ending(uri: str) -> str:
    return (Path(uri).suffix.lower() or "(none)") + (" attached" if "#attachment/" in uri else "")


def main(arguments: list[str]) -> None:
    """Print one table of runs, then one of formats a folder; `--precision=…` is that of the model."""
    precision = next(
        (one.split("=", 1)[1] for one in arguments if one.startswith("--precision=")), "float32"
    )
    more = f"embedding: {{precision: {precision}}}\n"
    measured = [measure(Path(folder), more) for folder in arguments if not folder.startswith("--")]
    names = (
        "corpus",
        "listed + attached",
        "published",
        "quarantined",
        "chunks",
        "not proved",
        "most tokens",
    )
    print(f"| {' | '.join((*names, 'wall s', 'chunks/s', 'peak MB'))} |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in measured:
        sums = one.run.record["accounting"]
        print(
            f"| {one.name} | {sums['listed']:,} + {sums['attached']:,} | {sums['published']:,} | {sums['quarantined']:,} | "
            f"{one.chunks:,} | {one.unproved} | {one.most_tokens} | {one.run.seconds:.0f} | "
            f"{one.chunks / one.run.seconds:.1f} | "
            f"{one.run.peak_mb:,.0f} |"
        )
    for one in measured:
        stages = ", ".join(
            f"{cost['stage']} {cost['seconds']:.1f}" for cost in one.run.record["stages"]
        )
        print(f"\n**{one.name}**, seconds at work by stage: {stages}\n")
        print("| format | published | quarantined | reasons |\n|---|---:|---:|---|")
        for ending, published, quarantined, reasons in one.formats:
            print(f"| {ending} | {published} | {quarantined} | {reasons} |")


if __name__ == "__main__":
    main(sys.argv[1:])
