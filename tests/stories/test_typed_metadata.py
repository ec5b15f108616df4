"""An index of 0.12 has texts only: `acl: [staff, managers]` is one of them. What the next run makes
of it, what contracts and paths add, and that nothing is embedded for any of that.
"""

import json
import zlib
from typing import Any

import pyarrow as pa
import pytest

from tests.pipeline.steps import configure, indexed, items_by_stage, run, tables
from tests.stories.conftest import Story
from vouch.index.lineage.integrity import find_flaws
from vouch.index.store.tables import Tables, row_schema, rows, upsert
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.documents.values import Fields, load_fields
from vouch.schemas.runs.record import Status

DOCUMENTS = {
    "acme/2024/leave.md": "---\nacl: [staff, managers]\nyear: 2024\nversion: 1.10\ndraft: false\n"
    'code: "0815"\npublished: 2026-01-31\n---\n\n# Leave\n\nSend it to the shift lead.\n',
    "acme/2025/gate.md": "---\nacl: staff, hr\npriority: high\n---\n\n# Gate\n\nIt opens at six.\n",
    "globex/2024/badge.txt": "Badges are collected from the desk in hall two.\n",
}
OF_ITSELF = {
    "acme/2024/leave.md": {
        "acl": ("staff", "managers"),
        "year": 2024,
        "version": "1.10",
        "draft": False,
        "code": "0815",
    },
    "acme/2025/gate.md": {"acl": "staff, hr", "priority": "high"},
    "globex/2024/badge.txt": {},
}


def fields(story: Story) -> dict[str, Fields]:
    """Return the fields of each document without its dates, which chunks must have too."""
    settings = story.folder / "vouch.yaml"
    documents = indexed(settings, "documents", "uri", "fields")
    for table in (tables(settings).documents, tables(settings).chunks):
        # JSON that is stored as it should not be is noticed by a filter alone.
        table.count_rows("json_exists(fields, '$.nothing')")
    of_chunks = {
        (row["uri"], row["fields"]) for row in indexed(settings, "chunks", "uri", "fields")
    }
    assert of_chunks == {(row["uri"], row["fields"]) for row in documents}
    return {
        row["uri"]: {
            key: value for key, value in load_fields(row["fields"]).items() if key != "published"
        }
        for row in documents
    }


def as_of_0_12(index: Tables) -> None:
    """Make the index what version 0.12 left: no column of fields, lists in one text."""
    for name in ("documents", "chunks"):
        table = getattr(index, name)
        changed: list[dict[str, Any]] = rows(table, table.schema.names).to_pylist()
        for row in changed:
            lists: dict[str, list[str]] = {}
            for pair in row["metadata"]:
                lists.setdefault(pair["key"], []).append(pair["value"])
            pairs = {key: ", ".join(values) for key, values in lists.items()}
            row["metadata"] = [{"key": key, "value": text} for key, text in pairs.items()]
            if row["uri"].endswith(".md"):
                row["parse_fingerprint"] = "of 0.12"
            if name == "documents":
                row["check_fingerprint"] = "of 0.12"
                structure = json.loads(zlib.decompress(row["structure"]))
                del structure["metadata"]["written"]
                structure["metadata"]["extra"] = [*pairs.items()]
                row["structure"] = zlib.compress(json.dumps(structure).encode())
        key = "document_id" if name == "documents" else "chunk_id"
        upsert(table, pa.Table.from_pylist(changed, schema=row_schema(table)), key)
        table.drop_columns(["fields"])


@pytest.fixture
def old(story: Story) -> Story:
    """A project whose index is of 0.12."""
    story.write(DOCUMENTS)
    story.ingest()
    as_of_0_12(tables(story.folder / "vouch.yaml"))
    return story


def test_an_index_of_before_is_migrated_without_embedding(old: Story):
    assert [*find_flaws(tables(old.folder / "vouch.yaml"))] == []
    plan = old.run("vouch plan")
    assert "3 reprocess" in plan.output
    assert "the markdown parser has changed" in plan.output
    assert "the contract or the types of metadata have changed" in plan.output
    old.ingest()
    record = old.newest
    assert record.status is Status.PUBLISHED
    assert record.accounting.vectors_computed == 0
    assert items_by_stage(record)["parse"] == 2  # the text file is not read
    assert fields(old) == OF_ITSELF
    assert "every check passes" in old.run("vouch doctor").output
    assert "3 unchanged" in old.run("vouch plan").output
    old.ingest()
    assert old.newest.status is Status.UNCHANGED


def test_after_a_rollback_the_types_come_back(old: Story):
    before = old.newest.run_id
    old.ingest()
    old.run(f"vouch rollback {before} --yes")
    assert "fields" in tables(old.folder / "vouch.yaml").chunks.schema.names
    old.ingest()
    assert old.newest.accounting.vectors_computed == 0
    assert fields(old) == OF_ITSELF
    assert "every check passes" in old.run("vouch doctor").output


def test_contracts_and_paths_change_fields_without_embedding(story: Story, tiny_model):
    story.write(DOCUMENTS)
    story.ingest()
    assert fields(story) == OF_ITSELF
    contract = {
        "fields": {
            "acl": {"type": "list of text", "allowed": ["staff", "managers", "hr"]},
            "code": {"type": "integer"},
            "year": {"type": "text"},
        }
    }
    source = {"path_fields": "{client}/{year}/**", "contract": contract}
    settings = configure(story.folder, tiny_model, source)
    assert dry_run(read_settings(settings)).plan.counts == {"reprocess": 3}
    record = run(settings)
    assert record.accounting.vectors_computed == 0
    assert "parse" not in items_by_stage(record)
    assert fields(story) == {
        "acme/2024/leave.md": {
            "acl": ("staff", "managers"),
            "year": "2024",  # its own, which counts before the folder's
            "version": "1.10",
            "draft": False,
            "code": 815,
            "client": "acme",
        },
        "acme/2025/gate.md": {
            "acl": ("staff", "hr"),
            "priority": "high",
            "client": "acme",
            "year": "2025",
        },
        "globex/2024/badge.txt": {"client": "globex", "year": "2024"},
    }
    assert "every check passes" in story.run("vouch doctor").output
    # An entry of a list that is not allowed breaks the rule as any value does.
    contract["fields"]["acl"] = {"type": "list of text", "allowed": ["staff", "managers"]}
    configure(story.folder, tiny_model, source)
    run(settings)
    statuses = {
        row["uri"]: row["reason"] for row in indexed(settings, "documents", "uri", "reason")
    }
    assert statuses == {
        "acme/2024/leave.md": None,
        "acme/2025/gate.md": "contract",
        "globex/2024/badge.txt": None,
    }
