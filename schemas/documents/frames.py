"""Row contracts as Pandera schemas over polars frames: the rules for each document and chunk."""

from collections.abc import Callable, Iterable

import pandera.polars as pa
import polars as pl

from vouch.schemas.settings.contracts import ChunkContract, DocumentContract

_HEX_ID = r"^[0-9a-f]{32}$"
_HEX_HASH = r"^[0-9a-f]{64}$"
STATUSES = ("published", "quarantined", "filtered")


def chunk_schema(contract: ChunkContract, max_tokens: int) -> pa.DataFrameSchema:
    """Return the schema of chunk rows before they are embedded.

    The frame has an additional column `canonical_slice`: the canonical text at the chunk's span.
    """
    columns = {
        "chunk_id": _text(_matches("chunk_id is an id", _HEX_ID)),
        "document_id": _text(_matches("document_id is an id", _HEX_ID)),
        "source": _text(),
        "uri": _text(),
        "text": _text(
            pa.Check.str_length(
                min_value=contract.min_chars,
                error=f"text has at least {contract.min_chars} characters",
            ),
            pa.Check(_not_blank, error="text is not white space only"),
        ),
        "text_sha256": _text(_matches("text_sha256 is a hash", _HEX_HASH)),
        "embedded_sha256": _text(_matches("embedded_sha256 is a hash", _HEX_HASH)),
        "content_sha256": _text(_matches("content_sha256 is a hash", _HEX_HASH)),
        "parser": _text(),
        "parse_fingerprint": _text(),
        "chunk_fingerprint": _text(),
        "embedding_fingerprint": _text(),
        "heading_path": pa.Column(pl.List(pl.String)),
        "element_types": pa.Column(pl.List(pl.String)),
        "char_start": pa.Column(pl.Int64, pa.Check.ge(0, error="char_start is not negative")),
        "char_end": pa.Column(pl.Int64),
        "token_count": pa.Column(
            pl.Int64,
            pa.Check.in_range(1, max_tokens, error=f"token_count is within 1 and {max_tokens}"),
        ),
        "language": _language(contract.languages),
        "page_start": pa.Column(pl.Int32, nullable=True),
        "page_end": pa.Column(pl.Int32, nullable=True),
        "canonical_slice": _text(),
    }
    # The names in `error` are shown in reports and stored in quarantine: keep them stable.
    checks = [
        pa.Check(_holds(pl.col("char_end") > pl.col("char_start")), error="the span is not empty"),
        pa.Check(
            _holds(pl.col("canonical_slice") == pl.col("text")), error="the span proves the text"
        ),
        pa.Check(_holds(_in_order("page_start", "page_end")), error="the pages are in order"),
        pa.Check(_holds(pl.col("chunk_id").is_first_distinct()), error="chunk_id is unique"),
    ]
    return pa.DataFrameSchema(columns, checks=checks)


def document_schema(contract: DocumentContract) -> pa.DataFrameSchema:
    """Return the schema of document rows before they are staged."""
    columns = {
        "document_id": _text(_matches("document_id is an id", _HEX_ID)),
        "source": _text(),
        "uri": _text(),
        "media_type": _text(),
        "status": _text(pa.Check.isin(STATUSES, error="status is known")),
        "content_sha256": _text(_matches("content_sha256 is a hash", _HEX_HASH)),
        "char_count": pa.Column(
            pl.Int64,
            pa.Check.in_range(
                contract.min_chars,
                contract.max_chars,
                error=f"char_count is within {contract.min_chars} and {contract.max_chars}",
            ),
        ),
        "language": _language(contract.languages),
    }
    unique = pa.Check(
        _holds(pl.col("document_id").is_first_distinct()), error="document_id is unique"
    )
    return pa.DataFrameSchema(columns, checks=[unique])


def _text(*checks: pa.Check) -> pa.Column:
    return pa.Column(pl.String, list(checks))


def _language(allowed: Iterable[str]) -> pa.Column:
    """Return a nullable column: a row passes where its language was not detected."""
    allowed = tuple(allowed)
    if not allowed:
        return pa.Column(pl.String, nullable=True)
    check = pa.Check.isin(allowed, error=f"language is one of {', '.join(allowed)}")
    return pa.Column(pl.String, [check], nullable=True)


def _matches(name: str, pattern: str) -> pa.Check:
    return pa.Check.str_matches(pattern, error=name)


def _not_blank(data: pa.PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).str.strip_chars().str.len_chars() > 0)


def _holds(expression: pl.Expr) -> Callable[[pa.PolarsData], pl.LazyFrame]:
    """Return a check across columns.

    A null passes here, because the column that must not be null reports it already.
    """
    return lambda data: data.lazyframe.select(expression.fill_null(value=True))


def _in_order(low: str, high: str) -> pl.Expr:
    return (pl.col(low) <= pl.col(high)) & (pl.col(low).is_null() == pl.col(high).is_null())
