"""What parsers leave out of the search is in the run's record by kind, with harmless examples."""

from pathlib import Path

import pytest

from tests.pipeline.steps import configure, indexed, run, write
from vouch.schemas.runs.record import RunRecord

SECRET = "ghp_" + "aB3dE6gH9kL2nP5r" * 2 + "Zx7Q"
LONG = " ".join(f"Every colleague reads sentence number {n} of this notice." for n in range(60))
PAGE = f"""<html><head><title>Leave</title></head><body>
<nav><a href="/">Home</a> <a href="/a">Write to anna.kowalska@contoso-hr.com</a></nav>
<main><h1>Leave</h1><p>Parents get twenty weeks of paid leave, and may divide them as they like.</p>
<p style="display:none">The token is {SECRET}. {LONG}</p></main></body></html>"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> tuple[Path, RunRecord]:
    settings = configure(tmp_path_factory.mktemp("left_out"), tiny_model)
    write(settings, "leave.html", PAGE)
    write(settings, "plain.md", "# Travel\n\nTrains before planes.")
    return settings, run(settings)


def test_kinds_documents_and_characters_are_counted(record: tuple[Path, RunRecord]):
    settings, done = record
    left_out = done.left_out
    groups = {group.kind: group for group in left_out.groups}
    assert set(groups) == {"boilerplate", "hidden"}
    assert {group.documents for group in groups.values()} == {1}
    assert left_out.documents == 2
    assert left_out.left_out == sum(group.characters for group in groups.values())
    assert groups["hidden"].characters == len(f"The token is {SECRET}. {LONG}")
    (losing,) = left_out.documents_losing_most
    assert (losing.uri, losing.kind, left_out.mostly_left_out) == ("leave.html", "hidden", 1)
    assert done.metrics["left_out"] == round(left_out.share, 6)
    rows = {
        row["uri"]: (row["read_chars"], row["left_out_chars"])
        for row in indexed(settings, "documents", "uri", "read_chars", "left_out_chars")
    }
    assert rows["leave.html"] == (losing.read, losing.left_out)
    assert rows["plain.md"] == (left_out.read - losing.read, 0)


def test_examples_hold_no_secret_and_no_personal_data(record: tuple[Path, RunRecord]):
    _, done = record
    everything = done.model_dump_json() + Path(done.report or "").read_text("utf-8")
    assert "The token is █" in everything
    assert "anna.kowalska" not in everything
    assert SECRET[:12] not in everything
    for group in done.left_out.groups:
        assert all(len(example.message) <= 162 for example in group.examples)
