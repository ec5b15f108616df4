"""`vouch explain`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.commands.common import open_tables
from vouch.completion import failed_checks, run_ids
from vouch.console import Output
from vouch.schemas.errors import SettingsError

if TYPE_CHECKING:
    from vouch.index.store.tables import Tables
    from vouch.reports.explanation import Explained
    from vouch.schemas.runs.record import Example, RunRecord

_RECENT = 200  # runs among which the newest one with a problem is looked for


def explain(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(
            autocompletion=run_ids,
            help="A run's id, or a unique prefix of it; by default the newest run that was "
            "rejected, warned or failed.",
        ),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            autocompletion=failed_checks,
            help="Only this check, as `vouch explain` names it: ID:SUBJECT@SCOPE.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="List every document or query behind the check.")
    ] = False,
) -> None:
    """Explain why a run was rejected, warned or failed.

    For each check, those that reject first: what it means, what is behind it, the lines of
    vouch.yaml that would allow it, and the command by which a person agrees to it.
    """
    from vouch.index.store.run_log import read_run
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.concerned import documents_of_check, failed_check
    from vouch.reports.explanation import explain as explain_run
    from vouch.reports.explanation import explain_check

    output: Output = context.obj
    if every and check is None:
        raise SettingsError("--all lists the documents of one check: name it by --check")
    tables = open_tables(output)
    record = _newest_problem(tables) if run is None else read_run(tables, run)
    if check is not None and every:
        file = read_settings(output.config)
        _print_all(output, documents_of_check(file, record.run_id, check))
        return
    if check is None:
        explained = explain_run(record)
    else:
        explained = (explain_check(failed_check(record, check), record),)
    if not output.print_json(_plain(record, explained)):
        _print(output, record, explained)


def _newest_problem(tables: "Tables") -> "RunRecord":
    """Return the newest run that was rejected, warned or failed, else the newest run."""
    from vouch.index.store.run_log import list_runs, read_run

    problems = (
        record
        for record in list_runs(tables, _RECENT)
        if record.status.is_bad or record.failed_checks
    )
    return next(problems, None) or read_run(tables, "latest")


def _plain(record: "RunRecord", explained: "Sequence[Explained]") -> dict[str, object]:
    """Return the explanation as JSON has it."""
    from vouch.reports.summary import advice, agreements, sentence

    checks = [
        {
            "reference": part.check.reference,
            "name": part.check.name,
            "blocks": part.blocks,
            "finding": part.finding,
            "meaning": part.meaning,
            "concerned": part.check.concerned,
            "examples": part.examples,
            "list_command": part.list_command,
            "settings": part.yaml,
            "instead": part.instead,
            "approve_command": part.approve_command,
        }
        for part in explained
    ]
    return {
        "run_id": record.run_id,
        "status": record.status,
        "summary": sentence(record),
        "agreements": agreements(record),
        "checks": checks,
        "next": [{"why": reason, "command": command} for reason, command in advice(record)],
    }


def _print(output: Output, record: "RunRecord", explained: "Sequence[Explained]") -> None:
    from vouch.reports.explanation import explain_failure
    from vouch.reports.summary import advice, agreements, headline, sentence, tone
    from vouch.schemas.runs.record import Status

    colour = {"good": "green", "bad": "red"}.get(tone(record), "yellow")
    started = f"{record.kind}, {record.started_at:%d %B %Y, %H:%M} UTC"
    output.print_line(
        f"[bold {colour}]{escape(headline(record))}[/]  run {record.run_id} ({started})"
    )
    if not explained and record.status is not Status.FAILED:
        output.print_line("No check failed. " + escape(sentence(record)))
        return
    output.print_line(escape(sentence(record)))
    for line in agreements(record):
        output.print_line(escape(line))
    if record.status is Status.FAILED:
        output.print_line(escape(explain_failure(record).meaning))
    blocked = any(part.blocks for part in explained)
    for part in explained:
        output.print_line()
        # Whoever reads why a run was rejected decides on that first.
        _print_check(output, part, in_full=part.blocks or not blocked)
    if blocked and not all(part.blocks for part in explained):
        output.print_line(
            f"\nMore on a warning:  vouch explain {record.run_id} --check CHECK  (CHECK is what "
            "follows its name)"
        )
    output.print_line("\n[bold]What next[/]")
    for reason, command in advice(record):
        if not command.startswith("vouch explain"):
            output.print_line(f"  {escape(reason)}:  {escape(command)}")


def _print_check(output: Output, part: "Explained", in_full: bool) -> None:
    mark = "[bold red]✗ rejects[/]" if part.blocks else "[bold yellow]! warns[/]"
    output.print_line(
        f"{mark}  [bold]{escape(part.check.name)}[/]  [dim]{escape(part.check.reference)}[/]"
    )
    for line in (part.finding, part.meaning):
        if line:
            output.print_line(f"  {escape(line)}")
    if not in_full:
        return
    if part.examples:
        output.print_line("  Behind it:")
        for example in part.examples:
            output.print_line(f"    {_line(example)}")
        if part.more:
            output.print_line(f"    and {part.more:,} more:  {escape(part.list_command)}")
    if part.yaml:
        output.print_line("  To allow it, in vouch.yaml:")
        for line in part.yaml.splitlines():
            output.print_line(f"    {escape(line)}")
    elif part.instead:
        output.print_line(f"  {escape(part.instead)}")
    if part.approve_command:
        output.print_line(
            f"  To let it warn until a date, with your name:  {escape(part.approve_command)}"
        )


def _line(example: "Example") -> str:
    from vouch.reports.formatting import plain

    return f"{escape(plain(example.uri))}  [dim]{escape(plain(example.message))}[/]"


def _print_all(output: Output, examples: "Sequence[Example]") -> None:
    if output.print_json(examples):
        return
    for example in examples:
        output.print_line(_line(example))
    output.print_line(f"{len(examples):,} in all")
