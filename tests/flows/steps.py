"""What tests of whole runs share: a project with the tiny model, runs, and what the index holds."""

from pathlib import Path
from typing import Any

from flows.ingest import ingest
from flows.settings_file import read_settings
from index.tables import Tables, rows
from schemas.run import RunRecord


def run(settings: Path, **options: Any) -> RunRecord:
    return ingest(config=str(settings), **options)


def tables(settings: Path) -> Tables:
    return Tables.open(read_settings(settings).index_folder)


def held(settings: Path, table: str, *columns: str) -> list[dict]:
    return rows(getattr(tables(settings), table), columns).to_pylist()


def texts(settings: Path) -> dict[str, list[str]]:
    """Published texts by uri, in order."""
    found: dict[str, list[str]] = {}
    for row in sorted(held(settings, "chunks", "uri", "text", "char_start"), key=lambda row: row["char_start"]):
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
