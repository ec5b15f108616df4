"""`vouch runs`, `vouch show` and `vouch report`."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.console import Output

if TYPE_CHECKING:
    from vouch.index.store.tables import Tables
    from vouch.schemas.run import Maintenance, RunRecord

_COLOURS = {"published": "green", "unchanged": "green", "rejected": "red", "failed": "red"}
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
        output.say(f"Report: {escape(_short(str(path)))}")
    if browser:
        webbrowser.open(path.resolve().as_uri())


def print_run(output: Output, record: "RunRecord") -> None:
    """A run for a person."""
    colour = _COLOURS.get(record.status, "yellow")
    decision = f", {record.verdict.decision.replace('_', ' ')}" if record.verdict else ""
    took = f", {record.seconds:.1f} s" if record.seconds is not None else ""
    output.say(f"[bold {colour}]{record.status}{decision}[/]  run {record.run_id}{took}")
    if record.window:
        output.say(f"about:     {escape(record.window)}")
    if record.stages or record.accounting.listed:
        _print_sums(output, record)
    if record.maintenance:
        _print_maintenance(output, record.maintenance)
    if record.retrieval:
        changes = record.retrieval.changes
        for side in ("published", "candidate"):
            output.say(
                f"{side + ':':10} "
                + ", ".join(f"{one.metric} {getattr(one, side):.3f}" for one in changes)
            )
    _print_trouble(output, record)
    if record.report:
        output.say(f"report:    {escape(_short(record.report))}")


def _print_sums(output: Output, record: "RunRecord") -> None:
    sums = record.accounting
    missing = f" + {sums.missing:,} missing" if sums.missing else ""
    renamed = f", {sums.renamed:,} renamed" if sums.renamed else ""
    output.say(
        f"documents: {sums.listed:,} listed{missing} + {sums.attached:,} attached = {sums.published:,} published + "
        f"{sums.unchanged:,} unchanged + {sums.filtered:,} filtered + {sums.quarantined:,} quarantined; "
        f"{sums.removed:,} removed{renamed}"
    )
    output.say(
        f"chunks:    {sums.chunks_produced:,} produced = {sums.chunks_published:,} published + {sums.chunks_quarantined:,} "
        f"quarantined; {sums.vectors_computed:,} vectors computed, {sums.vectors_reused:,} reused"
    )
    if record.stages:
        output.say(
            "time:      "
            + ", ".join(f"{cost.stage} {cost.seconds:.1f} s" for cost in record.stages)
        )
    if record.shards_resumed:
        output.say(
            f"shards:    {record.shards_resumed:,} of {record.shards:,} taken up from a run before"
        )


def _print_maintenance(output: Output, told: "Maintenance") -> None:
    for name, side in (("before:", told.before), ("after:", told.after)):
        size = f"{side.fragments:,} fragments, {side.bytes / 1e6:,.0f} MB"
        output.say(
            f"{name:10} {side.vectors}; recall {side.recall:.3f}, {side.search_ms:.1f} ms a search, 95% within "
            f"{side.p95_ms:.1f} ms; {side.unindexed:,} rows not indexed, {size}"
        )
    for tried in told.tried:
        output.say(f"tried:     {escape(tried)}")


def _print_trouble(output: Output, record: "RunRecord") -> None:
    for check in record.failed_checks:
        output.say(f"[yellow]{check.severity}[/]: {escape(check.name)}: {escape(check.message)}")
    if record.error:
        output.say(f"[red]error[/]: {escape(record.error)}")
    if record.rejects:
        rows = [
            (group.stage, group.reason, group.count, group.examples[0].uri)
            for group in record.rejects
        ]
        output.table("Quarantined in this run", ("stage", "reason", "count", "first"), rows)


def _short(path: str) -> str:
    """Below the current folder where it lies there: shorter to read, and to click."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path


def _tables(output: Output) -> "Tables":
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings

    return Tables.open(read_settings(output.config).index_folder)
