"""A release is below the score that is required: a product manager agrees to it until a date."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.pipeline.steps import configure, failed, indexed
from tests.stories.conftest import Story
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Decision, Severity, Status

TOPICS = ("moon", "tea", "harbour", "violin", "bread", "winter", "glass", "horse")
REQUIRED = 0.9


def document(topic: str) -> str:
    return f"# The {topic}\n\nThis page tells what everybody should know of the {topic} today.\n"


def golden(topic: str) -> dict[str, str]:
    answer = f"This page tells what everybody should know of the {topic} today."
    return {
        "id": topic, "query": f"the {topic}", "source": "docs", "uri": f"{topic}.md",
        "answer": answer,
    }  # fmt: skip


def required(story: Story, model: Path) -> None:
    """Require a score that the release has not yet."""
    retrieval = {"golden": "golden.jsonl", "require": {"overall": REQUIRED}}
    configure(story.folder, model, retrieval=retrieval)


def test_it_is_published_by_name_until_the_date_and_rejected_again_after(
    story: Story, tiny_model: Path, pass_time: Callable[[timedelta], None]
):
    (story.folder / "golden.jsonl").write_text(
        "".join(json.dumps(golden(topic)) + "\n" for topic in TOPICS)
    )
    required(story, tiny_model)
    # Two of eight answers are not written yet: 0.75 of the questions are answered.
    story.write({f"{topic}.md": document(topic) for topic in TOPICS[:6]})

    # 1. The release is rejected.
    assert story.ingest().code == 10
    record = story.newest
    blocking = {name for name, severity in failed(record).items() if severity is Severity.REJECT}
    assert blocking == {"golden_minimum:overall"}

    # 2. Why, and the command that agrees to this check until a date.
    explained = story.run("vouch explain").output
    (check,) = (each for each in record.failed_checks if each.id is CheckId.GOLDEN_MINIMUM)
    assert f"vouch approve --check {check.reference} --until DATE" in explained

    # 3. Agreed: this release is published, and later ones may miss the score for a week.
    until = datetime.now(UTC).date() + timedelta(days=7)
    agreed = story.run(
        f"vouch approve {record.run_id} --check {check.reference} --until {until} "
        '--why "the last two pages come next week" --who "Grace (product)"'
    )
    assert agreed.code == 0, agreed.errors
    assert "Grace (product) agreed until" in agreed.output
    assert len(indexed(story.folder / "vouch.yaml", "documents", "uri")) == 6
    assert len(story.commands) == 3  # ingest, explain, approve

    # The next runs warn, with the name and the date.
    story.write({"moon.md": document("moon") + "\nIt shines by night.\n"})
    assert story.ingest().code == 0
    record = story.newest
    assert record.verdict is not None
    assert (record.status, record.verdict.decision) == (Status.PUBLISHED, Decision.WARN)
    ((agreed_check, approval),) = record.agreed_checks
    assert (agreed_check.id, approval.who) == (CheckId.GOLDEN_MINIMUM, "Grace (product)")
    assert "agreed until" in agreed_check.message
    assert "Grace (product)" in story.run("vouch approvals").output

    # After the date it rejects again, by itself.
    pass_time(timedelta(days=9))
    story.write({"tea.md": document("tea") + "\nIt is drunk hot.\n"})
    assert story.ingest().code == 10
    assert failed(story.newest)["golden_minimum:overall"] is Severity.REJECT

    # The pages are written: nobody has to agree to anything.
    story.write({f"{topic}.md": document(topic) for topic in TOPICS})
    assert story.ingest().code == 0
    assert "golden_minimum:overall" not in failed(story.newest)
