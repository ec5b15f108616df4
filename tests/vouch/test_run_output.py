"""What the terminal says of a run, beyond its sums."""

import io
from datetime import UTC, datetime

import pytest

from vouch.console import Output, SafeConsole
from vouch.run_output import print_run
from vouch.schemas.run import RunRecord, SourceSummary, Status


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
