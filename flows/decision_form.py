"""The form of Prefect's pages in which a person decides on a rejected run."""

from collections.abc import Iterator
from datetime import date

from prefect.input import RunInput
from pydantic import Field

from vouch.flows.artifacts import code_span, escaped
from vouch.reports.explanation import Explained, explain
from vouch.reports.formatting import plain
from vouch.schemas.errors import SettingsError
from vouch.schemas.runs.record import RunRecord


class DecisionForm(RunInput):
    """What a person fills in. The server refuses what does not fit, and the form stays open.

    The decision is a switch, because a list in these forms does not open where it is clicked.
    """

    publish: bool = Field(
        default=False,
        title="Publish it",
        description="On: readers see exactly what was audited. Off: it stays rejected",
    )
    name: str = Field(title="Your name", pattern=r"\S", description="Kept in the run's record")
    why: str = Field(
        title="Why", pattern=r"\S", description="For whoever reads it later; kept in the record"
    )
    until: str = Field(
        default="",
        title="Until",
        pattern=r"^(\d{4}-\d\d-\d\d)?$",
        description=(
            "The last day on which later runs may fail the same checks, with a warning, such as "
            "2026-12-31; empty: only this run is published"
        ),
    )

    @property
    def last_day(self) -> date | None:
        """Return `until` as a date. Raises `SettingsError` for a day that does not exist."""
        try:
            return date.fromisoformat(self.until) if self.until else None
        except ValueError as error:
            raise SettingsError(f"there is no day {self.until}") from error


def form_for(record: RunRecord, link: str | None, problem: str = "") -> type[DecisionForm]:
    """Return the form for a rejected run; `link` leads to its report.

    `problem` is what was wrong with what was filled in before.
    """
    return DecisionForm.with_initial_data(description="\n".join(_lines(record, link, problem)))


def _lines(record: RunRecord, link: str | None, problem: str) -> Iterator[str]:
    if problem:
        yield from (f"**Not done: {escaped(problem)}**", "")
    # The page of a phone shows little of a long text: first what must be seen.
    yield from (f"### Publish run `{record.run_id}` although it was rejected?", "")
    until = f" until {record.waits_until:%Y-%m-%d %H:%M} UTC" if record.waits_until else ""
    report = f"[Its report]({link}). " if link else ""
    yield f"{report}Readers see what they saw before; undecided{until}, it stays so."
    yield ""
    for part in explain(record):
        if part.blocks:
            yield from _check(part)
    yield from ("", f"All of it: {code_span(f'vouch explain {record.run_id}')}")


def _check(part: Explained) -> Iterator[str]:
    """Yield a check with what it means, and the documents or queries behind it."""
    yield f"- **{escaped(part.check.name)}**: {escaped(part.finding)}"
    if part.meaning:
        yield f"  {escaped(part.meaning)}"
    for example in part.examples:
        yield f"  - {code_span(' '.join(plain(example.uri).split()))}: {escaped(example.message)}"
    if part.more:
        yield f"  - and {part.more:,} more: {code_span(part.list_command)}"
