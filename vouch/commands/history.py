"""`vouch rollback`, `vouch release`, `vouch diff` and `vouch undelete`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.run_output import print_result

_SHOWN = 30


def rollback(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(help="The run whose state is to come back: its id, or a beginning of it."),
    ],
    hold: Annotated[
        bool, typer.Option(help="Keep later runs from publishing until `vouch release`.")
    ] = True,
) -> None:
    """Bring readers back to the state that a run published, in one step. Later runs wait for `vouch release`."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import rollback as go_back

    output: Output = context.obj
    record = go_back(read_settings(output.config), run, hold=hold)
    print_result(output, record)
    if hold:
        output.say(
            "Nothing is published from now on until [bold]vouch release[/], so that it does not come back by itself."
        )


def release(context: typer.Context) -> None:
    """Let runs publish again after a rollback."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import release as let_go

    output: Output = context.obj
    record = let_go(read_settings(output.config))
    if not output.result(record):
        output.say(f"Released: {record.run_id} holds the index no more; the next run publishes.")


def diff(
    context: typer.Context,
    before: Annotated[
        str | None, typer.Argument(help="A run; by default the last but one that is kept.")
    ] = None,
    after: Annotated[str | None, typer.Argument(help="A run; by default the last.")] = None,
) -> None:
    """Say what differs between the states that two runs published."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import compare_runs

    output: Output = context.obj
    found = compare_runs(read_settings(output.config), before, after)
    if output.result(found):
        return
    output.say(f"[bold]{found.before}[/] → [bold]{found.after}[/]")
    rows = [(one.change, one.source, one.uri, one.why) for one in found.documents]
    output.table(
        f"{len(rows):,} documents differ", ("what", "source", "document", "why"), rows[:_SHOWN]
    )
    if len(rows) > _SHOWN:
        output.say(f"… and {len(rows) - _SHOWN:,} more (--json)")
    output.say(
        f"chunks: {found.chunks_added:,} added, {found.chunks_removed:,} removed, {found.chunks_kept:,} kept"
    )


def undelete(
    context: typer.Context,
    uri: Annotated[str, typer.Argument(help="The document's uri, as `vouch diff` shows it.")],
    days: Annotated[
        float,
        typer.Option(min=0.01, help="How long it is kept though its source does not list it."),
    ] = 7.0,
) -> None:
    """Bring back a document that is gone, as the last state had it; nothing is read or embedded."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import undelete as bring_back

    output: Output = context.obj
    record = bring_back(read_settings(output.config), uri, days)
    print_result(output, record)
    output.say(
        f"{escape(uri)} is searched again, for {days:g} days, or for good once its source lists it."
    )
