"""The form of Prefect's pages in which a person decides on a rejected run."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from prefect.input import RunInput
from pydantic import Field

from vouch.flows.artifacts import code_span, escaped
from vouch.reports.explanation import Explained, explain
from vouch.schemas.runs.record import RunRecord


class Choice(StrEnum):
    """What a person may decide."""

    PUBLISH = "publish"
    KEEP = "keep rejected"


class DecisionForm(RunInput):
    """What a person fills in. The server refuses what does not fit, and the form stays open."""

    decision: Choice = Field(
        title="Decision",
        description="publish: readers see exactly the candidate that was audited",
    )
    name: str = Field(title="Your name", pattern=r"\S", description="Kept in the run's record")
    why: str = Field(
        title="Why", pattern=r"\S", description="For whoever reads it later; kept in the record"
    )
    until: date | None = Field(
        default=None,
        title="Until",
        description=(
            "The last day on which later runs may fail the same checks, with a warning; empty: "
            "only this run is published"
        ),
    )


def form_for(record: RunRecord, link: str | None, problem: str = "") -> type[DecisionForm]:
    """Return the form for a rejected run; `link` leads to its report.

    `problem` is what was wrong with what was filled in before.
    """
    return DecisionForm.with_initial_data(description="\n".join(_lines(record, link, problem)))


def _lines(record: RunRecord, link: str | None, problem: str) -> Iterator[str]:
    if problem:
        yield from (f"**Not done: {escaped(problem)}**", "")
    yield from (f"## Publish run `{record.run_id}` although it was rejected?", "")
    blocking = [part for part in explain(record) if part.blocks]
    for part in blocking:
        yield from _check(part)
    until = f" until {record.waits_until:%Y-%m-%d %H:%M} UTC" if record.waits_until else ""
    yield from (
        "",
        f"Readers see what they saw before. Undecided{until}, it stays rejected.",
        "",
        (f"[Its report]({link}), or " if link else "")
        + code_span(f"vouch explain {record.run_id}"),
    )


def _check(part: Explained) -> Iterator[str]:
    """Yield a check with what it means, and the documents or queries behind it."""
    yield f"- **{escaped(part.check.name)}**: {escaped(part.finding)}"
    if part.meaning:
        yield f"  {escaped(part.meaning)}"
    for example in part.examples:
        yield f"  - {code_span(escaped(example.uri))}: {escaped(example.message)}"
    if part.more:
        yield f"  - and {part.more:,} more: {code_span(part.list_command)}"
