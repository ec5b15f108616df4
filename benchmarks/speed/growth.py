"""How time and memory grow with the number of documents: `python -m benchmarks.speed.growth CORPORA [COUNT…] [--image=FILE]`.

The documents of one corpus again and again under other names: their texts are equal, so that they are embedded once, and
what is measured is all the rest.
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
    """A number of documents, and what each run took."""

    documents: int
    chunks: int
    runs: dict[str, Measured]


def tables(corpora: Path, counts: Sequence[int] = _COUNTS, image: Path = _IMAGE) -> Iterator[str]:
    """One table, and the same as an image."""
    sources = documents(corpora, _CORPUS)
    sizes = [_size(sources, count) for count in counts]
    lines = [
        f"### Growth: the documents of {_CORPUS} under other names",
        "Runs of the command line from start to end; MB at the peak of all processes, shared pages shared out.",
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
                f"{file.read_text('utf-8')}\n\nA paragraph that has joined {file.name}.\n", "utf-8"
            )
        little = vouch(folder, "--json", "ingest")
        return Size(
            count,
            cold.record["accounting"]["chunks_published"],
            {"cold": cold, "nothing": nothing, "little": little},
        )


def _draw(sizes: Sequence[Size], image: Path) -> None:
    """Two charts side by side, both with their origin at zero where the scale has one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    time, memory = figure.subplots(1, 2)
    at = [size.documents for size in sizes]
    for name, told in _RUNS.items():
        time.plot(at, [size.runs[name].seconds for size in sizes], marker="o", label=told)
        memory.plot(at, [size.runs[name].peak_mb for size in sizes], marker="o", label=told)
    time.set(title="Seconds of a run", xlabel="documents", xscale="log", yscale="log")
    memory.set(
        title="MB at the peak, all processes", xlabel="documents", xscale="log", ylim=(0, None)
    )
    for chart in (time, memory):
        chart.set_xticks(at, [f"{count:,}" for count in at])
        chart.minorticks_off()
        chart.grid(alpha=0.3)
    figure.legend(*time.get_legend_handles_labels(), loc="outside lower center", ncols=len(_RUNS))
    image.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(image, dpi=110)


def main(arguments: list[str]) -> None:
    """Print the table and draw the image."""
    image = next(
        (Path(one.split("=", 1)[1]) for one in arguments if one.startswith("--image=")), _IMAGE
    )
    counts = [int(one) for one in arguments[1:] if not one.startswith("--")]
    for table in tables(Path(arguments[0]), counts or _COUNTS, image):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
