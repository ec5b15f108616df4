"""Starting, nothing to do, and a little to do: whole commands in processes of their own, as a person runs them.

    python -m benchmarks.speed.start CORPORA [--documents 50000] [--every 1]

Seconds of wall time, and of processor time of the command and all that it started. CORPORA has `prefect_docs/base`. `--every`
takes every so many of its files in "a little to do", for a look in little time.
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
    "import vouch.cli, vouch.bars, vouch.pipeline.run_requests, vouch.pipeline.local_runner",
)
"""What any run imports before it looks at anything."""
_FLOW = ("-c", "from vouch.flows.ingest import ingest; ingest()")
"""The same run within Prefect from its beginning, with Prefect's own ephemeral server."""
_ADDED = "\n\nA paragraph that was added to this page, about how a run takes up what has changed since the last one.\n"


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds: medians."""

    wall: float
    processor: float


def took(arguments: Sequence[str], folder: Path, times: int = 3) -> Took:
    """Run `python ARGUMENTS` in a folder; raises `CalledProcessError` where it fails."""
    found = [_once(arguments, folder) for _ in range(times)]
    return Took(
        statistics.median(one.wall for one in found),
        statistics.median(one.processor for one in found),
    )


def _once(arguments: Sequence[str], folder: Path) -> Took:
    kept = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    environment = kept | {"PYTHONPATH": str(_ROOT), "PREFECT_HOME": str(folder / "prefect")}
    begun, before = time.perf_counter(), _spent()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )
    return Took(time.perf_counter() - begun, _spent() - before)


def _spent() -> float:
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tables(corpora: Path, documents: int = 50_000, every: int = 1) -> Iterator[str]:
    """Markdown; "a little to do" comes first, because the others use its index."""
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
            took((*_VOUCH, "ingest"), many, 1)
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
    """One cold run, then three times another hundredth of the documents changed."""
    cold = took((*_VOUCH, "ingest"), folder, 1)
    files = _files(folder / "documents")
    some = max(1, len(files) // 100)
    found = []
    for turn in range(3):
        for file in files[turn :: len(files) // some][:some]:
            file.write_text(file.read_text("utf-8") + _ADDED, "utf-8")
        found.append(took((*_VOUCH, "ingest"), folder, 1))
    again = Took(
        *(statistics.median(getattr(one, name) for one in found) for name in ("wall", "processor"))
    )
    fixed = took(
        (
            "-c",
            "import vouch.pipeline.local_runner, vouch.pipeline.audit.gates, great_expectations, scipy.stats, ir_measures",
        ),
        folder,
    )
    rows = [
        ("cold run", len(files), *_seconds(cold), "1"),
        ("1 % changed", some, *_seconds(again), _ratio(again.wall, cold.wall)),
        ("of it imports of its own", 0, *_seconds(fixed), _ratio(fixed.wall, cold.wall)),
    ]
    return _table(
        "A little to do", ("run", "documents", "wall, s", "processor, s", "of the cold run"), rows
    )


def _starting(folder: Path) -> str:
    """With an index there."""
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
    baseline = took(("-c", "import sentence_transformers"), folder)
    rows = [("`import sentence_transformers` (baseline)", *_seconds(baseline), "1")]
    found = {name: took(arguments, folder) for name, arguments in commands.items()}
    rows += [(name, *_seconds(one), _ratio(one.wall, baseline.wall)) for name, one in found.items()]
    return _table("Start", ("command", "wall, s", "processor, s", "of the baseline"), rows)


def _nothing(folder: Path) -> tuple[object, ...]:
    """The command, held against the same run with a server."""
    start, whole = took(_NEEDED, folder), took((*_VOUCH, "ingest"), folder)
    served = took(_FLOW, folder, 1)
    count = f"{len(_files(folder / 'documents')):,}"
    beyond = max(0.0, whole.wall - start.wall)
    told = [
        f"{value:.2f}" for value in (start.wall, whole.wall, beyond, whole.processor, served.wall)
    ]
    return (count, *told, _ratio(whole.wall, served.wall))


def _seconds(one: Took) -> tuple[str, str]:
    return f"{one.wall:.2f}", f"{one.processor:.2f}"


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
    given = parser.parse_args()
    for table in tables(given.corpora, given.documents, given.every):
        print(table, flush=True)


if __name__ == "__main__":
    main()
