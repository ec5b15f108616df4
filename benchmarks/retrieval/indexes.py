"""Indexes in temporary folders, made by the command line."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vouch
from vouch.index.search.index import Index
from vouch.index.store.tables import Tables, rows


@dataclass(frozen=True, slots=True)
class BenchmarkIndex:
    """An index, its tables, the seconds of the command, and the number of quarantined rows."""

    index: Index
    tables: Tables
    seconds: float
    quarantined: int

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """Return uri, char_start, char_end and token_count of every chunk."""
        chunks: list[dict[str, Any]] = rows(
            self.tables.chunks, ("uri", "char_start", "char_end", "token_count")
        ).to_pylist()
        return chunks

    @property
    def summary(self) -> str:
        """Return chunks, quarantine and time in one sentence, for the note below a table."""
        lengths = [chunk["char_end"] - chunk["char_start"] for chunk in self.chunks]
        mean = sum(lengths) / len(lengths)
        return (
            f"{len(lengths):,} chunks of {mean:,.0f} characters (mean), {self.quarantined:,} "
            f"documents or chunks in quarantine, ingested in {self.seconds:,.0f} s"
        )


@contextmanager
def ingest(source: Mapping[str, Any], **settings: Mapping[str, Any]) -> Iterator[BenchmarkIndex]:
    """Ingest one source into a temporary folder; `settings` replace defaults.

    Raises `SystemExit` where the command fails, after it has printed its own message.
    """
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary) / "vouch.yaml"
        # JSON is YAML too.
        config.write_text(json.dumps({"sources": [dict(source)], **settings}), "utf-8")
        start = time.perf_counter()
        command = [sys.executable, "-m", "vouch", "--config", str(config), "--json", "ingest"]
        result = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        if result.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {result.returncode}")
        folder = Path(temporary) / "data" / "index"
        tables = Tables.open(folder)
        yield BenchmarkIndex(
            vouch.open(folder), tables, time.perf_counter() - start, tables.quarantine.count_rows()
        )
