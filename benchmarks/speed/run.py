"""A cold run beside the embedding of its chunks: `python -m benchmarks.speed.run CORPORA`."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.measure import Measured, project, vouch
from benchmarks.speed.samples import CORPORA, Texts
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.process import EmbeddingProcess
from vouch.embedders.models import find_model
from vouch.index.store.tables import Tables, rows
from vouch.schemas.settings.embedding import EmbeddingSettings

_ROUNDS = 3
_KINDS = ("run", "embedding", "parsing", "readers", "Prefect's server")


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of runs and one of their processor time by process and stage."""
    lines = [
        "### A cold run, and the embedding of the same chunks alone",
        "Into a fresh index by the command line, from start to end; then the distinct texts of its "
        "chunks by the loaded model alone. Of three rounds, the one whose ratio is the median.",
        "",
        "| corpus | documents | chunks | run s | embedding alone s | run / embedding | ms a chunk "
        "| peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    spent = [
        "### Processor seconds of the same runs, by process",
        f"| corpus | {' | '.join(_KINDS)} | stages, seconds |",
        f"|---|{'---:|' * len(_KINDS)}---|",
    ]
    for name in CORPORA:
        rounds = sorted(
            (_round(corpora / name) for _ in range(_ROUNDS)),
            key=lambda pair: pair[0].seconds / pair[1],
        )
        run, alone = rounds[_ROUNDS // 2]
        accounting = run.record["accounting"]
        chunks = accounting["chunks_published"]
        lines.append(
            f"| {name} | {accounting['published']:,} | {chunks:,} | {run.seconds:.1f} | "
            f"{alone:.1f} | {run.seconds / alone:.2f} | {1000 * run.seconds / chunks:.1f} | "
            f"{run.peak_mb:,.0f} |"
        )
        spent.append(_spent(name, run))
    yield "\n".join(lines)
    yield "\n".join(spent)


def _round(corpus: Path) -> tuple[Measured, float]:
    """Return a run, and the seconds of embedding its texts alone.

    Both are measured in succession, because the speed of the machine varies over time.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = project(Path(folder) / "project", corpus)
        run = vouch(place, "--json", "ingest")
        sample = _embedded(place / "data" / "index")
    return run, _alone(sample)


def _spent(name: str, run: Measured) -> str:
    seconds = " | ".join(f"{run.processor.get(kind, 0.0):.1f}" for kind in _KINDS)
    stages = ", ".join(f"{cost['stage']} {cost['seconds']:.1f}" for cost in run.record["stages"])
    return f"| {name} | {seconds} | {stages} |"


def _embedded(index: Path) -> Texts:
    """Return the distinct texts that a run embedded."""
    chunk_rows = rows(
        Tables.open(index).chunks, ("text", "embedded_text", "embedded_sha256", "token_count")
    ).to_pylist()
    distinct = {row["embedded_sha256"]: row for row in chunk_rows}.values()
    return Texts(
        [row["embedded_text"] or row["text"] for row in distinct],
        [row["token_count"] for row in distinct],
    )


def _alone(sample: Texts) -> float:
    card = find_model(EmbeddingSettings(), Path())
    process = EmbeddingProcess(card)
    embedder = Embedder(card, lambda: process)
    embedder.embed_documents(sample.texts[:50], sample.tokens[:50])
    start = time.perf_counter()
    embedder.embed_documents(sample.texts, sample.tokens)
    seconds = time.perf_counter() - start
    process.stop()
    return seconds


def main(arguments: list[str]) -> None:
    """Print the tables."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
