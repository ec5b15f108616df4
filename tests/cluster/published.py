"""What an index has published, so that two indexes can be compared row by row."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from vouch.index.publishing.versions import published_state
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables, frame
from vouch.schemas.runs.record import Accounting, RunRecord
from vouch.storage.location import Location

_KEYS = {"chunks": "chunk_id", "documents": "document_id", "quarantine": "quarantine_id"}
# Which run made a row, and when: two indexes never agree on that.
_OF_THE_RUN = {
    "run_id", "first_run_id", "ingested_at", "quarantined_at", "next_retry_at",
}  # fmt: skip
# Vectors are equal within rounding only, to bfloat16 where that is faster: texts that happen to be
# in a batch decide in which order numbers are added.
_VECTORS = {"vector", "vector_sha256"}
_LEAST_COSINE = 0.9995


@dataclass(frozen=True, slots=True)
class Published:
    """The newest published state: rows without what differs from run to run, sorted by key.

    `record` may be taken out where several runs have published what is compared with one.
    """

    chunks: pl.DataFrame
    documents: pl.DataFrame
    quarantine: pl.DataFrame
    vectors: np.ndarray
    record: RunRecord | None

    @classmethod
    def of(cls, index: Location) -> "Published":
        """Read the state that readers see."""
        tables = published_state(Tables.open(index))
        record = newest_published(tables)
        assert record is not None, f"nothing is published in {index}"
        rows = {}
        for name, key in _KEYS.items():
            table = getattr(tables, name)
            columns = [column for column in table.schema.names if column not in _OF_THE_RUN]
            rows[name] = frame(table, columns).sort(key)
            assert rows[name][key].is_unique().all(), f"{name} has a key twice"
        vectors = np.array(rows["chunks"]["vector"].to_list(), np.float32)
        rows["chunks"] = rows["chunks"].drop(_VECTORS)
        return cls(**rows, vectors=vectors, record=record)


def differences(state: Published, baseline: Published) -> list[str]:
    """Return in words where two published states differ; nothing where they are equal.

    The sums of their runs are compared too, where both have a record.
    """
    problems = []
    for name, key in _KEYS.items():
        rows, expected = getattr(state, name), getattr(baseline, name)
        if rows.columns != expected.columns:
            problems.append(f"{name}: other columns {set(rows.columns) ^ set(expected.columns)}")
            continue
        for left, right, which in ((rows, expected, "more"), (expected, rows, "missing")):
            if len(extra := left.join(right, on=key, how="anti")):
                problems.append(f"{name}: {len(extra)} {which}: {extra[key].to_list()[:3]}")
        both = rows.join(expected, on=key, suffix="_expected")
        for column in set(rows.columns) - {key}:
            unequal = both.filter(pl.col(column).ne_missing(pl.col(f"{column}_expected")))
            if len(unequal):
                values = unequal.select(key, column, f"{column}_expected").row(0)
                problems.append(f"{name}.{column}: {len(unequal)} rows differ, such as {values}")
    if not problems:
        cosine = float((state.vectors * baseline.vectors).sum(axis=1).min(initial=1.0))
        if cosine < _LEAST_COSINE:
            problems.append(f"vectors have a cosine of {cosine}")
    if state.record and baseline.record:
        problems += _accounting_differences(state.record.accounting, baseline.record.accounting)
    return problems


def _accounting_differences(sums: Accounting, expected: Accounting) -> list[str]:
    """Return the sums that differ.

    Computed and reused vectors are compared together: each worker computes a text once.
    """
    vectors = {"vectors_computed", "vectors_reused"}
    problems = [
        f"{name}: {getattr(sums, name)} instead of {getattr(expected, name)}"
        for name in sorted(Accounting.model_fields.keys() - vectors)
        if getattr(sums, name) != getattr(expected, name)
    ]
    computed, due = (sum(getattr(each, name) for name in vectors) for each in (sums, expected))
    return [*problems, f"vectors: {computed} instead of {due}"] if computed != due else problems
