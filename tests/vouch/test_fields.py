"""`vouch fields` lists what filters can compare."""

import json
from pathlib import Path

import pytest

from tests.command_line import run_command
from tests.pipeline.steps import configure, run


def test_columns_and_keys_are_listed_with_their_types(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "documents").mkdir()
    front = (
        "---\nacl: [staff, hr]\nyear: 2024\npublished: 2026-01-31\n---\n\nWords of a document.\n"
    )
    (tmp_path / "documents/a.md").write_text(front)
    run(configure(tmp_path, tiny_model))
    monkeypatch.chdir(tmp_path)
    shown = json.loads(run_command("--json", "fields").output)
    assert shown["columns"]["language"] == "text"
    assert shown["columns"]["ingested_at"] == "date or time"
    assert "vector" not in shown["columns"]
    assert shown["typed"]
    acl = {"name": "acl", "types": ["text"], "lists": True, "documents": 1, "example": "staff"}
    assert acl in shown["metadata"]
    types = {key["name"]: key["types"] for key in shown["metadata"]}
    assert types["year"] == ["number"]
    assert types["published"] == ["date or time"]
    lines = run_command("fields").output.splitlines()
    assert any("metadata.acl" in line and "text, also in lists" in line for line in lines)
