"""What ten and a hundred million documents mean: requests, bytes, minutes and dollars, computed.

    python -m benchmarks.scale.simulation

Prints the tables of docs/scale.md. Nothing is run: every unit cost below was measured at a million
documents or fewer, or is assumed, or a list price, and says which. Change one, and print again.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import mean, quantiles

MILLION = 1_000_000
SIZES = (1, 10, 100)
"""Millions of documents."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit cost: its value, in what unit, and where it is from."""

    value: float
    unit: str
    source: str


UNITS = {
    "chunks": Unit(3, "chunks a document", "assumed, as in `benchmarks.scale.million`"),
    "document_bytes": Unit(20_000, "bytes of a source's file", "assumed"),
    "changed": Unit(0.01, "of the documents changed", "assumed"),
    "shard": Unit(200, "documents a shard", "default of `run.shard_documents`"),
    "request_s": Unit(0.03, "s a request", "assumed, within one region"),
    "page": Unit(1_000, "keys a LIST", "S3"),
    "list_cpu": Unit(26e-6, "s of processor time an item listed", "measured: a folder, 1 million"),
    "item_memory": Unit(160, "bytes of memory an item listed", "measured: `million`"),
    "plan_cpu": Unit(5.2e-6, "s of processor time a document planned", "measured: `million`"),
    "plan_bytes": Unit(250, "bytes a document that a plan reads", "measured: columns of `million`"),
    "parse_cpu": Unit(0.008, "s of processor time a document fetched and parsed",
                      "measured: 831 documents of prefect_docs"),
    "row_cpu": Unit(1.3e-3, "s of processor time a chunk checked and staged",
                    "measured: 831 documents of prefect_docs"),
    "embed_cpu": Unit(6.6e-3, "s of processor time a chunk embedded, all-MiniLM-L6-v2",
                      "measured: 831 documents of prefect_docs"),
    "audit_cpu": Unit(48e-6, "s of processor time a chunk audited", "measured: `million`"),
    "audit_bytes": Unit(230, "bytes a chunk that an audit reads and writes to its disk",
                        "measured: columns of `million`"),
    "commit_cpu": Unit(2e-6, "s of processor time a published chunk in a commit",
                       "measured: `million`"),
    "commit_memory": Unit(580, "bytes of memory a published chunk in a commit",
                          "measured: `million`"),
    "text_index_cpu": Unit(18e-6, "s of processor time a published chunk for the text indexes",
                           "measured: `million`"),
    "chunk_bytes": Unit(2_300, "bytes a stored chunk, 384 numbers",
                        "measured: corpora of the tests"),
    "index_bytes": Unit(800, "bytes a chunk in the text indexes", "measured: corpora of the tests"),
    "stored_document": Unit(5_000, "bytes a stored document, with its text",
                            "measured: corpora of the tests"),
    "task_cpu": Unit(0.054, "s of processor time a shard as a task of Prefect and Dask",
                     "measured: 60 tasks"),
    "run_requests": Unit(356, "requests of a publication beside its shards",
                         "counted: `benchmarks.scale.requests`"),
    "run_writes": Unit(0.36, "of them priced as PUT", "counted: the same"),
    "no_op_requests": Unit(94, "requests of a run with nothing to do", "counted: the same"),
    "no_op_writes": Unit(0.57, "of them priced as PUT", "counted: the same"),
    "shard_requests": Unit(16, "requests a shard, half of them writes", "counted: the same"),
    "scan_bytes": Unit(8 * MILLION, "bytes of a request of a scan", "assumed"),
    "write_price": Unit(5.0, "$ a million PUT, LIST", "S3 Standard, us-east-1, November 2026"),
    "read_price": Unit(0.4, "$ a million GET", "S3 Standard, us-east-1, November 2026"),
    "store_price": Unit(0.023, "$ a GB and month", "S3 Standard, us-east-1, November 2026"),
    "core_price": Unit(0.043, "$ a core and hour", "c7i on demand, us-east-1, November 2026"),
}  # fmt: skip


