"""A new template writes the headings of contracts as plain paragraphs: clauses lose their names."""

import re

from tests.pipeline.steps import failed, indexed
from tests.stories.conftest import Story
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Severity, Status

PARTIES = (
    "Abbot", "Barlow", "Carver", "Dyer", "Elliot", "Fletcher", "Glover", "Harper", "Ingram",
    "Joiner", "Keeler", "Lorimer", "Mercer", "Napier", "Osler", "Potter", "Quarrier", "Roper",
    "Sawyer", "Tanner",
)  # fmt: skip
CONTRACT = (
    "# Contract with {0}\n\nThis contract is made between the estate and {0}, for as long as the "
    "workshop in the yard is let.\n\n## Notice\n\n{0} may give notice in writing until the third "
    "day of a quarter, and leaves at its end.\n\n## Rent\n\nThe rent of {1} crowns is due in "
    "advance, on the first day of each month, at the office of the estate.\n\n## Repairs\n\n{0} "
    "keeps the windows and the stove of the workshop in repair, the estate its roof.\n"
)


def contracts() -> dict[str, str]:
    return {f"{name}.md": CONTRACT.format(name, 90 + 7 * n) for n, name in enumerate(PARTIES)}


def by_new_template(text: str) -> str:
    """Return the contract with its headings as plain paragraphs."""
    return re.sub(r"(?m)^#+ (.*)$", r"\1", text)


def headings(story: Story) -> list[int]:
    """Return the number of headings above each chunk that readers find."""
    rows = indexed(story.folder / "vouch.yaml", "chunks", "heading_path")
    return [len(row["heading_path"]) for row in rows]


def failed_check(story: Story, check_id: CheckId) -> Check:
    return next(check for check in story.newest.failed_checks if check.id is check_id)


def test_the_contracts_are_named_and_nothing_of_them_is_published_until_they_are_repaired(
    story: Story,
):
    story.write(contracts())
    assert story.ingest().code == 0
    before = headings(story)
    story.write({name: by_new_template(text) for name, text in contracts().items()})
    story.commands.clear()

    assert story.ingest().code != 0
    assert story.newest.status is Status.REJECTED
    assert headings(story) == before
    check = failed_check(story, CheckId.DRIFT_WITHOUT_HEADING)
    assert check.severity is Severity.REJECT
    assert check.message.startswith("chunks without a heading in source docs: 0.0% → 100.0%")
    assert check.concerned == len(PARTIES)
    assert [example.uri for example in check.examples] == ["Abbot.md", "Barlow.md", "Carver.md"]
    assert "chunks without a heading, before: 0 of" in check.examples[0].message
    explained = story.run("vouch explain").output
    assert "Abbot.md" in explained
    listed = story.run(f"vouch explain --check {check.reference} --all").output
    assert all(f"{name}.md" in listed for name in PARTIES)

    story.write(contracts())
    assert story.ingest().code == 0
    assert story.newest.status in (Status.UNCHANGED, Status.PUBLISHED)
    assert headings(story) == before
    assert len(story.commands) == 4


def test_a_few_contracts_are_published_with_a_warning_that_names_them(story: Story):
    story.write(contracts())
    assert story.ingest().code == 0
    few = list(contracts().items())[4:12]
    story.write({name: by_new_template(text) for name, text in few})
    story.commands.clear()

    assert story.ingest().code == 0
    check = failed_check(story, CheckId.DRIFT_WITHOUT_HEADING)
    assert check.severity is Severity.WARN
    assert check.concerned == len(few)
    assert [example.uri for example in check.examples] == [name for name, _ in few[:3]]
    assert 0 in headings(story)
    listed = story.run(f"vouch explain --check {check.reference} --all").output
    assert [name for name, _ in few if name in listed] == [name for name, _ in few]

    story.write(dict(few))
    assert story.ingest().code == 0
    assert failed(story.newest)["drift_without_heading"] is Severity.WARN
    assert 0 not in headings(story)
    assert len(story.commands) == 3
