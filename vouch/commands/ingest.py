"""`vouch plan` and `vouch ingest`."""

import os
from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output

_SHOWN = 20


def plan(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Show unchanged documents too, and no limit.")] = False,
) -> None:
    """Say for each document what a run would do and why, and what it would cost. Changes nothing."""
    from flows.plan import Action
    from flows.preview import preview
    from flows.settings_file import read_settings

    output: Output = context.obj
    seen = preview(read_settings(output.config))
    estimate = seen.estimate
    documents = [
        {"action": str(one.action), "source": one.item.source, "uri": one.item.uri, "why": one.why}
        for one in seen.plan.documents
    ]
    problems = [problem for listing in seen.listings for problem in listing.problems]
    if output.result({"counts": seen.plan.counts, "estimate": estimate, "incomplete": problems, "documents": documents}):
        return
    rows = [row for row in documents if everything or row["action"] != Action.UNCHANGED]
    shown = rows if everything else rows[:_SHOWN]
    output.table("Plan", ("action", "source", "document", "why"), [tuple(row.values()) for row in shown])
    if len(rows) > len(shown):
        output.say(f"… and {len(rows) - len(shown):,} more (--all)")
    output.say("\n" + ", ".join(f"{count:,} {action}" for action, count in seen.plan.counts.items()))
    output.say(f"About {estimate.chunks:,} chunks, {estimate.tokens:,} tokens, {estimate.minutes:.1f} minutes.")
    for problem in problems:
        output.say(f"[yellow]Incomplete listing, so nothing is removed:[/] {escape(problem)}")


def ingest(
    context: typer.Context,
    allow_mass_delete: Annotated[bool, typer.Option(help="Remove documents even beyond index.max_delete_share.")] = False,
) -> None:
    """Bring the index up to date with its sources: check, publish, report."""
    from flows.settings_file import read_settings

    output: Output = context.obj
    read_settings(output.config)  # before Prefect is loaded: what is wrong there is told at once
    # The terminal shows bars and a summary; Prefect's own log goes to its server all the same.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    from flows.ingest import ingest as flow
    from vouch.bars import bars
    from vouch.commands.runs import print_run

    with bars(output):
        record = flow(config=str(output.config), allow_mass_delete=allow_mass_delete)
    if not output.result(record):
        print_run(output, record)
