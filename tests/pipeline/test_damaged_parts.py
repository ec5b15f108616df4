"""A damaged part of a document is in quarantine by its name, beside the published document."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipeline.local_runs import reindex, replay
from tests.pipeline.steps import configure, indexed, items_by_stage, run, texts, write
from vouch.schemas.runs.record import Status

COLUMNS = ("uri", "part", "stage", "reason", "message", "attempts", "char_start", "next_retry_at")
PART = "cell 2"


def notebook(*cells: object) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def cell(text: str) -> dict[str, str]:
    return {"cell_type": "markdown", "source": text}


DAMAGED = notebook(
    cell("# Leave\n\nTwenty weeks are paid."), {"cell_type": "markdown", "source": 7}
)
SOUND = notebook(cell("# Leave\n\nTwenty weeks are paid."), cell("The rest is unpaid."))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    settings = configure(folder, tiny_model)
    write(settings, "leave.ipynb", DAMAGED)
    write(settings, "sound.md", "# Travel\n\nTrains before planes.")
    record = run(settings)
    assert (record.status, record.accounting.problems()) == (Status.PUBLISHED, [])
    sums = record.accounting
    assert (sums.published, sums.quarantined, sums.rejected) == (2, 0, 0)
    (group,) = record.rejects
    assert (group.stage, group.reason, group.count) == ("parse", "malformed", 1)
    assert group.examples[0].message.startswith(f"{PART} cannot be read: it has no type")
    assert PART in Path(record.report or "").read_text("utf-8")
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


def quarantined(settings: Path) -> list[tuple[str, str, int]]:
    return [
        (row["uri"], row["part"], row["attempts"])
        for row in indexed(settings, "quarantine", *COLUMNS)
    ]


def test_the_row_names_the_part_and_the_reason_and_the_rest_is_published(settings: Path):
    (row,) = indexed(settings, "quarantine", *COLUMNS)
    assert (row["uri"], row["part"]) == ("leave.ipynb", PART)
    assert (row["stage"], row["reason"]) == ("parse", "malformed")
    assert row["message"].endswith(
        "; the rest of the document is read. Correct it, or save it again in the program that it "
        "comes from"
    )
    assert (row["char_start"], row["next_retry_at"]) == (None, None)
    assert texts(settings)["leave.ipynb"] == ["Leave\n\nTwenty weeks are paid."]


def test_a_part_is_not_tried_again_until_its_document_changes(settings: Path):
    record = run(settings)
    assert (record.status, "parse" in items_by_stage(record)) == (Status.UNCHANGED, False)
    assert quarantined(settings) == [("leave.ipynb", PART, 1)]
    assert replay(config=str(settings)).accounting.published == 1
    assert quarantined(settings) == [("leave.ipynb", PART, 2)]


def test_a_part_stays_in_quarantine_when_the_rest_is_chunked_again(settings: Path):
    values = json.loads(settings.read_text("utf-8"))
    settings.write_text(json.dumps(values | {"chunking": {"max_tokens": 90}}), "utf-8")
    record = reindex(config=str(settings), switch=True)
    assert (record.accounting.published, "parse" in items_by_stage(record)) == (2, False)
    assert [row[:2] for row in quarantined(settings)] == [("leave.ipynb", PART)]


def test_a_part_that_was_repaired_leaves_quarantine(settings: Path):
    write(settings, "leave.ipynb", SOUND)
    assert run(settings).accounting.published == 1
    assert quarantined(settings) == []
    assert "The rest is unpaid." in texts(settings)["leave.ipynb"][0]
