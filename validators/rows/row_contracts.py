"""Row contracts: Pandera owns what is true of one row. All rules are tried in one pass; what breaks one is told by row."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from pandera.errors import SchemaErrors
from pandera.polars import DataFrameSchema

from vouch.schemas.frames import chunk_schema, document_schema
from vouch.schemas.settings import ChunkContract, DocumentContract

_UNIT = 1e-3
_FRAME_ERRORS = frozenset({"COLUMN_NOT_IN_DATAFRAME", "WRONG_DATATYPE"})


@dataclass(frozen=True, slots=True)
class RowReject:
    """A row that breaks its contract: its place in the frame, the first rule that it breaks, and all of them in words."""

    index: int
    rule: str
    message: str


def check_chunks(
    frame: pl.DataFrame, contract: ChunkContract, *, max_tokens: int
) -> list[RowReject]:
    """Which chunk rows break which rules. `frame` has the columns of `vouch.index.store.row_builders.chunk_rows` and `canonical_slice`.

    Raises `TypeError` for a frame without those columns or of other types: that is a fault of this program's.
    """
    return _check(
        chunk_schema(contract, max_tokens), frame.with_columns(pl.col("token_count").cast(pl.Int64))
    )


def check_documents(frame: pl.DataFrame, contract: DocumentContract) -> list[RowReject]:
    """Which document rows break which rules. `frame` has the columns of the documents table."""
    return _check(document_schema(contract), frame)


def check_vectors(vectors: npt.NDArray[np.float32], dimension: int) -> list[RowReject]:
    """Which rows of `vectors`, shape (n, dimension), are not finite or not of unit length."""
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise TypeError(f"vectors of shape {vectors.shape} where (n, {dimension}) is wanted")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    finite = np.asarray(np.isfinite(vectors).all(axis=1))
    unit = np.abs(lengths - 1.0) < _UNIT
    rejects = []
    for index in np.flatnonzero(~(finite & unit)):
        rule = "the vector has unit length" if finite[index] else "the vector is finite"
        rejects.append(RowReject(int(index), rule, f"{rule}: its length is {lengths[index]:.4f}"))
    return rejects


def failures(schema: DataFrameSchema, frame: pl.DataFrame) -> dict[int, dict[str, str]]:
    """Per row that breaks rules: each rule, and in words what the row has instead. All rules are tried in one pass."""
    try:
        # Eager, because checks of the data are left out for a LazyFrame; lazy, to have every rule tried.
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        _refuse_wrong_frame(errors)
        return _broken(errors.failure_cases.iter_rows(named=True))
    return {}


def _check(schema: DataFrameSchema, frame: pl.DataFrame) -> list[RowReject]:
    found = failures(schema, frame)
    return [
        RowReject(index, next(iter(rules)), "; ".join(rules.values()))
        for index, rules in sorted(found.items())
    ]


def _refuse_wrong_frame(errors: SchemaErrors) -> None:
    wrong = [
        str(one.schema.name or one)
        for one in errors.schema_errors
        if one.reason_code.name in _FRAME_ERRORS
    ]
    if wrong:
        raise TypeError(
            f"the frame has not the columns and types of its contract: {', '.join(wrong)}"
        )


def _broken(cases: Iterable[dict[str, object]]) -> dict[int, dict[str, str]]:
    broken: dict[int, dict[str, str]] = {}
    for case in cases:
        rule = str(case["check"])
        if rule == "not_nullable":
            rule = f"{case['column']} is there"
        told = (
            f"{rule}, but is {str(case['failure_case'])[:80]!r}"
            if case["schema_context"] == "Column"
            else f"{rule}: no"
        )
        index = case["index"]
        if not isinstance(index, int):
            raise TypeError(f"Pandera does not say which row breaks the rule {rule!r}")
        broken.setdefault(index, {}).setdefault(rule, told)
    return broken
