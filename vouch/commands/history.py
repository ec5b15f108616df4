"""`vouch diff`, `vouch rollback`, `vouch release` and `vouch undelete`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.commands.common import MAX_DAYS, number
from vouch.completion import run_ids
from vouch.console import Output
from vouch.run_output import print_result

_MAX_ROWS = 30


def diff(
    context: typer.Context,
    before: Annotated[
        str | None,
        typer.Argument(
            autocompletion=run_ids, help="A run; by default the last but one whose state is kept."
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Argument(
            autocompletion=run_ids, help="A run; by default the last whose state is kept."
        ),
    ] = None,
) -> None:
    """Show what differs between the states that two runs published."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import compare_runs

    output: Output = context.obj
    difference = compare_runs(read_settings(output.config), before, after)
    if output.print_json(difference):
        return
    output.print_line(f"[bold]{difference.before}[/] → [bold]{difference.after}[/]")
    rows = [
        (document.change, document.source, document.uri, document.why)
        for document in difference.documents
    ]
    output.print_table(
        f"Documents that differ: {len(rows):,}",
        ("change", "source", "document", "why"),
        rows[:_MAX_ROWS],
    )
    if len(rows) > _MAX_ROWS:
        output.print_line(f"… and {len(rows) - _MAX_ROWS:,} more (--json)")
    output.print_line(
        f"chunks: {difference.chunks_added:,} added, {difference.chunks_removed:,} removed, "
        f"{difference.chunks_kept:,} kept"
    )


def rollback(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            autocompletion=run_ids,
            help="The run whose state to restore: its id, or a unique prefix of it.",
        ),
    ],
    hold: Annotated[
        bool, typer.Option(help="Keep later runs from publishing until `vouch release`.")
    ] = True,
) -> None:
    """Restore the state that a run published, in one step.

    No run publishes again until `vouch release`, unless --no-hold is given.
    """
    from vouch.index.search.published_model import model_problem
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import rollback as restore_state

    output: Output = context.obj
    file = read_settings(output.config)
    record = restore_state(file, run, hold=hold)
    print_result(output, record)
    if problem := model_problem(file.index_location):
        output.print_line(f"[yellow]The model of that state is not there:[/] {escape(problem)}")
    if hold:
        output.print_line(
            "No run publishes until [bold]vouch release[/]; otherwise the next one would bring "
            "back the state that was just replaced."
        )


def release(context: typer.Context) -> None:
    """Let runs publish again after a rollback."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import release as release_index

    output: Output = context.obj
    record = release_index(read_settings(output.config))
    if not output.print_json(record):
        output.print_line(
            f"Released: {record.run_id} no longer blocks publishing; the next run publishes."
        )


def undelete(
    context: typer.Context,
    uri: Annotated[str, typer.Argument(help="The document's uri, as `vouch diff` shows it.")],
    days: Annotated[
        float,
        typer.Option(
            min=0.01,
            max=MAX_DAYS,
            callback=number,
            help="Days to keep it while its source does not list it.",
        ),
    ] = 7.0,
) -> None:
    """Restore a removed document from the newest state that has it.

    Nothing is read, parsed or embedded.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.rollback import undelete as restore_document

    output: Output = context.obj
    record = restore_document(read_settings(output.config), uri, days)
    print_result(output, record)
    output.print_line(
        f"{escape(uri)} can be found again for {days:g} days, or permanently once its source "
        "lists it."
    )
