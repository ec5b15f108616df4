"""Check rows against their contracts: Pandera owns what is true of one row.

All rules are tried in one pass, and every row that breaks one is reported by its index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from pandera.errors import SchemaErrors
from pandera.polars import DataFrameSchema

from vouch.schemas.documents.frames import chunk_schema, document_schema
from vouch.schemas.settings.contracts import ChunkContract, DocumentContract

_UNIT = 1e-3
_FRAME_ERRORS = frozenset({"COLUMN_NOT_IN_DATAFRAME", "WRONG_DATATYPE"})


@dataclass(frozen=True, slots=True)
class RowReject:
    """A row that breaks its contract.

    `index` is its place in the frame, `rule` the first rule that it breaks, and `message` has all.
    """

    index: int
    rule: str
    message: str


def check_chunks(
    frame: pl.DataFrame, contract: ChunkContract, *, max_tokens: int
) -> list[RowReject]:
    """Return the chunk rows that break rules.

    `frame` has the columns of `vouch.index.store.row_builders.chunk_rows` and `canonical_slice`.
    Raises `TypeError` for other columns or types: that is an error of this program, not of a row.
    """
    schema = chunk_schema(contract, max_tokens)
    return _rejects(schema, frame.with_columns(pl.col("token_count").cast(pl.Int64)))


def check_documents(frame: pl.DataFrame, contract: DocumentContract) -> list[RowReject]:
    """Return the document rows that break rules. `frame` has the documents table's columns."""
    return _rejects(document_schema(contract), frame)


def check_vectors(vectors: npt.NDArray[np.float32], dimension: int) -> list[RowReject]:
    """Return the rows of `vectors`, shape (n, dimension), that are not finite unit vectors.

    Raises `TypeError` for another shape.
    """
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise TypeError(f"vectors have the shape {vectors.shape}, not (n, {dimension})")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    is_finite = np.asarray(np.isfinite(vectors).all(axis=1))
    is_unit = np.abs(lengths - 1.0) < _UNIT
    rejects = []
    for index in np.flatnonzero(~(is_finite & is_unit)):
        rule = "the vector has unit length" if is_finite[index] else "the vector is finite"
        rejects.append(RowReject(int(index), rule, f"{rule}: its length is {lengths[index]:.4f}"))
    return rejects


def failures(schema: DataFrameSchema, frame: pl.DataFrame) -> dict[int, dict[str, str]]:
    """Return, by the index of each row that breaks rules, a message by rule.

    Raises `TypeError` for a frame without the schema's columns and types.
    """
    try:
        # An eager frame, because Pandera does not check the data of a LazyFrame; `lazy`, so that
        # every rule is tried before it raises.
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        columns = [
            str(error.schema.name or error)
            for error in errors.schema_errors
            if error.reason_code.name in _FRAME_ERRORS
        ]
        if columns:
            raise TypeError(
                f"the frame has not the columns and types of its contract: {', '.join(columns)}"
            ) from errors
        return _by_row(errors.failure_cases.iter_rows(named=True))
    return {}


def _rejects(schema: DataFrameSchema, frame: pl.DataFrame) -> list[RowReject]:
    return [
        RowReject(index, next(iter(messages)), "; ".join(messages.values()))
        for index, messages in sorted(failures(schema, frame).items())
    ]


def _by_row(cases: Iterable[Mapping[str, object]]) -> dict[int, dict[str, str]]:
    """Return Pandera's failure cases as messages by row and rule."""
    messages: dict[int, dict[str, str]] = {}
    for case in cases:
        rule, index = str(case["check"]), case["index"]
        if rule == "not_nullable":
            rule = f"{case['column']} is there"
        if not isinstance(index, int):
            raise TypeError(f"Pandera does not report which row breaks the rule {rule!r}")
        of_column = case["schema_context"] == "Column"
        value = f"but is {str(case['failure_case'])[:80]!r}"
        message = f"{rule}, {value}" if of_column else f"{rule}: no"
        messages.setdefault(index, {}).setdefault(rule, message)
    return messages
