"""A column of a table comes empty overnight: the export has renamed it, and nothing says so."""

from pathlib import Path

import pytest

from tests.pipeline.steps import failed, indexed
from tests.stories.conftest import Story
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Severity, Status

ROWS = 40
ZONES = ("Astoria", "Bay Ridge", "Chelsea", "Elmhurst", "Flatiron", "Gramercy", "Harlem", "Inwood")
SETTINGS = """\
sources:
  - kind: table
    name: trips
    path: trips/*.csv
    key: [id]
    text: "Trip {{{{ id }}}} from {{{{ start }}}} to {{{{ end }}}}, paid by {{{{ payment }}}}."
    title: "{{{{ start }}}} to {{{{ end }}}}"
    metadata: [fare, payment]
{contract}
embedding: {{model: {model}}}
parsing: {{workers: 1}}
"""
FARE = "    contract: {fields: {fare: {type: number, max_missing: 0.02}}}"


def configure(story: Story, model: Path, contract: str) -> None:
    text = SETTINGS.format(contract=contract, model=model)
    (story.folder / "vouch.yaml").write_text(text, "utf-8")


def export(story: Story, *, day: int, with_fares: bool = True) -> None:
    """Write the trips as they are exported on a day: a few of them are corrected every night."""
    lines = ["id,start,end,payment,fare"]
    for number in range(ROWS):
        start, end = ZONES[number % 8], ZONES[(number * 3 + 1) % 8]
        payment = "card" if (number + day) % 10 else "cash"
        fare = f"{8 + number % 13}.50" if with_fares else ""
        lines.append(f"{number},{start},{end},{payment},{fare}")
    file = story.folder / "trips/2026.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", "utf-8")


def fares(story: Story) -> int:
    """Return the number of trips that readers find with a fare."""
    rows = indexed(story.folder / "vouch.yaml", "documents", "metadata")
    return sum(
        any(pair["key"] == "fare" and pair["value"] for pair in row["metadata"]) for row in rows
    )


@pytest.mark.parametrize(
    ("contract", "check_id", "message"),
    [
        (FARE, CheckId.FIELD_MISSING_SHARE, "100.0% of 40 trips; required: at most 2.0%"),
        (
            "",
            CheckId.DRIFT_MISSING,
            "documents without fare in source trips: 0.0% → 100.0%",
        ),
    ],
    ids=["contract", "drift alone"],
)
def test_the_field_and_the_rows_are_named_and_the_last_good_state_stays(
    story: Story, tiny_model: Path, contract: str, check_id: CheckId, message: str
):
    configure(story, tiny_model, contract)
    export(story, day=1)
    assert story.ingest().code == 0
    assert fares(story) == ROWS
    export(story, day=2, with_fares=False)
    story.commands.clear()

    assert story.ingest().code != 0
    assert story.newest.status is Status.REJECTED
    assert fares(story) == ROWS
    check = next(each for each in story.newest.failed_checks if each.id is check_id)
    assert check.severity is Severity.REJECT
    assert check.message.startswith(message)
    assert "fare" in check.name or "fare" in check.message
    assert check.concerned == ROWS
    assert all(example.message.startswith("no fare") for example in check.examples)
    assert check.examples[0].uri in story.run("vouch explain").output
    listed = story.run(f"vouch explain --check {check.reference} --all").output
    assert listed.count("no fare") == ROWS

    export(story, day=2)
    assert story.ingest().code == 0
    assert story.newest.status is Status.PUBLISHED
    assert Severity.REJECT not in failed(story.newest).values()
    assert fares(story) == ROWS
    assert len(story.commands) == 4
