"""`vouch doctor` and `vouch maintain`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.commands.options import Wait
from vouch.console import Output
from vouch.flow_console import flow_console, load_flow, print_result
from vouch.schemas.errors import IndexError_


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option(help="Mend what can be mended from what is stored.")
    ] = False,
) -> None:
    """Prove that tables, documents, sources and staged files agree. Exit code 5 where something is wrong."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.doctor import diagnose

    output: Output = context.obj
    found = diagnose(read_settings(output.config))
    before = found.findings
    if repair and before:
        with flow_console(output):
            found = load_flow("repair")(config=str(output.config))
    if not output.result(
        {
            "found": before,
            "left": found.findings,
            "waiting": found.waiting,
            "unnamed": found.unnamed,
        }
    ):
        rows = [(one.check, one.count, str(one.repair), "; ".join(one.examples)) for one in before]
        output.table(
            f"{len(rows)} checks do not hold",
            ("check that does not hold", "times", "repair", "first"),
            rows,
        )
        if found.at_work:
            output.say(
                f"At work now: {', '.join(found.at_work)}; what it has staged was not looked at"
            )
        if found.waiting:
            told = ", ".join(f"{count:,} {action}" for action, count in found.waiting.items())
            output.say(f"Waiting for the next run (`vouch plan`): {told}")
        if found.unnamed:
            told = ", ".join(f"{count:,} of {source}" for source, count in found.unnamed.items())
            output.say(
                f"[yellow]Of sources that the settings do not name:[/] {escape(told)}; `vouch ingest` removes them"
            )
        if repair and before:
            output.say(
                f"[green]{len(before) - len(found.findings)} mended[/], {len(found.findings)} left"
            )
        if not before:
            output.say("[green]Sound[/]: every check holds")
    if found.findings:
        told = "; ".join(f"{one.check} ({one.count:,}): {one.repair}" for one in found.findings)
        advice = "" if repair else "; `vouch doctor --repair` mends what can be mended"
        raise IndexError_(f"the index is not sound: {told}{advice}")


def maintain(context: typer.Context, wait: Wait = 0.0) -> None:
    """Keep search quick: put files together, bring search indexes up to date, choose the vectors' by what it finds."""
    output: Output = context.obj
    with flow_console(output):
        record = load_flow("maintain")(config=str(output.config), wait_s=wait)
    print_result(output, record)
