"""A process that opens an index again and again, as services do, while runs change it.

    python -m tests.cluster.reader URL < OPTIONS

The storage options are a line of JSON on its input, and it ends when the input does. Each line that
it prints is what one opening saw.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import Tables
from vouch.schemas.runs.record import Status
from vouch.storage.location import Location

ROOT = Path(__file__).parents[2]
_TABLES = ("chunks", "documents", "quarantine")


@contextmanager
def reader(index: Location, answers: Path) -> Iterator[None]:
    """Let a process of its own read the index until the block ends; its answers go to a file.

    The index must have been published before.
    """
    command = [sys.executable, "-m", "tests.cluster.reader", index.url]
    with answers.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output, text=True, env=os.environ
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps(index.options) + "\n")
    process.stdin.flush()
    try:
        yield
    finally:
        process.stdin.close()
        assert process.wait(300) == 0, "the reader failed"


def torn(index: Location, answers: Path) -> tuple[int, list[str]]:
    """Return how many answers there are, and those that are not the state of exactly one run."""
    states: dict[str, set[str]] = {}
    for record in list_runs(Tables.open(index)):
        if record.status is Status.PUBLISHED:
            groups = record.breakdown.by_source
            sums = {
                "versions": record.versions,
                "chunks": sum(group.chunks for group in groups),
                "documents": sum(group.documents for group in groups),
            }
            states.setdefault(json.dumps(sums, sort_keys=True), set()).add(record.run_id)
    lines = answers.read_text().splitlines()
    return len(lines), [line for line in lines if len(states.get(line, ())) != 1]


def _read(url: str) -> None:
    import vouch
    from vouch.storage.places import location_of

    index = location_of(url, json.loads(sys.stdin.readline()))
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        opened = vouch.open(index)
        tables = opened.searcher.tables
        published = tables.documents.count_rows("status = 'published'")
        sums = {
            "versions": tables.versions(),
            "chunks": tables.chunks.count_rows(),
            "documents": published,
        }
        assert opened.search("text", mode="text", k=1)
        print(json.dumps(sums, sort_keys=True), flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    _read(sys.argv[1])