def cost(name: str) -> float:
    """Return a unit cost."""
    return UNITS[name].value


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a run: what it asks, moves, computes and holds.

    Work that is done `alone` is that of one process, also on a cluster. Of a `chain` of requests
    each waits for the previous one.
    """

    name: str
    writes: float = 0
    reads: float = 0
    bytes: float = 0
    cpu_s: float = 0
    memory: float = 0
    alone: bool = True
    chain: bool = False

    @property
    def requests(self) -> float:
        """How many requests it makes."""
        return self.writes + self.reads

    @property
    def seconds(self) -> float:
        """How long one core takes, with sixteen requests at a time or one."""
        return self.cpu_s + self.requests * cost("request_s") / (1 if self.chain else 16)

    @property
    def dollars(self) -> float:
        """The price of its requests and its processor time."""
        requests = self.writes * cost("write_price") + self.reads * cost("read_price")
        return requests / MILLION + self.cpu_s / 3600 * cost("core_price")


def run(documents: float, work: float) -> list[Stage]:
    """Return the stages of a run over so many documents, of which `work` are new or changed."""
    chunks, changed_chunks = documents * cost("chunks"), work * cost("chunks")
    shards = work / cost("shard")
    listing = Stage(
        "list",
        writes=ceil(documents / cost("page")),
        cpu_s=documents * cost("list_cpu"),
        memory=documents * cost("item_memory"),
        chain=True,
    )
    plan = _scan("plan", documents * cost("plan_bytes"), documents * cost("plan_cpu"))
    if not work:
        requests, writes = cost("no_op_requests"), cost("no_op_writes")
        rest = Stage("locks, record, report", requests * writes, requests * (1 - writes))
        return [listing, plan, rest]
    published = chunks if work < documents else 0
    return [
        listing,
        plan,
        Stage(
            "fetch, parse, check",
            reads=work,
            bytes=work * cost("document_bytes"),
            cpu_s=work * cost("parse_cpu") + changed_chunks * cost("row_cpu"),
            alone=False,
        ),
        Stage("embed", cpu_s=changed_chunks * cost("embed_cpu"), alone=False),
        Stage(
            "stage",
            writes=shards * cost("shard_requests") / 2,
            reads=shards * cost("shard_requests") / 2,
            bytes=changed_chunks * cost("chunk_bytes") + work * cost("stored_document"),
            alone=False,
        ),
        Stage("tasks of the shards", cpu_s=shards * cost("task_cpu")),
        _scan("audit", chunks * cost("audit_bytes"), chunks * cost("audit_cpu")),
        Stage(
            "commit",
            writes=cost("run_requests") * cost("run_writes"),
            reads=cost("run_requests") * (1 - cost("run_writes")) + _reads(published * 64),
            bytes=changed_chunks * cost("chunk_bytes") + published * 64,
            cpu_s=chunks * cost("commit_cpu"),
            memory=published * cost("commit_memory"),
        ),
        _scan("text indexes", chunks * cost("index_bytes"), chunks * cost("text_index_cpu")),
    ]


def _reads(bytes_: float) -> float:
    return ceil(bytes_ / cost("scan_bytes"))


def _scan(name: str, bytes_: float, cpu_s: float) -> Stage:
    return Stage(name, reads=_reads(bytes_), bytes=bytes_, cpu_s=cpu_s)


def shard_seconds(documents: int, seed: int = 0) -> list[float]:
    """Return the processor seconds of shards: cut where an id says so, as `vouch` cuts them, and
    with documents of very different lengths.
    """
    generator = random.Random(seed)
    size, costs, seconds, count = int(cost("shard")), [], 0.0, 0
    mean_s = cost("parse_cpu") + cost("chunks") * (cost("row_cpu") + cost("embed_cpu"))
    for _number in range(documents):
        # Lengths of documents: log-normal, with a mean of 1 and the longest a hundred times that.
        seconds += mean_s * generator.lognormvariate(-0.5, 1.0)
        count += 1
        if count >= 2 * size or generator.randrange(size) == 0:
            costs.append(seconds)
            seconds, count = 0.0, 0
    return [*costs, seconds] if count else costs


def makespan(costs: Sequence[float], workers: int) -> float:
    """Return the seconds until the last shard is done: each worker takes the next one when it is
    free, in the order of their names.
    """
    free = [0.0] * workers
    for seconds in costs:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def tables() -> Iterator[str]:
    """Yield the tables: unit costs, runs, stages, a cluster, what is stored and searched."""
    yield _table(
        "Unit costs",
        ("what", "value", "from"),
        [(unit.unit, f"{unit.value:,.10g}", unit.source) for unit in UNITS.values()],
    )
    for name, share in (("A cold run", 1.0), ("1 % changed", cost("changed")), ("No change", 0.0)):
        yield _stages(name, share)
    yield _cluster()
    yield _stored()


def _stages(name: str, share: float) -> str:
    rows = []
    every = [run(size * MILLION, size * MILLION * share) for size in SIZES]
    for stages in zip(*every, strict=True):
        rows.append((stages[0].name, *(_cell(stage) for stage in stages)))
    totals = [
        Stage(
            "all",
            sum(stage.writes for stage in stages),
            sum(stage.reads for stage in stages),
            sum(stage.bytes for stage in stages),
            sum(stage.cpu_s for stage in stages),
            max(stage.memory for stage in stages),
        )
        for stages in every
    ]
    rows.append(("**all**", *map(_cell, totals)))
    rows.append(("**price**", *(f"${total.dollars:,.2f}" for total in totals)))
    return _table(
        f"{name}: requests, bytes, processor time, memory beside 0.6 GB",
        ("stage", *(f"{size} million" for size in SIZES)),
        rows,
    )


def _cell(stage: Stage) -> str:
    parts = [
        f"{_short(stage.requests).rstrip()} requests" if stage.requests else "",
        f"{_short(stage.bytes)}B" if stage.bytes else "",
        _time(stage.cpu_s) if stage.cpu_s else "",
        f"{_short(stage.memory)}B memory" if stage.memory else "",
    ]
    return ", ".join(part for part in parts if part)


def _cluster() -> str:
    """Return the table of a cold run by list scheduling, and its limit by Amdahl's law."""
    sample = shard_seconds(400_000)
    cuts = quantiles(sample, n=20)
    lines = []
    for workers in (1, 4, 16, 64, 256):
        cells = []
        for size in SIZES:
            stages = run(size * MILLION, size * MILLION)
            alone = sum(stage.seconds for stage in stages if stage.alone)
            # The sample is repeated: a hundred million documents are half a million shards.
            repeats = size * MILLION / 400_000
            together = makespan(sample, workers) * repeats
            speed_up = (alone + sum(sample) * repeats) / (alone + together)
            cells.append(f"{_time(alone + together)} ({speed_up:,.1f} times)")
        lines.append((f"{workers}", *cells))
    header = (
        f"A cold run on workers of one core each ({len(sample):,} simulated shards: mean "
        f"{mean(sample):.1f} s, 95 % within {cuts[-1]:.1f} s, longest {max(sample):.1f} s)"
    )
    return _table(header, ("workers", *(f"{size} million" for size in SIZES)), lines)


