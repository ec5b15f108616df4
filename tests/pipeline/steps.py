"""Helpers of the tests of whole runs: a project, runs in this process, and the rows of its index."""

import json
import re
from pathlib import Path
from typing import Any

from tests.pipeline.local_runs import ingest
from vouch.index.store.run_log import read_run
from vouch.index.store.tables import Tables, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import RunRejected
from vouch.schemas.runs.record import Outcome, RunRecord, Severity


def configure(
    folder: Path, model: Path, source: dict[str, Any] | None = None, **sections: Any
) -> Path:
    """Write a project's settings and return their path; `source` adds to those of its one source.

    It has one parser process, as `conftest.project` has. Files are compared without their change
    times, because the copies that tests make of a project have new ones.
    """
    docs = {"name": "docs", "path": "documents"}
    if (source or {}).get("kind") != "table":
        docs["compare"] = "modified"
    settings = {
        "sources": [docs | (source or {})],
        "embedding": {"model": str(model)},
        "parsing": {"workers": 1},
    }
    (folder / "vouch.yaml").write_text(json.dumps(settings | sections), "utf-8")
    return folder / "vouch.yaml"


def run(settings: Path, **options: Any) -> RunRecord:
    """Do an ingest run in this process."""
    return ingest(config=str(settings), **options)


def outcome(settings: Path, **options: Any) -> RunRecord:
    """Do an ingest run; return its record, whether it published or was rejected."""
    try:
        return run(settings, **options)
    except RunRejected as error:
        # Not `latest`: ids of runs that start within one second are in no order.
        (run_id,) = re.findall(r"run (\S+) was rejected", str(error))
        return read_run(tables(settings), run_id)


def failed(record: RunRecord) -> dict[str, Severity]:
    """Return the severities of the checks that did not pass, by id and subject."""
    checks = record.verdict.checks if record.verdict else ()
    return {
        check.qualified_id: check.severity
        for check in checks
        if check.outcome is not Outcome.PASSED
    }


def tables(settings: Path) -> Tables:
    return Tables.open(read_settings(settings).index_location)


def indexed(settings: Path, table: str, *columns: str) -> list[dict]:
    """Return these columns of a table of the index, one dict a row."""
    return rows(getattr(tables(settings), table), columns).to_pylist()


def texts(settings: Path) -> dict[str, list[str]]:
    """Return the published texts of each document, in order, by its uri."""
    by_uri: dict[str, list[str]] = {}
    for row in sorted(
        indexed(settings, "chunks", "uri", "text", "char_start"), key=lambda row: row["char_start"]
    ):
        by_uri.setdefault(row["uri"], []).append(row["text"])
    return by_uri


def items_by_stage(record: RunRecord) -> dict[str, int]:
    """Return the number of items that each stage processed."""
    return {cost.stage: cost.items for cost in record.stages}


def write(settings: Path, name: str, text: str) -> Path:
    """Write a document of the project."""
    file = settings.parent / "documents" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
