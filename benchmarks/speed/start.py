"""Start-up, nothing to do, and a little to do: whole commands in separate processes.

    python -m benchmarks.speed.start CORPORA [--documents 50000] [--every 1]

Prints seconds of wall time, and of processor time of the command and its children. CORPORA has
`prefect_docs/base`. `--every N` takes every N-th file in "a little to do", for a short run.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.many import copy_files, multiply
from benchmarks.speed.measure import project
from tests.tiny_model import make_tiny_model

_ROOT = Path(__file__).parents[2]
_VOUCH = ("-m", "vouch")
_NEEDED = (
    "-c",
    "import vouch.cli, vouch.progress_bars, vouch.pipeline.run_kinds, vouch.pipeline.local_runner",
)
"""The imports of any run."""
_FLOW = ("-c", "from vouch.flows.ingest import ingest; ingest()")
"""The same run as a flow, with Prefect's ephemeral server."""
_ADDED = "\n\nA paragraph that was added to this page, about how a run includes what has changed.\n"


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall and processor time."""

    wall: float
    processor: float


def measure(arguments: Sequence[str], folder: Path, times: int = 3) -> Seconds:
    """Run `python ARGUMENTS` in a folder and return the medians.

    Raises `CalledProcessError` where the command fails.
    """
    return _medians([_once(arguments, folder) for _ in range(times)])


def _medians(runs: Sequence[Seconds]) -> Seconds:
    return Seconds(
        statistics.median(run.wall for run in runs),
        statistics.median(run.processor for run in runs),
    )


def _once(arguments: Sequence[str], folder: Path) -> Seconds:
    inherited = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    environment = inherited | {"PYTHONPATH": str(_ROOT), "PREFECT_HOME": str(folder / "prefect")}
    start, spent = time.perf_counter(), _spent()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )
    return Seconds(time.perf_counter() - start, _spent() - spent)


def _spent() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tables(corpora: Path, documents: int = 50_000, every: int = 1) -> Iterator[str]:
    """Yield the tables; "a little to do" comes first, because the others use its index."""
    corpus = corpora / "prefect_docs" / "base"
    with _project() as folder:
        project(folder, folder / "documents")
        _copy(corpus, folder / "documents", every)
        yield _little(folder)
        yield _starting(folder)
        rows = [_nothing(folder)]
        with _project() as many:
            make_tiny_model(many / "model")
            project(many, many / "documents", "embedding: {model: model}\n")
            copy_files(corpus, many)
            measure((*_VOUCH, "ingest"), many, 1)
            multiply(many / "vouch.yaml", documents)
            rows.append(_nothing(many))
        yield _table("Nothing to do", _NOTHING, rows)


_NOTHING = (
    "files",
    "start-up, s",
    "`vouch ingest`, s",
    "beyond start-up, s",
    "processor, s",
    "with Prefect's server, s",
    "ratio",
)


@contextmanager
def _project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _copy(corpus: Path, target: Path, every: int) -> None:
    for file in _files(corpus)[::every]:
        to = target / file.relative_to(corpus)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, to)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _little(folder: Path) -> str:
    """Measure a cold run, then three runs after each of which 1 % of the documents changed."""
    cold = measure((*_VOUCH, "ingest"), folder, 1)
    files = _files(folder / "documents")
    some = max(1, len(files) // 100)
    runs = []
    for turn in range(3):
        for file in files[turn :: len(files) // some][:some]:
            file.write_text(file.read_text("utf-8") + _ADDED, "utf-8")
        runs.append(measure((*_VOUCH, "ingest"), folder, 1))
    changed = _medians(runs)
    imports = measure(
        (
            "-c",
            "import vouch.pipeline.local_runner, vouch.pipeline.audit.gates, great_expectations, "
            "scipy.stats, ir_measures",
        ),
        folder,
    )
    rows = [
        ("cold run", len(files), *_seconds(cold), "1"),
        ("1 % changed", some, *_seconds(changed), _ratio(changed.wall, cold.wall)),
        ("imports of its own process", 0, *_seconds(imports), _ratio(imports.wall, cold.wall)),
    ]
    return _table(
        "A little to do", ("run", "documents", "wall, s", "processor, s", "of the cold run"), rows
    )


def _starting(folder: Path) -> str:
    """Measure the start-up of commands that read the index."""
    commands = {
        "`vouch --help`": (*_VOUCH, "--help"),
        "`vouch search`, cold": (*_VOUCH, "search", "how to retry a task"),
        "`vouch search --mode text`, cold": (
            *_VOUCH,
            "search",
            "--mode",
            "text",
            "how to retry a task",
        ),
        "`import lancedb, prefect`": ("-c", "import lancedb, prefect"),
    }
    baseline = measure(("-c", "import sentence_transformers"), folder)
    rows = [("`import sentence_transformers` (baseline)", *_seconds(baseline), "1")]
    for name, arguments in commands.items():
        seconds = measure(arguments, folder)
        rows.append((name, *_seconds(seconds), _ratio(seconds.wall, baseline.wall)))
    return _table("Start", ("command", "wall, s", "processor, s", "of the baseline"), rows)


def _nothing(folder: Path) -> tuple[object, ...]:
    """Measure a run with nothing to do, and the same run with Prefect's server."""
    start, run = measure(_NEEDED, folder), measure((*_VOUCH, "ingest"), folder)
    served = measure(_FLOW, folder, 1)
    count = f"{len(_files(folder / 'documents')):,}"
    beyond = max(0.0, run.wall - start.wall)
    figures = [
        f"{value:.2f}" for value in (start.wall, run.wall, beyond, run.processor, served.wall)
    ]
    return (count, *figures, _ratio(run.wall, served.wall))


def _seconds(seconds: Seconds) -> tuple[str, str]:
    return f"{seconds.wall:.2f}", f"{seconds.processor:.2f}"


def _ratio(value: float, baseline: float) -> str:
    return f"{value / baseline:.3f}"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        [f"### {title}", "", *("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    for table in tables(options.corpora, options.documents, options.every):
        print(table, flush=True)


if __name__ == "__main__":
    main()