def _stored() -> str:
    rows: list[tuple[str, Callable[[float], str]]] = [
        (
            "chunks and their vectors",
            lambda n: f"{_short(n * cost('chunks') * cost('chunk_bytes'))}B",
        ),
        ("text indexes", lambda n: f"{_short(n * cost('chunks') * cost('index_bytes'))}B"),
        ("documents with their texts", lambda n: f"{_short(n * cost('stored_document'))}B"),
        ("a month on S3", lambda n: f"${_stored_bytes(n) / 1e9 * cost('store_price'):,.0f}"),
        ("shards of a cold run", lambda n: f"{n / cost('shard'):,.0f}"),
        ("staged shards of a cold run", lambda n: f"{_short(_staged_bytes(n))}B"),
        (
            "temporary files of an audit",
            lambda n: f"{_short(n * cost('chunks') * cost('audit_bytes'))}B",
        ),
        (
            "a vector search without an index reads",
            lambda n: f"{_short(n * cost('chunks') * 1536)}B",
        ),
    ]
    return _table(
        "Stored, staged, searched",
        ("", *(f"{size} million" for size in SIZES)),
        [(name, *(value(size * MILLION) for size in SIZES)) for name, value in rows],
    )


def _stored_bytes(documents: float) -> float:
    return documents * (
        cost("stored_document") + cost("chunks") * (cost("chunk_bytes") + cost("index_bytes"))
    )


def _staged_bytes(documents: float) -> float:
    return documents * (cost("stored_document") + cost("chunks") * cost("chunk_bytes"))


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"### {title}", "", f"| {' | '.join(header)} |"]
    lines.append(f"|---|{'---:|' * (len(header) - 1)}")
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _short(number: float) -> str:
    for limit, sign in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= limit:
            return f"{_digits(number / limit)}{sign}"
    return f"{number:,.0f} "


def _time(seconds: float) -> str:
    for limit, unit in ((86_400 * 2, "d"), (7_200, "h"), (120, "min")):
        if seconds >= limit:
            return f"{_digits(seconds / {'d': 86_400, 'h': 3600, 'min': 60}[unit])} {unit}"
    return f"{_digits(seconds)} s"


def _digits(number: float) -> str:
    """Return a number with the digits that an estimate has: two or three."""
    return f"{number:,.0f}" if number >= 10 else f"{number:,.1f}"


def main() -> None:
    """Print the tables."""
    print("\n\n".join(tables()))


if __name__ == "__main__":
    main()
