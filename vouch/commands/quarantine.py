"""`vouch quarantine list` and `vouch quarantine show`."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.schemas.errors import NotFound

app = typer.Typer(
    name="quarantine",
    help="What was rejected, and why.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    context: typer.Context,
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only this stage.")] = None,
    limit: Annotated[int, typer.Option("-n", help="How many.")] = 50,
) -> None:
    """List what is in quarantine."""
    output: Output = context.obj
    wanted = {name: value for name, value in (("reason", reason), ("stage", stage)) if value}
    rows = [
        row for row in _rows(output) if all(row[name] == value for name, value in wanted.items())
    ]
    if output.result(rows[:limit]):
        return
    names = ("stage", "reason", "uri", "message", "attempts")
    shown = [
        (row["quarantine_id"][:12], *(row[name] for name in names), _next_try(row))
        for row in rows[:limit]
    ]
    output.table(f"{len(rows):,} in quarantine", ("id", *names[:-1], "tries", "next try"), shown)
    if len(rows) > limit:
        output.say(f"… and {len(rows) - limit:,} more (-n)")


@app.command()
def show(
    context: typer.Context,
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID_OR_URI", help="A row's id or a beginning of it, or a document's uri."
        ),
    ],
) -> None:
    """Show all that is known of a reject."""
    output: Output = context.obj
    rows = [
        row
        for row in _rows(output)
        if row["uri"] == wanted or row["quarantine_id"].startswith(wanted)
    ]
    if not rows:
        raise NotFound(
            f"nothing in quarantine is called {wanted!r}; `vouch quarantine list` shows what is"
        )
    if output.result(rows):
        return
    for row in rows:
        for name, value in row.items():
            if value is not None:
                output.say(f"[dim]{name:>22}[/]  {escape(str(value))}")
        output.say()


def _next_try(row: dict[str, Any]) -> str:
    if row["parked"]:
        return "parked"
    return f"{row['next_retry_at']:%m-%d %H:%M}" if row["next_retry_at"] else "on change"


def _rows(output: Output) -> list[dict[str, Any]]:
    from vouch.index.store.tables import Tables, dicts
    from vouch.pipeline.context.settings_loader import read_settings

    found = dicts(Tables.open(read_settings(output.config).index_folder).quarantine, "true")
    return sorted(found, key=lambda row: (row["reason"], row["uri"], row["char_start"] or 0))
