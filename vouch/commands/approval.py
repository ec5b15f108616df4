"""`vouch approve` and `vouch approvals`: a person agrees to what checks reject."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.commands.common import open_tables
from vouch.completion import failed_checks, run_ids
from vouch.console import Output
from vouch.run_output import print_result
from vouch.schemas.errors import SettingsError

if TYPE_CHECKING:
    from vouch.schemas.runs.approval import Approval

Who = Annotated[
    str | None,
    typer.Option(help="The name of who agrees; by default that of the user of this process."),
]


def approve(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(
            autocompletion=run_ids,
            help="A rejected run: its id, a unique prefix of it, or latest. Its candidate is "
            "published. Without a run nothing is.",
        ),
    ] = None,
    why: Annotated[str, typer.Option(help="The reason, for those who read it later.")] = "",
    who: Who = None,
    check: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=failed_checks,
            help="A check that may fail, as `vouch explain` names it: ID, ID:SUBJECT or "
            "ID:SUBJECT@SCOPE; can be repeated. By default all that rejected the run.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Later runs may fail the same checks, and only warn, until the end of this date "
            "(2026-12-24) or this time (2026-12-24T12:00), in UTC.",
        ),
    ] = None,
) -> None:
    """Agree to failed checks: publish what they rejected, or let them warn for a while.

    The candidate of a rejected run is published as it was audited, unless anybody has published
    since. The approval is a record in the run log, with your name.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.approval import approve as agree

    output: Output = context.obj
    file = read_settings(output.config)
    record = agree(file, run, why, who, check or (), _date(until) if until else None)
    if run is not None:
        print_result(output, record)
    elif output.print_json(record):
        return
    if (approval := record.approval) is None:
        return
    output.print_line(escape(approval.sentence))
    if approval.until is not None:
        output.print_line(
            f"Until then runs may fail: {escape(', '.join(approval.checks))}. "
            f"[bold]vouch approvals --end {approval.id}[/] ends it before."
        )


def approvals(
    context: typer.Context,
    end: Annotated[
        str | None,
        typer.Option(metavar="ID", help="End this approval: its id, or a unique prefix of it."),
    ] = None,
    why: Annotated[str, typer.Option(help="Why it ends.")] = "",
    who: Who = None,
) -> None:
    """List the approvals, active ones first, or end one before its date."""
    from vouch.index.store.publication_columns import now
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.approval_log import end_approval, list_approvals

    output: Output = context.obj
    if end is not None:
        record = end_approval(read_settings(output.config), end, why, who)
        if not output.print_json(record) and record.approval:
            output.print_line(f"Ended: approval {record.approval.ends}; its checks reject again.")
        return
    listed = list_approvals(open_tables(output), now())
    if output.print_json(listed):
        return
    rows = [
        (
            each.approval.id,
            f"{each.state} by {each.ended_by.who}" if each.ended_by else each.state,
            _until(each.approval),
            each.approval.who,
            ", ".join(each.approval.checks),
            each.approval.why,
        )
        for each in listed
    ]
    if not rows:
        output.print_line("Nobody has approved anything.")
    output.print_table("Approvals", ("id", "state", "until", "who", "checks", "why"), rows)


def _until(approval: "Approval") -> str:
    if approval.until is None:
        return f"run {approval.run_id}"
    return f"{approval.until:%Y-%m-%d %H:%M}"


def _date(text: str) -> date:
    """Return the date or the time. Raises `SettingsError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"--until {text!r} is no date; write one as 2026-12-24, or a time as 2026-12-24T12:00"
        ) from error
