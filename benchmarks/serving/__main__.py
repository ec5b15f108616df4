"""What `vouch serve` adds to LanceDB under load, and what becomes of it while the index changes.

    python -m benchmarks.serving CORPORA [FOLDER…] [--place=FOLDER] [--chunks=100000]
        [--embed-s=600] [--seconds=15] [--beside-s=60] [--parallel=4] [--queries=3000]

Makes an index of real texts (`benchmarks.serving.corpus`; FOLDERs hold more of them), or takes the
one that is in `--place`. Then 32 clients in a process of their own ask one new query after the
other, over loopback, for so many seconds for each kind of search: of `vouch serve`, and of LanceDB
alone in a process with 32 threads. At last they ask while runs publish changed documents, roll
back, and maintain the index. Everything ends by itself.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving.corpus import TEAMS, build, embed_some, publish, write_documents
from vouch.index.store.tables import Tables

_CLIENTS = 32
_K = 10
_WORDS = 8  # of a query
_CHANGED = 20  # documents of a run beside
# Who asks is in the staff (half of the documents), or in a team (one in twenty of them).
_NARROW = f"acl={TEAMS[7]}"
_PROFILE = {"profile": "staff", "values": {"groups": ["staff", TEAMS[7]]}}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of search: of the service, and the same of LanceDB alone."""

    name: str
    mode: str
    filters: tuple[str, ...] = ()
    more: tuple[tuple[str, Any], ...] = ()

    def body(self) -> dict[str, Any]:
        """Return the body of the request without its query."""
        return {"mode": self.mode, "k": _K, "filters": list(self.filters), **dict(self.more)}


_KINDS = (
    Kind("vector", "vector"),
    Kind("text", "text"),
    Kind("hybrid", "hybrid"),
    Kind("hybrid, `acl=staff` (half)", "hybrid", ("acl=staff",)),
    Kind(f"hybrid, `{_NARROW}` (a twentieth)", "hybrid", (_NARROW,)),
    Kind("hybrid, a profile", "hybrid", more=tuple(_PROFILE.items())),
)


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    options = dict(each[2:].split("=", 1) for each in arguments if each.startswith("--"))
    folders = [Path(each) for each in arguments if not each.startswith("--")]
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(options.get("place") or Path(temporary) / "serving")
        if not (place / "data/index").exists():
            _make(place, folders, options)
        queries = _queries(place, int(options.get("queries", 3_000)))
        seconds = float(options.get("seconds", 15))
        parallel = int(options.get("parallel", 4))
        # Printed one by one: each takes minutes.
        print(_about(place), end="\n\n", flush=True)
        print(_modes(place, queries, seconds, parallel), end="\n\n", flush=True)
        beside_s = float(options.get("beside-s", 60))
        print(_beside(place, queries, beside_s, parallel), end="\n\n", flush=True)


def _make(place: Path, folders: Sequence[Path], options: dict[str, str]) -> None:
    corpora, *more = folders
    if not (place / "documents").exists():
        write_documents(corpora, more, place, int(options.get("chunks", 100_000)))
    embed_some(place, float(options.get("embed-s", 600)))
    facts = build(place)
    (place / "facts.json").write_text(json.dumps(facts), "utf-8")
    _vouch(place, "maintain")


def _about(place: Path) -> str:
    facts = json.loads((place / "facts.json").read_text("utf-8"))
    share = facts["real"] / facts["computed"]
    return f"{facts['chunks']:,} chunks; the model embedded {share:.0%} of their texts."


def _queries(place: Path, count: int) -> list[str]:
    """Return some consecutive words each of random chunks."""
    chunks: Any = Tables.open(place / "data/index").chunks
    texts = chunks.search().select(["text"]).limit(10**7).to_arrow().column("text")
    generator = random.Random(2)
    queries: dict[str, None] = {}
    while len(queries) < count:
        words = texts[generator.randrange(len(texts))].as_py().split()
        first = generator.randrange(max(1, len(words) - _WORDS))
        if len(query := " ".join(words[first : first + _WORDS])) > 20:
            queries[query] = None
    return list(queries)


