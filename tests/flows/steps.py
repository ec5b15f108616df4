"""What tests of whole runs share: a project with the tiny model, runs, and what the index holds."""

import json
from pathlib import Path
from typing import Any

from vouch.flows.ingest import ingest
from vouch.index.store.run_log import read_run
from vouch.index.store.tables import Tables, rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import RunRejected
from vouch.schemas.run import Outcome, RunRecord, Severity


def configure(
    folder: Path, model: Path, source: dict[str, Any] | None = None, **sections: Any
) -> Path:
    """Write a project's settings: its documents, or what `source` says; one parser process, as `conftest.project` has."""
    settings = {
        "sources": [{"name": "docs", "path": "documents"} | (source or {})],
        "embedding": {"model": str(model)},
        "parsing": {"workers": 1},
    }
    (folder / "vouch.yaml").write_text(json.dumps(settings | sections), "utf-8")
    return folder / "vouch.yaml"


def run(settings: Path, **options: Any) -> RunRecord:
    return ingest(config=str(settings), **options)


def outcome(settings: Path, **options: Any) -> RunRecord:
    """The run's record, whether it published or was rejected."""
    try:
        return run(settings, **options)
    except RunRejected:
        return read_run(tables(settings), "latest")


def failed(record: RunRecord) -> dict[str, Severity]:
    """The checks that did not pass."""
    checks = record.verdict.checks if record.verdict else ()
    return {check.name: check.severity for check in checks if check.outcome is not Outcome.PASSED}


def tables(settings: Path) -> Tables:
    return Tables.open(read_settings(settings).index_folder)


def held(settings: Path, table: str, *columns: str) -> list[dict]:
    return rows(getattr(tables(settings), table), columns).to_pylist()


def texts(settings: Path) -> dict[str, list[str]]:
    """Published texts by uri, in order."""
    found: dict[str, list[str]] = {}
    for row in sorted(
        held(settings, "chunks", "uri", "text", "char_start"), key=lambda row: row["char_start"]
    ):
        found.setdefault(row["uri"], []).append(row["text"])
    return found


def done(record: RunRecord) -> dict[str, int]:
    """How much each stage did."""
    return {cost.stage: cost.items for cost in record.stages}


def write(settings: Path, name: str, text: str) -> Path:
    file = settings.parent / "documents" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
