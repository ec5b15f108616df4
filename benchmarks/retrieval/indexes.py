"""Real indexes in temporary folders, made by the real command line."""

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
from vouch.index.search.search import Index
from vouch.index.store.tables import Tables, rows


@dataclass(frozen=True, slots=True)
class Made:
    """An index to search, its tables, the seconds that the command took, and how many rows were not published."""

    index: Index
    tables: Tables
    seconds: float
    quarantined: int

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """uri, char_start, char_end and token_count of every chunk."""
        held: list[dict[str, Any]] = rows(
            self.tables.chunks, ("uri", "char_start", "char_end", "token_count")
        ).to_pylist()
        return held

    @property
    def told(self) -> str:
        """What a reader of a table should know of the index."""
        lengths = [chunk["char_end"] - chunk["char_start"] for chunk in self.chunks]
        mean = sum(lengths) / len(lengths)
        return (
            f"{len(lengths):,} chunks of {mean:,.0f} characters (mean), {self.quarantined:,} documents or chunks in "
            f"quarantine, ingested in {self.seconds:,.0f} s"
        )


@contextmanager
def made(source: Mapping[str, Any], **settings: Mapping[str, Any]) -> Iterator[Made]:
    """Ingest one source with the default settings but those given; everything is gone afterwards.

    Raises `SystemExit` where the command fails; its own words have been shown by then.
    """
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary) / "vouch.yaml"
        config.write_text(
            json.dumps({"sources": [dict(source)], **settings}), "utf-8"
        )  # JSON is YAML too
        begun = time.perf_counter()
        command = [sys.executable, "-m", "vouch", "--config", str(config), "--json", "ingest"]
        ended = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        if ended.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}")
        folder = Path(temporary) / "data" / "index"
        tables = Tables.open(folder)
        yield Made(
            vouch.open(folder), tables, time.perf_counter() - begun, tables.quarantine.count_rows()
        )
