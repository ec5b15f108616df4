"""`vouch quarantine list` and `vouch quarantine show`."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from vouch.commands.common import open_tables
from vouch.console import Output
from vouch.schemas.errors import NotFound

app = typer.Typer(
    name="quarantine",
    help="Show rejected documents and chunks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    context: typer.Context,
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only this stage.")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, help="The most rows to list.")] = 50,
) -> None:
    """List the rejects in quarantine."""
    output: Output = context.obj
    rejects = [
        row
        for row in _read_quarantine(output)
        if reason in (None, row["reason"]) and stage in (None, row["stage"])
    ]
    if output.print_json(rejects[:limit]):
        return
    rows = [
        (
            row["quarantine_id"][:12],
            row["stage"],
            row["reason"],
            row["uri"],
            row["message"],
            row["attempts"],
            _next_try(row),
        )
        for row in rejects[:limit]
    ]
    columns = ("id", "stage", "reason", "uri", "message", "tries", "next try")
    output.print_table(f"{len(rejects):,} in quarantine", columns, rows)
    if not rejects:
        output.print_line("Nothing in quarantine matches.")
    if len(rejects) > limit:
        output.print_line(f"… and {len(rejects) - limit:,} more (-n)")


@app.command()
def show(
    context: typer.Context,
    identity: Annotated[
        str,
        typer.Argument(
            metavar="ID_OR_URI", help="The id of a reject, a prefix of it, or a document's uri."
        ),
    ],
) -> None:
    """Show all columns of a reject."""
    output: Output = context.obj
    rejects = [
        row
        for row in _read_quarantine(output)
        if row["uri"] == identity or row["quarantine_id"].startswith(identity)
    ]
    if not rejects:
        raise NotFound(
            f"nothing in quarantine has the id or uri {identity!r}; `vouch quarantine list` lists "
            "what is there"
        )
    if output.print_json(rejects):
        return
    for row in rejects:
        for name, value in row.items():
            if value is not None:
                output.print_line(f"[dim]{name:>22}[/]  {escape(str(value))}")
        output.print_line()


def _next_try(row: dict[str, Any]) -> str:
    if row["parked"]:
        return "parked"
    return f"{row['next_retry_at']:%m-%d %H:%M}" if row["next_retry_at"] else "on change"


def _read_quarantine(output: Output) -> list[dict[str, Any]]:
    from vouch.index.store.tables import dicts

    rows = dicts(open_tables(output).quarantine, "true")
    # An index of a version until 0.8.0 has no column of parts.
    return sorted(
        rows,
        key=lambda row: (row["reason"], row["uri"], row["char_start"] or 0, row.get("part") or ""),
    )
