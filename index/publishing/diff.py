"""Compare two published states."""

from typing import Any

from vouch.index.publishing.versions import at_state
from vouch.index.store.tables import Tables, frame
from vouch.schemas.runs.history import Diff, Difference

_DOCUMENT = ("document_id", "source", "uri", "status", "reason", "content_sha256", "renamed_from")
_FINGERPRINTS = (
    "parse_fingerprint",
    "chunk_fingerprint",
    "embedding_fingerprint",
    "check_fingerprint",
)


def diff(tables: Tables, before: str, after: str) -> Diff:
    """Return what differs between the states that two runs published, given by their ids.

    Raises:
        NotFound: One of the states is not kept.
    """
    old, new = at_state(tables, before), at_state(tables, after)
    old_ids, new_ids = (set(frame(state.chunks, ("chunk_id",))["chunk_id"]) for state in (old, new))
    return Diff(
        before,
        after,
        tuple(_compare_documents(old, new)),
        chunks_added=len(new_ids - old_ids),
        chunks_removed=len(old_ids - new_ids),
        chunks_kept=len(old_ids & new_ids),
    )


def _compare_documents(old: Tables, new: Tables) -> list[Difference]:
    columns = (*_DOCUMENT, *_FINGERPRINTS)
    left, right = (frame(state.documents, columns) for state in (old, new))
    joined = left.join(right, on="document_id", how="full", coalesce=True, suffix="_new")
    differences = []
    for row in joined.sort("uri", "uri_new").iter_rows(named=True):
        change, why = _classify(row)
        if change:
            source, uri = row["source_new"] or row["source"], row["uri_new"] or row["uri"]
            differences.append(Difference(change, str(source), str(uri), why))
    return differences


def _classify(row: dict[str, Any]) -> tuple[str, str]:
    """Return the kind of change and its explanation; two empty strings where nothing changed."""
    before, after = row["status"], row["status_new"]
    reason = f": {row['reason_new']}" if row["reason_new"] else ""
    if after is None:
        return "removed", f"was {before}"
    if before is None:
        former_uri = row["renamed_from_new"]
        return ("renamed", f"from {former_uri}") if former_uri else ("added", f"is {after}{reason}")
    if before != after:
        return after, f"was {before}{reason}"
    if row["content_sha256"] != row["content_sha256_new"]:
        return "changed", "its content differs"
    stages = [
        name.removesuffix("_fingerprint")
        for name in _FINGERPRINTS
        if row[name] != row[f"{name}_new"]
    ]
    return ("reprocessed", f"changed fingerprints: {', '.join(stages)}") if stages else ("", "")
