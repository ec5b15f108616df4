"""Prints the result of a run for a person, or as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from vouch.console import Output

if TYPE_CHECKING:
    from vouch.schemas.run import Maintenance, RunRecord

_COLOURS = {"published": "green", "unchanged": "green", "rejected": "red", "failed": "red"}


def print_result(output: Output, *records: "RunRecord") -> None:
    """Print one run, or several one after the other."""
    data: Sequence[RunRecord] | RunRecord = records[0] if len(records) == 1 else records
    if not output.result(data):
        for record in records:
            print_run(output, record)


def print_run(output: Output, record: "RunRecord") -> None:
    """Print a run for a person."""
    colour = _COLOURS.get(record.status, "yellow")
    decision = f", {record.verdict.decision.replace('_', ' ')}" if record.verdict else ""
    took = f", {record.seconds:.1f} s" if record.seconds is not None else ""
    output.say(f"[bold {colour}]{record.status}{decision}[/]  run {record.run_id}{took}")
    if record.window:
        output.say(f"scope:     {escape(record.window)}")
    if record.stages or record.accounting.listed:
        _print_sums(output, record)
    if record.maintenance:
        _print_maintenance(output, record.maintenance)
    if record.retrieval:
        changes = record.retrieval.changes
        for side in ("published", "candidate"):
            output.say(
                f"{side + ':':10} "
                + ", ".join(f"{change.metric} {getattr(change, side):.3f}" for change in changes)
            )
    _print_trouble(output, record)
    if record.report:
        output.say(f"report:    {escape(short_path(record.report))}")


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
            f"shards:    {record.shards_resumed:,} of {record.shards:,} reused from an earlier run"
        )


def _print_maintenance(output: Output, maintenance: "Maintenance") -> None:
    for name, side in (("before:", maintenance.before), ("after:", maintenance.after)):
        size = f"{side.fragments:,} fragments, {side.bytes / 1e6:,.0f} MB"
        output.say(
            f"{name:10} {side.vectors}; recall {side.recall:.3f}, {side.search_ms:.1f} ms a search, 95% within "
            f"{side.p95_ms:.1f} ms; {side.unindexed:,} rows not indexed, {size}"
        )
    for attempt in maintenance.tried:
        output.say(f"tried:     {escape(attempt)}")


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


def short_path(path: str) -> str:
    """Return the path below the current folder where it is there: shorter to read, and to click."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
