"""Requests and bytes of runs on an object store, and their price.

    python -m benchmarks.scale.requests CORPORA [DOCUMENTS] [--keys]

Sources, index, staged shards and reports are in one bucket of SeaweedFS, behind a proxy that counts
the requests by operation and stage: in a first run, in one where nothing has changed, in one where
one document in a hundred has, and in these two once ten states are kept. `--keys` prints the
objects that are read most often.
"""

import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.speed.samples import documents
from tests.object_store import ObjectStore, object_store
from tests.store_proxy import Request, StoreProxy, store_proxy
from vouch.pipeline import run_kinds
from vouch.pipeline.local_runner import LocalRunner
from vouch.pipeline.run import require_accepted, run
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.runs.record import RunRecord
from vouch.storage.places import location_of

T = TypeVar("T")

_CORPUS = "prefect_docs/base"
_DOCUMENTS = 400
# List prices of S3 Standard, us-east-1, November 2026, in dollars for 1,000 requests. A DELETE is
# free; a request that deletes many objects is counted like the POST that it is. Bytes cost nothing
# between a bucket and machines of its region.
PRICES = {"write": 0.005, "read": 0.0004, "free": 0.0}
TIERS = {
    "LIST": "write", "PUT": "write", "PUT if": "write", "PUT part": "write", "COPY": "write",
    "multipart start": "write", "multipart end": "write", "multipart end if": "write",
    "DELETE many": "write", "POST": "write", "GET": "read", "GET range": "read", "HEAD": "read",
    "DELETE": "free",
}  # fmt: skip
# Those without a name are there for the states that they leave; the newest ten are kept.
_RUNS = ("cold", "nothing", "1 %", *[""] * 8, "1 %, ten kept", "nothing, ten kept")
_BETWEEN = "locks, records, recovery"
_PLACES = ("documents", "index", "work", "reports")
_STAGES = (_BETWEEN, "listing", "plan", "staging", "audit", "publish", "report")


@dataclass(frozen=True, slots=True)
class Counted:
    """A run of some kind, and what it asked the store."""

    name: str
    record: RunRecord
    requests: Sequence[Request]


class _CountingRunner(LocalRunner):
    """Executes a run in this process; the proxy is given the name of each stage."""

    def __init__(self, proxy: StoreProxy) -> None:
        self._proxy = proxy

    def stage(self, name: str, work: Callable[[], T], *, retry: bool = False) -> T:
        with self._phase("listing" if name.startswith("list ") else name):
            return super().stage(name, work, retry=retry)

    def map_shards(self, *arguments: Any) -> None:  # noqa: ANN401 - passed on as they are
        with self._phase("staging"):
            super().map_shards(*arguments)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self._proxy.phase = name
        yield
        self._proxy.phase = _BETWEEN


def tables(corpora: Path, count: int = _DOCUMENTS, *, keys: bool = False) -> Iterator[str]:
    """Yield the tables: by operation, by stage, by place, and with `keys` by object."""
    with tempfile.TemporaryDirectory() as temporary:
        (folder := Path(temporary) / "store").mkdir()
        with object_store(folder) as store, store_proxy(store.endpoint) as proxy:
            runs = list(_runs(Path(temporary), store, proxy, documents(corpora, _CORPUS, count)))
    yield f"## Requests on an object store: {count:,} documents of {_CORPUS}"
    yield "\n".join(f"{run.name}: {_summary(run.record)}" for run in runs)
    yield _table("operation", runs, TIERS, lambda request: request.operation)
    yield _table("stage", runs, _STAGES, lambda request: request.phase)
    yield _table("place", runs, _PLACES, _place)
    if keys:
        for run in runs:
            often = Counter(
                f"{r.operation} {_pattern(r.key)} {_pattern(r.prefix)} ({r.phase})"
                for r in run.requests
            )
            yield f"{run.name}, the most frequent requests:"
            yield "\n".join(f"{number:6,} {text}" for text, number in often.most_common(40))


