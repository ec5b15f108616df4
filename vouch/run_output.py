"""Prints the result of a run, as text or as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from vouch.console import Output

if TYPE_CHECKING:
    from vouch.schemas.runs.cost import Spending
    from vouch.schemas.runs.record import LeftOutSummary, Maintenance, RunRecord

_COLOURS = {"published": "green", "unchanged": "green", "rejected": "red", "failed": "red"}


def print_result(output: Output, *records: "RunRecord") -> None:
    """Print one run, or several runs one after the other, as text or as JSON."""
    data: Sequence[RunRecord] | RunRecord = records[0] if len(records) == 1 else records
    if not output.print_json(data):
        for record in records:
            print_run(output, record)


def print_windows(output: Output, records: "Sequence[RunRecord]") -> None:
    """Print a line for each window of a backfill that had work."""
    output.print_table(
        "",
        ("window", "result", "documents", "chunks", "tokens", "cost", "seconds", "run"),
        (
            (
                record.window or "",
                record.verdict.decision.replace("_", " ") if record.verdict else record.status,
                record.accounting.published,
                record.accounting.chunks_published,
                record.tokens_embedded,
                record.spending.shown_amount,
                round(record.seconds or 0.0, 1),
                record.run_id,
            )
            for record in records
        ),
    )
    output.print_line(
        f"{len(records):,} windows had work; of the others the index has everything. `vouch show "
        "RUN` shows a run"
    )


def print_run(output: Output, record: "RunRecord") -> None:
    """Print a run as text: status, sums, times, checks that failed, rejects, report."""
    colour = _COLOURS.get(record.status, "yellow")
    decision = f", {record.verdict.decision.replace('_', ' ')}" if record.verdict else ""
    duration = f", {record.seconds:.1f} s" if record.seconds is not None else ""
    output.print_line(f"[bold {colour}]{record.status}{decision}[/]  run {record.run_id}{duration}")
    if record.window:
        output.print_line(f"scope:     {escape(record.window)}")
    if record.kind != "shadow" and (record.stages or record.accounting.listed):
        _print_sums(output, record)
    if record.maintenance:
        _print_maintenance(output, record.maintenance)
    if record.retrieval:
        for side in ("published", "candidate"):
            means = ", ".join(
                f"{change.metric} {getattr(change, side):.3f}"
                for change in record.retrieval.changes
            )
            output.print_line(f"{side + ':':10} {means}")
    _print_shadows(output, record)
    _print_problems(output, record)
    if record.report:
        output.print_line(f"report:    {escape(short_path(record.report))}")


def _print_shadows(output: Output, record: "RunRecord") -> None:
    from vouch.reports.formatting import plain
    from vouch.reports.shadow_section import sentence

    for shadow in record.shadows:
        words = sentence(shadow) or shadow.problem
        output.print_line(f"shadow:    {shadow.name}. {escape(plain(words))}")


def _print_sums(output: Output, record: "RunRecord") -> None:
    sums = record.accounting
    missing = f" + {sums.missing:,} missing" if sums.missing else ""
    renamed = f", {sums.renamed:,} renamed" if sums.renamed else ""
    output.print_line(
        f"documents: {sums.listed:,} listed{missing} + {sums.attached:,} attached = "
        f"{sums.published:,} published + {sums.unchanged:,} unchanged + "
        f"{sums.filtered:,} filtered + {sums.quarantined:,} quarantined; "
        f"{sums.removed:,} removed{renamed}"
    )
    output.print_line(
        f"chunks:    {sums.chunks_produced:,} produced = {sums.chunks_published:,} published + "
        f"{sums.chunks_quarantined:,} quarantined; {sums.vectors_computed:,} vectors computed, "
        f"{sums.vectors_reused:,} reused"
    )
    if record.tokens_embedded:
        output.print_line(f"embedded:  {_spending(record.spending, record.tokens_embedded)}")
        if words := record.spending.requests.in_words:
            planned = ""
            if record.tokens_planned is not None:
                planned = f"; planned: {record.tokens_planned:,} tokens"
            output.print_line(f"service:   {words}{planned}")
    if record.left_out.left_out:
        output.print_line(f"left out:  {escape(left_out_line(record.left_out))}")
    if record.stages:
        times = ", ".join(f"{cost.stage} {cost.seconds:.1f} s" for cost in record.stages)
        output.print_line(f"time:      {times}")
    if record.shards_resumed:
        output.print_line(
            f"shards:    {record.shards_resumed:,} of {record.shards:,} reused from an earlier run"
        )


def _spending(spending: "Spending", tokens: int) -> str:
    """Return what was embedded and what it cost, by source where there are several."""
    from vouch.schemas.runs.cost import money

    sources = spending.by_source()
    parts = "; ".join(
        f"{escape(part.name)} {part.tokens:,} {money(part.amount, spending.currency)}".rstrip()
        for part in sources
    )
    cost = f", {spending.shown_amount}" if spending.amount is not None else ""
    return f"{tokens:,} tokens{cost}" + (f" ({parts})" if len(sources) > 1 else "")


def left_out_line(left_out: "LeftOutSummary") -> str:
    """Return what is not searched, by kind, on one line."""
    kinds = ", ".join(
        f"{group.kind.replace('_', ' ')} {group.characters:,}" for group in left_out.groups
    )
    mostly = left_out.mostly_left_out
    losing = f"; more than half of {mostly:,} of {left_out.documents:,} documents" if mostly else ""
    return (
        f"{left_out.left_out:,} of {left_out.read:,} characters read ({left_out.share:.1%}): "
        f"{kinds}{losing}"
    )


def _print_maintenance(output: Output, maintenance: "Maintenance") -> None:
    for name, figures in (("before:", maintenance.before), ("after:", maintenance.after)):
        output.print_line(
            f"{name:10} {figures.vectors}; recall {figures.recall:.3f}, "
            f"{figures.search_ms:.1f} ms a search, 95% within {figures.p95_ms:.1f} ms; "
            f"{figures.unindexed:,} rows not indexed, {figures.fragments:,} fragments, "
            f"{figures.bytes / 1e6:,.0f} MB"
        )
    for attempt in maintenance.tried:
        output.print_line(f"tried:     {escape(attempt)}")


def _print_problems(output: Output, record: "RunRecord") -> None:
    from vouch.reports.explanation import explain
    from vouch.reports.summary import agreements

    for line in agreements(record):
        output.print_line(f"[yellow]agreed[/]: {escape(line)}")
    explained = explain(record)
    for part in explained:
        colour = "red" if part.blocks else "yellow"
        name, finding = escape(part.check.name), escape(part.finding)
        output.print_line(f"[{colour}]{part.check.severity}[/]: {name}: {finding}")
    if explained:
        output.print_line(f"why, and what to do: vouch explain {record.run_id}")
    for source in record.sources:
        if source.in_doubt:
            problems = "; ".join(source.problems) or "it ended early"
            output.print_line(
                f"[yellow]incomplete listing[/] of source {escape(source.name)}, so that none of "
                f"its documents is removed: {escape(problems)}"
            )
    if record.error:
        output.print_line(f"[red]error[/]: {escape(record.error)}")
    rejects = [
        (group.stage, group.reason, group.count, group.examples[0].uri) for group in record.rejects
    ]
    output.print_table("Quarantined in this run", ("stage", "reason", "count", "first"), rejects)


def short_path(path: str) -> str:
    """Return a path relative to the current folder if it is below it, and unchanged if not."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
