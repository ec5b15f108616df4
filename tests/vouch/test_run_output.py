"""What the terminal says of a run, beyond its sums."""

import io
from datetime import UTC, datetime

import pytest

from vouch.console import Output, SafeConsole
from vouch.run_output import print_run
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.cost import NO_SOURCE, Requests, Spending
from vouch.schemas.runs.record import (
    Accounting,
    Check,
    Decision,
    LeftOutGroup,
    LeftOutSummary,
    Outcome,
    RunRecord,
    Severity,
    SourceSummary,
    Status,
    Verdict,
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"complete": True}, None),
        ({"complete": False, "since": "5"}, None),
        ({"complete": False, "problems": ("a/b could not be listed: denied",)}, "a/b could not"),
        ({"complete": False}, "it ended early"),
    ],
)
def test_an_incomplete_listing_is_printed_with_what_it_means(changes: dict, message: str | None):
    console = SafeConsole(file=io.StringIO(), width=200)
    source = SourceSummary(name="docs", path="documents", listed=2, filtered=0, **changes)
    started = datetime(2026, 11, 29, tzinfo=UTC)
    record = RunRecord(
        run_id="r",
        status=Status.PUBLISHED,
        started_at=started,
        settings_sha256="",
        code_version="",
        sources=(source,),
    )
    print_run(Output(console=console), record)
    printed = console.file.getvalue()
    assert ("incomplete listing of source docs" in printed) is (message is not None)
    assert message is None or message in printed


def test_what_is_left_out_of_the_search_is_one_line():
    console = SafeConsole(file=io.StringIO(), width=200)
    groups = (
        LeftOutGroup(kind="page_number", pieces=9, characters=9, documents=1),
        LeftOutGroup(kind="\x1b[31m", pieces=1, characters=1, documents=1),
    )
    record = RunRecord(
        run_id="r",
        status=Status.PUBLISHED,
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        accounting=Accounting(listed=4),
        left_out=LeftOutSummary(
            documents=4, read=1_000, left_out=10, groups=groups, mostly_left_out=2
        ),
    )
    print_run(Output(console=console), record)
    (line,) = (line for line in console.file.getvalue().split("\n") if "left out" in line)
    assert line == (
        "left out:  10 of 1,000 characters read (1.0%): page number 9, ⟨U+001B⟩[31m 1; more than "
        "half of 2 of 4 documents"
    )


def test_what_rejects_is_printed_before_what_warns_with_the_command_that_explains_it():
    console = SafeConsole(file=io.StringIO(), width=200)
    warns = Check(
        id=CheckId.DRIFT_CHUNKS,
        name="drift: chunks",
        scope="drift",
        owner="drift",
        severity=Severity.WARN,
        outcome=Outcome.FAILED,
        figure=0.96,
        threshold=0.3,
        message="150 → 294",
    )
    rejects = warns.model_copy(update={"name": "drift: sources", "severity": Severity.REJECT})
    record = RunRecord(
        run_id="r",
        status=Status.REJECTED,
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        verdict=Verdict(decision=Decision.REJECT, checks=(warns, rejects)),
    )
    print_run(Output(console=console), record)
    assert console.file.getvalue().splitlines()[-3:] == [
        "reject: drift: sources: 150 → 294; distance 0.96, where 0.3 rejects",
        "warn: drift: chunks: 150 → 294; distance 0.96, where 0.3 warns",
        "why, and what to do: vouch explain r",
    ]


@pytest.mark.parametrize(("planned", "ending"), [(1200, "; planned: 1,200 tokens"), (None, "")])
def test_what_a_service_was_asked_is_one_line(planned: int | None, ending: str):
    """A run that fails has no plan in its record."""
    console = SafeConsole(file=io.StringIO(), width=200)
    started = datetime(2026, 11, 29, tzinfo=UTC)
    requests = Requests(sent=1004, repeated=3, answered=1001, refused=2)
    spending = Spending.of({(started.date(), NO_SOURCE): 7}, None, "", requests)
    record = RunRecord(
        run_id="r",
        started_at=started,
        settings_sha256="",
        code_version="",
        accounting=Accounting(listed=1),
        spending=spending,
        tokens_embedded=7,
        tokens_planned=planned,
    )
    print_run(Output(console=console), record)
    (line,) = [each for each in console.file.getvalue().splitlines() if "service:" in each]
    assert line == (
        "service:   1,004 requests, 3 repeated, 2 refused without cost, 1 without an answer, "
        f"counted as estimated{ending}"
    )
