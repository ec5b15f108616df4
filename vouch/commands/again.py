"""`vouch backfill`, `vouch replay` and `vouch reindex`: process documents again."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from vouch.commands.options import (
    MaxDocuments,
    MaxTokens,
    PathPattern,
    Reasons,
    Runner,
    Sources,
    Wait,
)
from vouch.console import Output
from vouch.run_console import start_run
from vouch.run_output import print_result
from vouch.schemas.choices import Redo, TimeBasis, WindowLength


def backfill(
    context: typer.Context,
    since: Annotated[datetime | None, typer.Option(help="Documents from this time on.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Documents before this time.")] = None,
    every: Annotated[
        WindowLength | None, typer.Option(help="One run for each such window between the two.")
    ] = None,
    by: Annotated[
        TimeBasis,
        typer.Option(help="Which time: when a document was modified, or the date in its path."),
    ] = TimeBasis.MODIFIED,
    source: Sources = None,
    path: PathPattern = None,
    reason: Reasons = None,
    reprocess: Annotated[
        Redo | None, typer.Option(help="Do this stage and those after it again, changed or not.")
    ] = None,
    max_documents: MaxDocuments = None,
    max_tokens: MaxTokens = None,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Ingest windows of time, or a part of the corpus again, beside the schedule. Removes nothing."""
    output: Output = context.obj
    records = start_run(
        output,
        "backfill",
        runner,
        since=since,
        until=until,
        every=every,
        by=by,
        sources=source,
        path=path,
        reasons=reason,
        reprocess=reprocess,
        max_documents=max_documents,
        max_tokens=max_tokens,
        wait_s=wait,
    )
    print_result(output, *records)


def replay(
    context: typer.Context,
    source: Sources = None,
    path: PathPattern = None,
    reason: Reasons = None,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Try just the documents in quarantine again, parked ones too."""
    output: Output = context.obj
    record = start_run(
        output,
        "replay",
        runner,
        sources=source,
        path=path,
        reasons=reason,
        wait_s=wait,
    )
    print_result(output, record)


def reindex(
    context: typer.Context,
    switch: Annotated[
        bool, typer.Option(help="Publish it; otherwise it is built beside what is published.")
    ] = False,
    golden: Annotated[
        Path | None,
        typer.Option(help="Golden queries to compare both on.", exists=True, dir_okay=False),
    ] = None,
    again: Annotated[
        Redo | None, typer.Option(help="Chunk or embed again, changed or not.")
    ] = None,
    source: Sources = None,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Chunk and embed the stored texts again: no file is read, nothing is parsed."""
    output: Output = context.obj
    record = start_run(
        output,
        "reindex",
        runner,
        sources=source,
        golden=str(golden) if golden else None,
        switch=switch,
        again=again,
        wait_s=wait,
    )
    print_result(output, record)
    if record.status == "staged":
        output.say(
            "Nothing that readers see has changed. [bold]vouch reindex --switch[/] publishes it, in one step."
        )