def _modes(place: Path, queries: list[str], seconds: float, parallel: int) -> str:
    # Each step has queries of its own, so that no cache helps.
    size = len(queries) // len(_KINDS)
    own = [queries[at * size : (at + 1) * size] for at in range(len(_KINDS))]
    steps = [
        {"body": kind.body(), "queries": part, "seconds": seconds}
        for kind, part in zip(_KINDS, own, strict=True)
    ]
    with _served(place, parallel) as url:
        served = _child("load", {"url": url, "clients": _CLIENTS, "steps": steps})
    plain = [
        {"mode": kind.mode, "filters": kind.filters, "queries": part, "seconds": seconds}
        for kind, part in zip(_KINDS, own, strict=True)
        if not kind.more
    ]
    alone: dict[bool, list[dict[str, Any]]] = {}
    for embeds in (True, False):
        alone[embeds] = _child(
            "baseline",
            {
                "folder": str(place / "data/index"),
                "clients": _CLIENTS,
                "steps": [step | {"embeds": embeds} for step in plain],
            },
        )
    lines = [
        f"{_CLIENTS} clients, k = {_K}, `serve.parallel` {parallel}; milliseconds:",
        "",
        "| search | by | p50 | p95 | p99 | answers/s | errors |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for at, kind in enumerate(_KINDS):
        lines.append(_line(kind.name, "**`vouch serve`**", served[at]))
        if kind.more:
            continue
        lines.append(_line("", "LanceDB, which embeds the query too", alone[True][at]))
        lines.append(_line("", "LanceDB, with the query's vector", alone[False][at]))
    return "\n".join(lines)


def _beside(place: Path, queries: list[str], seconds: float, parallel: int) -> str:
    body = _KINDS[2].body()
    plan = {"steps": [{"body": body, "queries": queries, "seconds": seconds}], "clients": _CLIENTS}
    done: list[str] = []
    end = threading.Event()
    with _served(place, parallel) as url:
        changes = threading.Thread(target=_change, args=(place, end, done))
        changes.start()
        try:
            (figures,) = _child("load", plan | {"url": url})
        finally:
            end.set()
            changes.join()
    if not done:
        raise RuntimeError("no run has published beside the searches; its error is above")
    lines = [
        f"The same, hybrid, for {seconds:.0f} s beside {_counted(done)}; "
        f"{len(figures['answers'])} states answered:",
        "",
        "| search | by | p50 | p95 | p99 | answers/s | errors |",
        "|---|---|---:|---:|---:|---:|---:|",
        _line("hybrid, while the index changes", "**`vouch serve`**", figures),
    ]
    return "\n".join([*lines, *(f"\nerror: {error}" for error in figures["first_errors"])])


def _change(place: Path, end: threading.Event, done: list[str]) -> None:
    """Publish changed documents, roll back and maintain, over and over, until the end."""
    files = sorted((place / "documents").rglob("*.md"))
    generator = random.Random(3)
    while not end.is_set():
        before = json.loads(_vouch(place, "--json", "runs"))
        (first,) = [run["run_id"] for run in before if run["status"] == "published"][:1]
        for file in generator.sample(files, _CHANGED):
            with file.open("a", encoding="utf-8") as text:
                text.write(f"\nA sentence that was added at {time.time():.0f} s.\n")
        publish(place)
        done.append("ingest")
        for command in (("rollback", "--no-hold", first), ("maintain",)):
            if end.is_set():
                return
            _vouch(place, *command)
            done.append(command[0])


def _counted(done: Sequence[str]) -> str:
    return ", ".join(f"{done.count(name)} × `vouch {name}`" for name in dict.fromkeys(done))


def _line(name: str, by: str, figures: dict[str, Any]) -> str:
    return (
        f"| {name} | {by} | {figures['p50']:.0f} | {figures['p95']:.0f} | {figures['p99']:.0f} "
        f"| {figures['per_second']:.1f} | {figures['errors']} |"
    )


@contextmanager
def _served(place: Path, parallel: int) -> Iterator[str]:
    """Run `vouch serve` on a free port; yield its URL."""
    settings = place / "serve.yaml"
    own = (place / "vouch.yaml").read_text("utf-8")
    settings.write_text(f"{own}serve:\n  parallel: {parallel}\n  rate_per_minute: 0\n", "utf-8")
    command = [sys.executable, "-m", "vouch", "--config", str(settings), "serve", "--port", "0"]
    with (
        (place / "serve.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if line.startswith("ready: ")), "")
            if not line:
                raise RuntimeError("vouch serve has ended before it was ready")
            yield line.split()[1]
        finally:
            process.terminate()


def _child(module: str, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a module of this package with a plan; return the figures that it prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(plan, file)
        file.flush()
        output = _output([sys.executable, "-m", f"benchmarks.serving.{module}", file.name])
    figures: list[dict[str, Any]] = json.loads(output.splitlines()[-1])
    return figures


def _vouch(place: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "vouch", "--config", str(place / "vouch.yaml"), *arguments]
    return _output(command)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}"
        )
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
