"""Search loses answers for weeks, a few in every run, and no run loses more than is tolerated."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

from tests.pipeline.steps import configure, failed
from tests.stories.conftest import Story
from vouch.schemas.runs.record import Decision, Severity, Status

TOPICS = (
    "harbour", "kitchen", "orchard", "library", "workshop", "garden", "stable", "bakery", "cellar",
    "chapel", "market", "mill", "office", "quarry", "school", "theatre", "tower", "warehouse",
    "vineyard", "forge", "dairy", "archive", "laundry", "gallery", "museum", "barracks", "bridge",
    "canal", "castle", "cinema", "clinic", "college", "court", "depot", "factory", "farm", "ferry",
    "granary", "hangar", "hostel",
)  # fmt: skip
HOURS = "The {0} opens at {1} minutes past eight, and the {0} closes when it gets dark."
DOCUMENT = "# The {0}\n\n{hours}\n\n## Rules\n\nWhoever visits the {0} writes a name in the book.\n"
FINANCE = TOPICS[:20]


def document(topic: str, *, lost: bool = False) -> dict[str, str]:
    """A document with the hours of a place; `lost` is the one in which somebody reworded them."""
    hours = HOURS.format(topic, TOPICS.index(topic) + 1)
    if lost:
        hours = "For hours of opening, ask at the desk of the town hall."
    return {f"{topic}.md": DOCUMENT.format(topic, hours=hours)}


def golden() -> str:
    return "".join(
        json.dumps(
            {
                "id": topic,
                "query": f"When does the {topic} open?",
                "source": "docs",
                "uri": f"{topic}.md",
                "answer": HOURS.format(topic, TOPICS.index(topic) + 1),
                "tags": ["finance" if topic in FINANCE else "visits"],
            }
        )
        + "\n"
        for topic in TOPICS
    )


def test_the_trend_names_the_queries_and_ends_when_they_are_repaired(
    story: Story, tiny_model, pass_time: Callable[[timedelta], None]
):
    # 40 queries: one of them is 2.5 %, so this team tolerates 3 % in a single run.
    gates = {"retrieval": {"golden": "golden.jsonl", "tolerance": 0.03, "mode": "text"}}
    configure(story.folder, tiny_model, **gates)
    (story.folder / "golden.jsonl").write_text(golden())
    for topic in TOPICS:
        story.write(document(topic))
    assert story.ingest().code == 0

    # In each of three weeks somebody rewords one document. No run exceeds its tolerance.
    reworded = ("mill", "bakery", "harbour")
    for week, topic in enumerate(reworded, 1):
        pass_time(timedelta(days=7 * week))
        story.write(document(topic, lost=True))
        assert story.ingest().code == 0
        assert story.newest.status is Status.PUBLISHED
        assert "golden_queries" not in str(failed(story.newest))
        trends = {name for name in failed(story.newest) if name.startswith("golden_trend")}
        assert trends == (
            {"golden_trend:overall", "golden_trend:tag:finance"} if week == 3 else set()
        )
    record = story.newest
    assert record.verdict is not None
    assert record.verdict.decision is Decision.WARN
    assert failed(record)["golden_trend:overall"] is Severity.WARN
    (check,) = (each for each in record.failed_checks if each.subject == "tag:finance")
    assert re.fullmatch(
        r"recall@5 of tag finance fell from 1\.000 to 0\.850 since \d+ \w{3} \(3 runs\); no single "
        r"run lost more than 0\.050",
        check.message,
    )
    assert {example.uri for example in check.examples} == set(reworded)

    # The person: what is it, and which queries are it?
    story.commands.clear()
    explained = story.run("vouch explain")
    assert "recall@5 of tag finance fell" in explained.output
    listed = story.run(f"vouch explain {record.run_id} --check {check.reference} --all")
    assert all(topic in listed.output for topic in reworded)
    lost = story.run("vouch --json golden list --tag finance --lost")
    documents = [entry["documents"] for entry in json.loads(lost.output)]
    assert documents == [["harbour.md"], ["bakery.md"], ["mill.md"]]

    # Repaired, the warning ends.
    for topic in reworded:
        story.write(document(topic))
    pass_time(timedelta(days=22))
    assert story.ingest().code == 0
    assert not [name for name in failed(story.newest) if name.startswith("golden_trend")]
    assert len(story.commands) == 4
