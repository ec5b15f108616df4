"""States of an index and listings for plans, built as frames: no table is read, no run is done."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.planning.index_state import IndexState
from vouch.pipeline.planning.plan import Plan, Planned
from vouch.pipeline.planning.planner import make_plan
from vouch.pipeline.planning.stored_rows import StoredRows
from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import Fingerprints, Listing, SourceItem
from vouch.schemas.settings.vouch_yaml import Settings

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FINGERPRINTS = Fingerprints(
    chunk="c", embedding="e", check="k", limits="l", fetch={"docs": "f", "notes": "n"}
)
SETTINGS = Settings.model_validate(
    {
        "sources": [
            {"name": "docs", "path": "documents"},
            {"name": "notes", "path": "notes"},
        ]
    }
)
DOCUMENTS_SCHEMA, QUARANTINE_SCHEMA = (
    pl.DataFrame(pl.from_arrow(schema.empty_table())).schema for schema in (DOCUMENTS, QUARANTINE)
)

Row = dict[str, Any]


def document(uri: str = "a.md", source: str = "docs", **columns: Any) -> Row:
    """Return the row of a published document that was made with `FINGERPRINTS`."""
    row: Row = {
        **dict.fromkeys(DOCUMENTS.names),
        "document_id": document_id(source, uri),
        "source": source,
        "uri": uri,
        "media_type": "text/markdown",
        "status": "published",
        "size": 10,
        "source_modified_at": NOW,
        "chunk_count": 1,
        "parser": "markdown",
        "parse_fingerprint": parse_fingerprint("markdown", FINGERPRINTS.conditions),
        "chunk_fingerprint": FINGERPRINTS.chunk,
        "check_fingerprint": FINGERPRINTS.check,
        "embedding_fingerprint": FINGERPRINTS.embedding,
        "run_id": "r",
    }
    return row | columns


def attachment(parent: Row, number: int = 1, **columns: Any) -> Row:
    """Return the row of a document that is attached to another one."""
    uri = f"{parent['uri']}#attachment/{number}/a.md"
    return document(uri, parent["source"], parent_id=parent["document_id"], **columns)


def quarantined(row: Row, **columns: Any) -> tuple[Row, Row]:
    """Return the document as one that failed, and its reject; `columns` are the reject's."""
    reject: Row = {
        **dict.fromkeys(QUARANTINE.names),
        "document_id": row["document_id"],
        "source": row["source"],
        "stage": "parse",
        "reason": "malformed",
        "rule_fingerprint": FINGERPRINTS.limits,
        "attempts": 1,
        "parked": False,
    } | columns
    return row | {"status": "quarantined", "reason": reject["reason"]}, reject


class Index(IndexState):
    """The state of an index that is in memory, with its rows."""

    def __init__(self, documents: pl.DataFrame, quarantine: pl.DataFrame) -> None:
        super().__init__(documents, quarantine)
        self.rows = StoredRows.of(documents, quarantine)


def index(*rows: Row, rejects: Sequence[Row] = ()) -> Index:
    """Return the state of an index with these documents."""
    return Index(
        pl.DataFrame(rows, schema=DOCUMENTS_SCHEMA),
        pl.DataFrame(list(rejects), schema=QUARANTINE_SCHEMA),
    )


def item(uri: str = "a.md", source: str = "docs", **columns: Any) -> SourceItem:
    """Return a listed item in the state in which `document` is indexed."""
    return SourceItem(source, uri, **({"size": 10, "modified": NOW} | columns))


def listing(*items: SourceItem, source: str = "docs", complete: bool = True) -> Listing:
    return Listing(source, items, (), complete)


def plan(
    state: Index,
    *listings: Listing,
    scope: Scope | None = None,
    now: Fingerprints = FINGERPRINTS,
) -> Plan:
    """Plan with the settings and, by default, fingerprints of this module, as of `NOW`."""
    return make_plan(state.rows, listings, now, scope or Scope(), SETTINGS, NOW)


def only(planned: Plan) -> Planned:
    """Return the plan for the only document of a plan."""
    (document_plan,) = planned.documents
    return document_plan
