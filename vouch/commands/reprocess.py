"""`vouch backfill`, `vouch replay` and `vouch reindex`: process documents again."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from vouch.commands.common import (
    Device,
    MaxDocuments,
    MaxTokens,
    PathPattern,
    Reasons,
    Runner,
    Sources,
    Wait,
)
from vouch.completion import shadow_names
from vouch.console import Output
from vouch.run_console import start_run
from vouch.run_output import print_result, print_windows
from vouch.schemas.settings.choices import Redo, TimeBasis, WindowLength


def backfill(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option(help="Only documents from this time or later.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Only documents from before this time.")
    ] = None,
    every: Annotated[
        WindowLength | None,
        typer.Option(help="Cut the time between --since and --until into windows, a run for each."),
    ] = None,
    by: Annotated[
        TimeBasis,
        typer.Option(help="The time of a document: when it was modified, or the date in its path."),
    ] = TimeBasis.MODIFIED,
    source: Sources = None,
    path: PathPattern = None,
    reason: Reasons = None,
    reprocess: Annotated[
        Redo | None,
        typer.Option(help="Repeat this stage and the later ones for unchanged documents too."),
    ] = None,
    max_documents: MaxDocuments = None,
    max_tokens: MaxTokens = None,
    device: Device = None,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Begin again; without it, a backfill that was stopped continues where it was.",
        ),
    ] = False,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Ingest a part of the corpus: a time range, paths, or a source.

    It can run beside the scheduled runs, which go first between two windows, and never removes a
    document. The limits are those of all windows together.
    """
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
        device=device,
        wait_s=wait,
        restart=restart,
    )
    if every is None:
        print_result(output, *records)
    elif not output.print_json(records):
        print_windows(output, records)


def replay(
    context: typer.Context,
    source: Sources = None,
    path: PathPattern = None,
    reason: Reasons = None,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Process the documents in quarantine again.

    This includes parked documents, whose automatic retries are used up.
    """
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
        bool,
        typer.Option(help="Publish the new index; without it, the new index is only staged."),
    ] = False,
    golden: Annotated[
        Path | None,
        typer.Option(
            help="A file of golden queries that compare the new index with the published one.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    again: Annotated[
        Redo | None,
        typer.Option(help="Repeat this stage (chunk or embed) for unchanged documents too."),
    ] = None,
    source: Sources = None,
    shadow: Annotated[
        str | None,
        typer.Option(
            autocompletion=shadow_names,
            help="Make the shadow of this name in vouch.yaml, or bring it up to date, instead.",
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="With --shadow: show what it takes, and change nothing."),
    ] = False,
    device: Device = None,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Chunk and embed the stored texts again.

    No file is read and nothing is parsed.
    """
    output: Output = context.obj
    if plan and not shadow:
        raise typer.BadParameter("--plan needs --shadow; `vouch plan` is for ingest")
    if shadow and _print_needs(output, shadow, is_plan=plan):
        return
    record = start_run(
        output,
        "reindex",
        runner,
        sources=source,
        golden=str(golden) if golden else None,
        switch=switch,
        again=again,
        wait_s=wait,
        shadow=shadow,
        device=device,
    )
    print_result(output, record)
    if record.status == "staged":
        output.print_line(
            "The new index is staged and the published one is unchanged. "
            "[bold]vouch reindex --switch[/] publishes it in one step."
        )


def _print_needs(output: Output, shadow: str, *, is_plan: bool) -> bool:
    """Print what a shadow takes, before it begins; return whether that is all."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.shadows.update import preview

    if output.as_json and not is_plan:
        return False
    needs = preview(read_settings(output.config), shadow)
    if not (is_plan and output.print_json(needs)):
        output.print_line(f"Shadow {escape(shadow)}: {escape(str(needs))}.")
    return is_plan
