"""`vouch shadows`, `vouch shadows remove` and `vouch switch`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.commands.common import Wait
from vouch.completion import shadow_names
from vouch.console import Output
from vouch.run_output import print_run

app = typer.Typer(
    name="shadows",
    help="List the generations beside the published one, or remove one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[
    str, typer.Argument(autocompletion=shadow_names, help="Its name in `shadows:` of vouch.yaml.")
]


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the shadows: how far behind each is, its size, its cost and its scores."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.shadows.listing import list_shadows
    from vouch.reports.formatting import byte_size

    output: Output = context.obj
    rows = list_shadows(read_settings(output.config))
    if output.print_json(rows):
        return
    output.print_table(
        "Shadows",
        ("shadow", "state", "model", "chunks", "disk", "spent", "score: published → shadow"),
        (
            (
                row.name,
                row.state if row.in_settings else f"{row.state}; not in vouch.yaml",
                row.model,
                row.chunks,
                byte_size(row.bytes),
                row.spending.shown_amount or f"{row.spending.tokens:,} tokens",
                ", ".join(
                    f"{score.metric} {score.published:.3f} → {score.candidate:.3f}"
                    for score in row.scores
                    if score.metric in ("MRR", row.scores[0].metric)
                ),
            )
            for row in rows
        ),
    )
    if not rows:
        output.print_line("There are no shadows; `shadows:` in vouch.yaml names them.")


@app.command()
def remove(context: typer.Context, name: Name, wait: Wait = 0.0) -> None:
    """Remove a shadow's data, and free the disk.

    The published index is not touched. While vouch.yaml names the shadow, `vouch reindex --shadow`
    makes it again.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.shadows.listing import remove_shadow
    from vouch.reports.formatting import byte_size

    output: Output = context.obj
    freed = remove_shadow(read_settings(output.config), name, wait)
    if not output.print_json({"shadow": name, "bytes": freed}):
        output.print_line(f"Removed shadow {escape(name)}: {byte_size(freed)} are free again.")


def switch(
    context: typer.Context,
    name: Name,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what it would do, and change nothing.")
    ] = False,
    keep_settings: Annotated[
        bool,
        typer.Option(
            "--keep-settings",
            help="Do not change vouch.yaml, but show the lines that have to be changed.",
        ),
    ] = False,
    wait: Wait = 0.0,
) -> None:
    """Publish a shadow in one step: its model and chunking become those of the index.

    vouch.yaml is changed accordingly. The state before becomes the shadow `previous`, which is kept
    up to date: `vouch switch previous` goes back.
    """
    from vouch.pipeline.local_runner import run_locally
    from vouch.pipeline.shadows.switch import plan_switch
    from vouch.pipeline.shadows.switch import switch as publish_shadow
    from vouch.progress_bars import progress_bars
    from vouch.reports.formatting import byte_size

    output: Output = context.obj
    todo = plan_switch(output.config, name)
    shown = {
        "shadow": name,
        "behind": todo.behind,
        "bytes": todo.needs.bytes,
        "free": todo.needs.free,
        "settings": todo.settings_change,
    }
    if plan:
        if output.print_json(shown):
            return
        output.print_line(
            f"{todo.needs.estimate.documents:,} documents are published with the vectors of shadow "
            f"{escape(name)}; {todo.behind:,} of them it lacks as they are now, and new texts of "
            f"these are embedded. Disk: about {byte_size(todo.needs.bytes)} while it works."
        )
        _print_change(output, todo.settings_change, "vouch.yaml will be changed:")
        return
    with progress_bars(output):
        record = publish_shadow(run_locally, todo, write_settings=not keep_settings, wait_s=wait)
    if output.print_json({**shown, "run": record}):
        return
    if record is not None:
        print_run(output, record)
    output.print_line(
        f"Shadow {escape(name)} is published. The state before is the shadow [bold]previous[/], "
        "which runs keep up to date: `vouch switch previous` goes back, `vouch shadows remove "
        "previous` and its lines in vouch.yaml end that."
    )
    if keep_settings:
        _print_change(
            output,
            todo.settings_change,
            "Until vouch.yaml says so too, runs with the old one are rejected:",
        )


def _print_change(output: Output, change: str, lead: str) -> None:
    if change:
        output.print_line(lead)
        output.print_line(escape(change.rstrip()))
