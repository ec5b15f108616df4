"""`vouch plan` and `vouch ingest`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.commands.common import Device, MaxDocuments, MaxTokens, Runner, Wait
from vouch.console import Output
from vouch.run_console import start_run
from vouch.run_output import print_result

if TYPE_CHECKING:
    from vouch.pipeline.planning.dry_run import DryRun

_MAX_ROWS = 20


def plan(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Show all documents, unchanged ones too.")
    ] = False,
    save: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Save the plan in a file or object, for `vouch ingest --plan`."
        ),
    ] = None,
) -> None:
    """Show what a run would do and what it would cost.

    For each document the plan has an action and a reason. The index is not changed.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.planning.dry_run import dry_run
    from vouch.pipeline.planning.plan import Action
    from vouch.pipeline.planning.saved_plan import SavedPlan

    output: Output = context.obj
    file = read_settings(output.config)
    preview = dry_run(file)
    estimate = preview.estimate
    if save:
        SavedPlan.of(preview.plan, file.sha256).write(file.location(save, Path.cwd()))
    documents = [
        {
            "action": str(planned.action),
            "source": planned.item.source,
            "uri": planned.item.uri,
            "why": planned.why,
        }
        for planned in (preview.plan if everything or output.as_json else preview.plan.decided)
    ]
    problems = [problem for listing in preview.listings for problem in listing.problems]
    if output.print_json(
        {
            "counts": preview.plan.counts,
            "estimate": estimate,
            "budget": [asdict(cap) | {"left": cap.left} for cap in preview.caps],
            "incomplete": problems,
            "model_changes": preview.model_changes,
            "profile_changes": preview.profile_changes,
            "conversion": preview.conversion,
            "documents": documents,
        }
    ):
        return
    rows = [
        tuple(document.values())
        for document in documents
        if everything or document["action"] != Action.UNCHANGED
    ]
    shown = rows if everything else rows[:_MAX_ROWS]
    output.print_table("Plan", ("action", "source", "document", "why"), shown)
    if len(rows) > len(shown):
        output.print_line(f"… and {len(rows) - len(shown):,} more (--all)")
    counts = ", ".join(f"{count:,} {action}" for action, count in preview.plan.counts.items())
    output.print_line(f"\n{counts}")
    cost = f", {estimate.shown_cost}" if estimate.cost is not None else ""
    output.print_line(
        f"About {estimate.chunks:,} chunks, {estimate.tokens:,} tokens{cost}, "
        f"{estimate.minutes:.1f} minutes; less where texts are in the index already."
    )
    if service := file.settings.embedding.service:
        output.print_line(f"The texts are sent to the embedding service at {escape(service.url)}.")
    if estimate.cost is not None:
        _print_costs(output, preview)
    if preview.model_changes:
        output.print_line(
            "[yellow]The model is not the one with which the index was made:[/] "
            f"{escape(preview.model_changes)}. Put it back, or let a person approve the next run "
            "(docs/runbook.md)."
        )
    if preview.profile_changes:
        changes = [f"{name} ({change})" for name, change in preview.profile_changes.items()]
        output.print_line(
            f"Retrieval profiles, published if golden queries agree: {escape(', '.join(changes))}."
        )
    if preview.conversion:
        output.print_line(f"[yellow]index.vectors:[/] {escape(preview.conversion)}.")
    for problem in problems:
        output.print_line(
            f"[yellow]Incomplete listing, so nothing of its source is removed:[/] {escape(problem)}"
        )


def _print_costs(output: Output, preview: "DryRun") -> None:
    """Print the estimated costs by source, and what the caps leave for them."""
    from vouch.schemas.runs.cost import money

    estimate = preview.estimate
    output.print_table(
        "Costs by source",
        ("source", "documents", "tokens", "cost"),
        (
            (part.source, part.documents, part.tokens, money(part.cost, estimate.currency))
            for part in estimate.sources
        ),
    )
    for cap in preview.caps:
        is_exceeded = estimate.cost is not None and estimate.cost > cap.left
        refused = f" [red]A run would be refused:[/] {cap.way_out}." if is_exceeded else ""
        output.print_line(f"{cap}.{refused}")


def ingest(
    context: typer.Context,
    allow_mass_delete: Annotated[
        bool, typer.Option(help="Remove documents even beyond index.max_delete_share.")
    ] = False,
    plan: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Do exactly what this saved plan contains; refused if it is stale.",
        ),
    ] = None,
    max_documents: MaxDocuments = None,
    max_tokens: MaxTokens = None,
    device: Device = None,
    wait: Wait = 0.0,
    runner: Runner = None,
) -> None:
    """Bring the index up to date with its sources.

    The run checks the new state, publishes it in one step if its verdict allows it, and writes a
    report.
    """
    output: Output = context.obj
    record = start_run(
        output,
        "ingest",
        runner,
        allow_mass_delete=allow_mass_delete,
        plan=plan,
        max_documents=max_documents,
        max_tokens=max_tokens,
        device=device,
        wait_s=wait,
    )
    print_result(output, record)
