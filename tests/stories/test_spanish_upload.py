"""Somebody uploads Spanish documents into a client's English knowledge base."""

from tests.pipeline.steps import configure, failed, indexed
from tests.stories.conftest import Story
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Decision, RunRecord, Severity, Status

PLACES = (
    "harbour", "kitchen", "orchard", "library", "workshop", "garden", "stable", "bakery", "cellar",
    "chapel", "market", "mill", "office", "quarry", "school", "theatre", "tower", "warehouse",
    "vineyard", "forge", "dairy", "archive", "laundry", "gallery",
)  # fmt: skip
UPDATED = 6
ENGLISH = (
    "# The {0}\n\nThe keys of the {0} hang behind the door of the porter's room, and whoever takes "
    "them writes a name and the hour in the book beside it.\n\n## Cleaning\n\nThe floor of the {0} "
    "is swept every evening, and on Fridays the windows are washed with warm water.\n"
)
SPANISH = (
    "# El edificio {0}\n\nLas llaves del edificio número {0} cuelgan detrás de la puerta de la "
    "portería, y quien las recoge escribe su nombre y la hora en el libro que está al lado.\n\n"
    "## Limpieza\n\nEl suelo se barre todas las tardes, y los viernes se lavan las ventanas con "
    "agua caliente y jabón.\n"
)


def english() -> dict[str, str]:
    return {f"en/{place}.md": ENGLISH.format(place) for place in PLACES}


def updates(hour: str) -> dict[str, str]:
    """A few English documents, changed."""
    line = f"\nThe lights are switched off at {hour}.\n"
    return {name: text + line for name, text in list(english().items())[:UPDATED]}


def spanish() -> dict[str, str]:
    return {f"es/{number:02}.md": SPANISH.format(number) for number in range(len(PLACES))}


def languages(story: Story) -> set[str]:
    """Return the languages that readers find."""
    return {row["language"] for row in indexed(story.folder / "vouch.yaml", "chunks", "language")}


def updated(story: Story, hour: str) -> int:
    """Return the number of documents that readers find with an update."""
    chunks = indexed(story.folder / "vouch.yaml", "chunks", "text")
    return sum(f"at {hour}" in row["text"] for row in chunks)


def published(story: Story) -> RunRecord:
    record = story.newest
    assert record.status is Status.PUBLISHED
    return record


def test_they_are_named_kept_out_by_the_contract_and_never_keep_the_english_updates_out(
    story: Story, tiny_model
):
    story.write(english())
    assert story.ingest().code == 0
    story.write(spanish() | updates("ten"))
    story.commands.clear()

    # Without a contract, drift rejects the upload, and the updates with it.
    shown = story.ingest()
    assert shown.code != 0
    assert languages(story) == {"en"}
    record = story.newest
    assert failed(record)["drift_languages"] is Severity.REJECT
    (check,) = (each for each in record.failed_checks if each.id is CheckId.DRIFT_LANGUAGES)
    assert "es 0.0% →" in check.message
    assert check.concerned == len(PLACES)
    assert [example.uri for example in check.examples] == [f"es/{n:02}.md" for n in range(3)]
    explained = story.run("vouch explain")
    assert "es 0.0% →" in explained.output
    assert "es/00.md" in explained.output
    listed = story.run(f"vouch explain {record.run_id} --check {check.reference} --all")
    assert [line for line in listed.output.splitlines() if "es/" in line][-1].count("es/23.md") == 1

    # A contract that says what the base is in: the updates are published, the upload is not.
    configure(story.folder, tiny_model, {"contract": {"languages": ["en"]}})
    assert story.ingest().code == 0
    record = published(story)
    assert record.verdict is not None
    assert record.verdict.decision is Decision.WARN
    assert failed(record) == {"contract_rejects": Severity.WARN}
    (check,) = record.failed_checks
    assert check.message == (
        "24 documents of this run are in quarantine: language is one of en: 24 (es 24)"
    )
    assert (check.scope, check.concerned) == ("docs", 24)
    assert check.examples[0].uri == "es/00.md"
    assert languages(story) == {"en"}
    assert updated(story, "ten") == UPDATED
    assert len(story.commands) == 4
    listed = story.run(f"vouch explain --check {check.reference} --all")
    assert listed.output.count("es/") == 24

    # The next runs are quiet: what is in quarantine has been reported.
    assert story.ingest().code == 0
    assert story.newest.status is Status.UNCHANGED
    story.write(updates("eleven"))
    assert story.ingest().code == 0
    assert failed(published(story)) == {}
    assert updated(story, "eleven") == UPDATED


def test_a_contract_that_is_there_before_lets_everything_else_through(story: Story, tiny_model):
    configure(story.folder, tiny_model, {"contract": {"languages": ["en"]}})
    story.write(english())
    assert story.ingest().code == 0
    story.write(spanish() | updates("ten"))
    assert story.ingest().code == 0
    assert failed(published(story)) == {"contract_rejects": Severity.WARN}

    # One that limits what it may stop says so, and rejects.
    limited = {"languages": ["en"], "max_quarantine_share": 0.4}
    configure(story.folder, tiny_model, {"contract": limited})
    story.write(updates("eleven"))
    assert story.ingest().code != 0
    record = story.newest
    assert failed(record)["source_quarantine_share"] is Severity.REJECT
    (check,) = (each for each in record.failed_checks if each.severity is Severity.REJECT)
    assert check.concerned == 24
