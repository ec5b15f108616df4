"""Documents rows and contracts of one source, for the tests of both kinds of contract rules."""

from datetime import UTC, datetime, timedelta

import polars as pl

from vouch.schemas.documents.arrow import DOCUMENTS
from vouch.schemas.settings.source_contract import SourceContract

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def documents(*rows: dict) -> pl.DataFrame:
    """Documents rows of the source `docs`, valid where a row says nothing else; `metadata` as a dict."""
    valid = {
        "source": "docs",
        "status": "published",
        "reason": None,
        "title": "A title",
        "author": None,
        "language": "en",
        "media_type": "text/plain",
        "size": 1000,
        "char_count": 500,
        "source_modified_at": NOW - timedelta(hours=1),
    }
    complete = []
    for number, row in enumerate(rows):
        pairs = [{"key": key, "value": value} for key, value in row.get("metadata", {}).items()]
        complete.append(valid | {"uri": f"{number}.md"} | row | {"metadata": pairs})
    schema = pl.DataFrame(pl.from_arrow(DOCUMENTS.empty_table())).schema
    columns = [*valid, "uri", "metadata"]
    return pl.DataFrame(complete, schema={name: schema[name] for name in columns})


def contract(**values) -> SourceContract:
    return SourceContract.model_validate(values)
