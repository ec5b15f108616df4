"""`vouch runs`, `vouch show` and `vouch report`."""

import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.commands.common import MAX_DAYS, number, open_tables
from vouch.completion import run_ids
from vouch.console import Output
from vouch.run_output import print_run, short_path
from vouch.schemas.errors import SettingsError

if TYPE_CHECKING:
    from vouch.schemas.runs.record import RunRecord

_NEWEST = "latest"
RunArgument = Annotated[
    str,
    typer.Argument(
        autocompletion=run_ids,
        help="A run's id, or a unique prefix of it; by default the newest run.",
    ),
]


def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option("-n", min=1, help="The most runs to list.")] = 20,
) -> None:
    """List the runs, newest first."""
    from vouch.index.store.run_log import list_runs

    output: Output = context.obj
    records = list_runs(open_tables(output), limit)
    if output.print_json(records):
        return
    rows = [
        (
            record.run_id,
            record.kind,
            _status(record),
            record.accounting.published,
            record.accounting.quarantined,
            record.accounting.chunks_published,
            record.tokens_embedded,
            record.spending.shown_amount,
            f"{record.seconds:.0f} s" if record.seconds is not None else "",
        )
        for record in records
    ]
    columns = ("run", "kind", "status", "docs", "rejects", "chunks", "tokens", "cost", "time")
    output.print_table("Runs", columns, rows)


def _status(record: "RunRecord") -> str:
    if record.hold:
        return f"{record.status}, holds"
    if record.verdict is not None and record.verdict.decision == "accept_with_warnings":
        return f"{record.status}, warned"
    return str(record.status)


def show(context: typer.Context, run: RunArgument = _NEWEST) -> None:
    """Show a run: verdict, counts, times, rejects."""
    from vouch.index.store.run_log import read_run

    output: Output = context.obj
    record = read_run(open_tables(output), run)
    if not output.print_json(record):
        print_run(output, record)


def report(
    context: typer.Context,
    run: RunArgument = _NEWEST,
    second_run: Annotated[
        str | None, typer.Argument(autocompletion=run_ids, help="A second run, to compare the two.")
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=MAX_DAYS,
            callback=number,
            help="Report on all runs of the last days instead of one run.",
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write an HTML report, and print its path or URL.

    It is made from the records of runs: of one run, of two runs to compare, or of the last days.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.report_builder import (
        comparison_report,
        period_report,
        run_report,
    )

    output: Output = context.obj
    if days and (second_run or run != _NEWEST):
        raise SettingsError(
            "--days is a report on all runs of that time: leave out the run, or leave out --days"
        )
    file = read_settings(output.config)
    if days:
        written = period_report(file, days)
    elif second_run:
        written = comparison_report(file, run, second_run)
    else:
        written = run_report(file, run)
    if not output.print_json({"report": written.url}):
        output.print_line(f"Report: {escape(short_path(written.url))}")
    if browser:
        webbrowser.open(written.signed_link())
