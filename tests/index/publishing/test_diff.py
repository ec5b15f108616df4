"""What differs between two published states."""

from pathlib import Path

import pytest

from tests.index.small_index import FIRST, SECOND, SETTINGS, intent, record, stage
from vouch.index.publishing.diff import _classify, diff
from vouch.index.publishing.publish import publish
from vouch.index.store.tables import Tables

STAGES = ("parse", "chunk", "embedding", "check")
SAME = {"status": "published", "content_sha256": "1"} | {
    f"{name}_fingerprint": "f" for name in STAGES
}


def row(before: dict | None, after: dict | None, reason: str = "", renamed: str = "") -> dict:
    empty = dict.fromkeys(SAME)
    new = {f"{name}_new": value for name, value in (after or empty).items()}
    return {**(before or empty), **new, "reason_new": reason, "renamed_from_new": renamed}


@pytest.mark.parametrize(
    ("row", "change", "why"),
    [
        (row(SAME, SAME), "", ""),
        (row(SAME, None), "removed", "was published"),
        (row(None, SAME), "added", "is published"),
        (row(None, SAME, renamed="old.md"), "renamed", "from old.md"),
        (
            row(SAME, SAME | {"status": "quarantined"}, reason="malformed"),
            "quarantined",
            "was published: malformed",
        ),
        (row(SAME, SAME | {"content_sha256": "2"}), "changed", "its content differs"),
        (
            row(SAME, SAME | {"parse_fingerprint": "g", "chunk_fingerprint": "g"}),
            "reprocessed",
            "changed fingerprints: parse, chunk",
        ),
    ],
)
def test_a_difference_is_classified_and_explained(row: dict, change: str, why: str):
    assert _classify(row) == (change, why)


def test_documents_and_chunks_of_two_states_are_compared(small_tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, SECOND, {"a.md": "ALPHA", "d.md": "delta"})
    plan = intent(staging, 3, ("a.md",), ("b.md",))
    publish(small_tables, staging, plan, record(SECOND), SETTINGS)
    changes = diff(small_tables, FIRST, SECOND)
    assert (changes.chunks_added, changes.chunks_removed, changes.chunks_kept) == (2, 2, 1)
    # The texts of these documents differ, but not the hash of their bytes.
    assert [(item.change, item.uri) for item in changes.documents] == [
        ("added", "d.md"),
        ("removed", "b.md"),
    ]