def _runs(
    folder: Path, store: ObjectStore, proxy: StoreProxy, files: Sequence[Path]
) -> Iterator[Counted]:
    bucket = store.bucket()
    place = location_of(f"{bucket}/documents", store.options)
    for number, file in enumerate(files):
        (place / f"{number:05}-{file.name}").write_bytes(file.read_bytes())
    settings = folder / "vouch.yaml"
    options = store.options_by(proxy.endpoint)
    source = {"name": "docs", "path": f"{bucket}/documents", "storage_options": options}
    run = {"work_path": f"{bucket}/work", "report_path": f"{bucket}/reports"}
    content = {
        "sources": [source],
        "index": {"path": f"{bucket}/index"},
        "run": run,
        "storage": {"options": options},
    }
    settings.write_text(json.dumps(content), "utf-8")  # JSON is YAML too
    for turn, name in enumerate(_RUNS):
        if name not in ("cold", "nothing", "nothing, ten kept"):
            for number, file in list(enumerate(files))[:: len(files) // max(1, len(files) // 100)]:
                added = f"\n\nA paragraph that was added in turn {turn}.\n".encode()
                (place / f"{number:05}-{file.name}").write_bytes(file.read_bytes() + added)
        before = len(proxy.requests)
        proxy.phase = _BETWEEN
        record = run_kinds.ingest(partial(_execute, proxy), str(settings))
        if name:
            yield Counted(name, record, proxy.requests[before:])


def _execute(proxy: StoreProxy, request: RunRequest) -> RunRecord:
    return require_accepted(run(request, _CountingRunner(proxy)))


def _summary(record: RunRecord) -> str:
    sums = record.accounting
    return (
        f"{sums.published:,} documents published, {sums.unchanged:,} unchanged, "
        f"{sums.chunks_published:,} chunks, {record.shards:,} shards"
    )


def _table(
    title: str, runs: Sequence[Counted], rows: Collection[str], group: Callable[[Request], str]
) -> str:
    """Return a table of requests and MB by group, each with the price of its requests."""
    heads = [f"{run.name} | read MB | written MB | $" for run in runs]
    lines = [f"| {title} | {' | '.join(heads)} |", f"|---|{'---:|' * 4 * len(runs)}"]
    grouped: list[dict[str, list[Request]]] = []
    for counted in runs:
        grouped.append(defaultdict(list))
        for request in counted.requests:
            grouped[-1][group(request)].append(request)
    unknown = sorted({name for groups in grouped for name in groups} - set(rows))
    for name in (*rows, *unknown):
        if any(name in groups for groups in grouped):
            lines.append(f"| {name} | {' | '.join(_cells(groups[name]) for groups in grouped)} |")
    lines.append(f"| all | {' | '.join(_cells(run.requests) for run in runs)} |")
    return "\n".join(lines)


def _cells(requests: Sequence[Request]) -> str:
    dollars = sum(PRICES[TIERS[request.operation]] for request in requests) / 1000
    received = sum(request.received for request in requests) / 1e6
    sent = sum(request.sent for request in requests) / 1e6
    return f"{len(requests):,} | {received:,.2f} | {sent:,.2f} | {dollars:.6f}"


def _place(request: Request) -> str:
    """Return what lies there; a LIST names only its bucket as key."""
    place = request.key.strip("/").partition("/")[2] or request.prefix
    return place.partition("/")[0] or "bucket"


def _pattern(key: str) -> str:
    """Return a key without what is random in it."""
    return re.sub(r"[0-9a-f]{12,}|\d{5,}", "…", key)


def main(arguments: list[str]) -> None:
    """Print the tables."""
    names = [argument for argument in arguments if not argument.startswith("--")]
    count = int(names[1]) if names[1:] else _DOCUMENTS
    for part in tables(Path(names[0]), count, keys="--keys" in arguments):
        print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
