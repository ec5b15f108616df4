"""What differs between two published states."""

from vouch.index.publishing.versions import at_state
from vouch.index.store.tables import Tables, frame
from vouch.schemas.difference import Diff, Difference

_DOCUMENT = ("document_id", "source", "uri", "status", "reason", "content_sha256", "renamed_from")
_FINGERPRINTS = (
    "parse_fingerprint",
    "chunk_fingerprint",
    "embedding_fingerprint",
    "check_fingerprint",
)


def diff(tables: Tables, before: str, after: str) -> Diff:
    """By run ids; both states must be kept. Raises `NotFound`."""
    old, new = at_state(tables, before), at_state(tables, after)
    ids = [set(frame(state.chunks, ("chunk_id",))["chunk_id"]) for state in (old, new)]
    return Diff(
        before,
        after,
        tuple(_documents(old, new)),
        chunks_added=len(ids[1] - ids[0]),
        chunks_removed=len(ids[0] - ids[1]),
        chunks_kept=len(ids[0] & ids[1]),
    )


def _documents(old: Tables, new: Tables) -> list[Difference]:
    columns = (*_DOCUMENT, *_FINGERPRINTS)
    sides = [frame(state.documents, columns) for state in (old, new)]
    joined = (
        sides[0]
        .join(sides[1], on="document_id", how="full", coalesce=True, suffix="_new")
        .sort("uri", "uri_new")
    )
    told = [_difference(row) for row in joined.iter_rows(named=True)]
    return [one for one in told if one is not None]


def _difference(row: dict[str, str | None]) -> Difference | None:
    change, why = _change(row)
    source, uri = row["source_new"] or row["source"], row["uri_new"] or row["uri"]
    return Difference(change, str(source), str(uri), why) if change else None


def _change(row: dict[str, str | None]) -> tuple[str, str]:
    before, after = row["status"], row["status_new"]
    if after is None:
        return "removed", f"was {before}"
    if before is None:
        was = row["renamed_from_new"]
        return ("renamed", f"from {was}") if was else ("added", f"is {after}" + _because(row))
    if before != after:
        return after, f"was {before}" + _because(row)
    if row["content_sha256"] != row["content_sha256_new"]:
        return "changed", "its content is another"
    stages = [
        name.removesuffix("_fingerprint")
        for name in _FINGERPRINTS
        if row[name] != row[f"{name}_new"]
    ]
    return ("reprocessed", f"another {', '.join(stages)} fingerprint") if stages else ("", "")


def _because(row: dict[str, str | None]) -> str:
    return f": {row['reason_new']}" if row["reason_new"] else ""
