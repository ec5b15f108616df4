"""`vouch runs`, `vouch show` and `vouch report`."""

import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.run_output import print_run, short_path

if TYPE_CHECKING:
    from vouch.index.store.tables import Tables
    from vouch.schemas.run import RunRecord

RunArgument = Annotated[
    str, typer.Argument(help="A run's id, or a beginning of it; the newest by default.")
]


def runs(
    context: typer.Context, limit: Annotated[int, typer.Option("-n", help="How many.")] = 20
) -> None:
    """List the runs, newest first."""
    from vouch.index.store.run_log import list_runs

    output: Output = context.obj
    found = list_runs(_tables(output), limit)
    if output.result(found):
        return
    rows = [
        (
            record.run_id,
            record.kind,
            _status(record),
            record.accounting.published,
            record.accounting.quarantined,
            record.accounting.chunks_published,
            f"{record.seconds:.0f} s" if record.seconds is not None else "",
        )
        for record in found
    ]
    output.table("Runs", ("run", "kind", "status", "docs", "rejects", "chunks", "time"), rows)


def _status(record: "RunRecord") -> str:
    warned = record.verdict is not None and record.verdict.decision == "accept_with_warnings"
    return (
        f"{record.status}, {'holds' if record.hold else 'warned'}"
        if warned or record.hold
        else str(record.status)
    )


def show(context: typer.Context, run: RunArgument = "latest") -> None:
    """Show a run: verdict, accounting, times, rejects."""
    from vouch.index.store.run_log import read_run

    output: Output = context.obj
    record = read_run(_tables(output), run)
    if not output.result(record):
        print_run(output, record)


def report(
    context: typer.Context,
    run: RunArgument = "latest",
    other: Annotated[
        str | None, typer.Argument(help="A second run: the two are held against each other.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0.01, help="All runs of the last days, instead of one run.")
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write an HTML report from the records of runs, and say where it is: of one run, of two, or of the last days."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.report_builder import (
        comparison_report,
        period_report,
        run_report,
    )

    output: Output = context.obj
    file = read_settings(output.config)
    path = (
        period_report(file, days)
        if days
        else comparison_report(file, run, other)
        if other
        else run_report(file, run)
    )
    if not output.result({"report": path}):
        output.say(f"Report: {escape(short_path(str(path)))}")
    if browser:
        webbrowser.open(path.resolve().as_uri())


def _tables(output: Output) -> "Tables":
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings

    return Tables.open(read_settings(output.config).index_folder)
