"""The record of runs: one row each, written when a run begins, before it publishes and when it ends."""

from dataclasses import dataclass

import pyarrow as pa
from lancedb.expr import col, lit
from pydantic import BaseModel

from vouch.index.store.tables import Tables, dicts, is_in, rows, upsert
from vouch.schemas.arrow import RUNS
from vouch.schemas.errors import NotFound
from vouch.schemas.run import RunRecord, Status

_RECENT = 200


class Intent(BaseModel):
    """What a run is about to publish, written down before it does, so that the next run can finish it.

    `shards` below `staging`, with vectors of `dimension` numbers, are published. `replaced` documents lose the chunks that
    are not staged; `removed` ones lose everything; `settled` ones lose the quarantine rows that are not staged; `renamed`
    says what a document was called before. `chunks` is the number of chunks that the index holds afterwards. A rollback has
    `restore` instead: the version of each table that readers are brought back to.
    """

    staging: str = ""
    shards: list[str] = []
    dimension: int = 0
    replaced: list[str] = []
    removed: list[str] = []
    settled: list[str] = []
    renamed: dict[str, str] = {}
    chunks: int = 0
    restore: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Unfinished:
    record: RunRecord
    intent: Intent


def write_run(tables: Tables, record: RunRecord, intent: Intent | None = None) -> None:
    """Insert or replace the run's row."""
    row = {
        name: value
        for name, value in record.model_dump(mode="python").items()
        if name in RUNS.names
    }
    row |= record.accounting.model_dump()
    row |= {
        f"{name}_version": record.versions.get(name)
        for name in ("chunks", "documents", "quarantine")
    }
    row["verdict"] = record.verdict.decision if record.verdict else None
    row["intent"] = intent.model_dump_json() if intent else None
    row["record"] = record.model_dump_json()
    upsert(tables.runs, pa.Table.from_pylist([row], schema=RUNS), "run_id")


def newest_published(tables: Tables) -> RunRecord | None:
    """The run whose state readers see: the last one that published."""
    ids = published_in_order(tables)
    return _record(tables, ids[-1]) if ids else None


def published_in_order(tables: Tables) -> list[str]:
    """Ids of the runs that published, in the order in which they did: a run that began first may have published last.

    Each publication makes versions, so that their sum tells the order.
    """
    versions = [f"{name}_version" for name in ("chunks", "documents", "quarantine")]
    done = rows(
        tables.runs, ["run_id", *versions], col("status") == lit(str(Status.PUBLISHED))
    ).to_pylist()
    return [
        row["run_id"]
        for row in sorted(
            done, key=lambda row: (sum(row[name] or 0 for name in versions), row["run_id"])
        )
    ]


def mark_crashed_runs_failed(tables: Tables, kind: str) -> list[str]:
    """Mark runs of this kind that never ended as failed; only for one who holds the lock of that kind."""
    dead = (col("status") == lit(str(Status.RUNNING))) & (col("kind") == lit(kind))
    ids = rows(tables.runs, ["run_id"], dead).column("run_id").to_pylist()
    for identity in ids:
        told = "the run was cut short (killed, or its machine went down); nothing was published, the next run goes on from it"
        write_run(
            tables,
            _record(tables, identity).model_copy(update={"status": Status.FAILED, "error": told}),
        )
    return list(ids)


def read_run(tables: Tables, run_id: str) -> RunRecord:
    """By id, or by a beginning of it that only one run has; `latest` is the newest. Raises `NotFound`."""
    ids = sorted(rows(tables.runs, ["run_id"]).column("run_id").to_pylist())
    found = ids[-1:] if run_id == "latest" else [held for held in ids if held.startswith(run_id)]
    if len(found) != 1:
        several = (
            f"{len(found)} runs begin with {run_id!r}" if found else f"there is no run {run_id!r}"
        )
        raise NotFound(f"{several}; `vouch runs` lists them")
    return _record(tables, found[0])


def list_runs(tables: Tables, limit: int | None = None) -> list[RunRecord]:
    """The newest runs, newest first: their ids begin with the time."""
    ids = sorted(rows(tables.runs, ["run_id"]).column("run_id").to_pylist(), reverse=True)[:limit]
    found = rows(tables.runs, ["record"], is_in("run_id", ids)) if ids else None
    records = (
        [RunRecord.model_validate_json(text) for text in found.column("record").to_pylist()]
        if found
        else []
    )
    return sorted(records, key=lambda record: record.run_id, reverse=True)


def recent_runs(tables: Tables) -> list[RunRecord]:
    """The newest ones, newest first: enough to find the newest of each kind among them."""
    return list_runs(tables, _RECENT)


def published_before(tables: Tables, run_id: str, most: int = 30) -> list[RunRecord]:
    """The last runs that published before this one, or so far, oldest first."""
    order = published_in_order(tables)
    ids = (order[: order.index(run_id)] if run_id in order else order)[-most:]
    found = (
        rows(tables.runs, ["record"], is_in("run_id", ids)).column("record").to_pylist()
        if ids
        else []
    )
    return sorted(
        (RunRecord.model_validate_json(text) for text in found),
        key=lambda one: ids.index(one.run_id),
    )


def run_ids_with_status(tables: Tables, status: Status) -> set[str]:
    """Ids of the runs that ended so."""
    return set(
        rows(tables.runs, ["run_id"], col("status") == lit(str(status)))
        .column("run_id")
        .to_pylist()
    )


def unfinished(tables: Tables) -> list[Unfinished]:
    """Runs that were cut short while they published, oldest first."""
    found = dicts(tables.runs, col("status") == lit(str(Status.PUBLISHING)))
    made = [
        Unfinished(
            RunRecord.model_validate_json(row["record"]), Intent.model_validate_json(row["intent"])
        )
        for row in found
    ]
    return sorted(made, key=lambda one: one.record.run_id)


def untold(tables: Tables, most: int) -> list[RunRecord]:
    """The oldest runs that have ended, and of which Prefect's server does not know yet, oldest first."""
    unknown = (
        "record LIKE '%\"known_to_server\":false%' AND status NOT IN ('running', 'publishing')"
    )
    ids = sorted(rows(tables.latest().runs, ["run_id"], unknown).column("run_id").to_pylist())[
        :most
    ]
    records = (_record(tables, identity) for identity in ids)
    return [one for one in records if not one.known_to_server]


def _record(tables: Tables, run_id: str) -> RunRecord:
    row = dicts(tables.runs, col("run_id") == lit(run_id))[0]
    return RunRecord.model_validate_json(row["record"])
