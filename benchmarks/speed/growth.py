"""Time and memory by the number of documents.

    python -m benchmarks.speed.growth CORPORA [COUNT…] [--image=FILE]

The documents of one corpus are repeated under different names. Their texts are equal, so that each
is embedded once, and everything else is measured.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.measure import Measured, project, vouch
from benchmarks.speed.samples import documents, multiplied

_COUNTS = (1_000, 5_000, 20_000, 50_000)
_CORPUS = "prefect_docs/base"
_IMAGE = Path("benchmarks/growth.png")
_RUNS = {
    "cold": "everything is new",
    "nothing": "nothing has changed",
    "little": "1 % of the documents have changed",
}


@dataclass(frozen=True, slots=True)
class Size:
    """A number of documents, and the measurements of each run."""

    documents: int
    chunks: int
    runs: dict[str, Measured]


def tables(corpora: Path, counts: Sequence[int] = _COUNTS, image: Path = _IMAGE) -> Iterator[str]:
    """Yield the table, then the link to the image that is drawn of it."""
    sources = documents(corpora, _CORPUS)
    sizes = [_size(sources, count) for count in counts]
    lines = [
        f"### Growth: the documents of {_CORPUS} under different names",
        "Runs of the command line from start to end; MB at the peak of all processes (PSS).",
        "",
        f"| documents | chunks | {' | '.join(f'{name} s | MB' for name in _RUNS)} |",
        f"|---:|---:|{'---:|---:|' * len(_RUNS)}",
    ]
    for size in sizes:
        cells = " | ".join(
            f"{size.runs[name].seconds:.1f} | {size.runs[name].peak_mb:,.0f}" for name in _RUNS
        )
        lines.append(f"| {size.documents:,} | {size.chunks:,} | {cells} |")
    yield "\n".join(lines)
    _draw(sizes, image)
    yield f"![Time and memory by the number of documents]({image.as_posix()})"


def _size(sources: list[Path], count: int) -> Size:
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        files = list(multiplied(sources, count, place / "documents"))
        folder = project(place / "project", place / "documents")
        cold = vouch(folder, "--json", "ingest")
        nothing = vouch(folder, "--json", "ingest")
        for file in files[:: max(1, len(files) // max(1, count // 100))]:
            file.write_text(
                f"{file.read_text('utf-8')}\n\nA paragraph that was added to {file.name}.\n",
                "utf-8",
            )
        little = vouch(folder, "--json", "ingest")
        return Size(
            count,
            cold.record["accounting"]["chunks_published"],
            {"cold": cold, "nothing": nothing, "little": little},
        )


def _draw(sizes: Sequence[Size], image: Path) -> None:
    """Draw two charts side by side; the one of memory starts at zero."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    time, memory = figure.subplots(1, 2)
    counts = [size.documents for size in sizes]
    for name, label in _RUNS.items():
        time.plot(counts, [size.runs[name].seconds for size in sizes], marker="o", label=label)
        memory.plot(counts, [size.runs[name].peak_mb for size in sizes], marker="o", label=label)
    time.set(title="Seconds of a run", xlabel="documents", xscale="log", yscale="log")
    memory.set(
        title="MB at the peak, all processes", xlabel="documents", xscale="log", ylim=(0, None)
    )
    for chart in (time, memory):
        chart.set_xticks(counts, [f"{count:,}" for count in counts])
        chart.minorticks_off()
        chart.grid(alpha=0.3)
    figure.legend(*time.get_legend_handles_labels(), loc="outside lower center", ncols=len(_RUNS))
    image.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(image, dpi=110)


def main(arguments: list[str]) -> None:
    """Print the table and draw the image."""
    image = next(
        (
            Path(argument.split("=", 1)[1])
            for argument in arguments
            if argument.startswith("--image=")
        ),
        _IMAGE,
    )
    counts = [int(argument) for argument in arguments[1:] if not argument.startswith("--")]
    for table in tables(Path(arguments[0]), counts or _COUNTS, image):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
