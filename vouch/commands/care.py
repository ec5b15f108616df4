"""`vouch doctor` and `vouch maintain`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.commands.options import Runner, Wait
from vouch.console import Output
from vouch.run_console import start_run
from vouch.run_output import print_result
from vouch.schemas.errors import IndexError_


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option(help="Repair what can be repaired from what is stored.")
    ] = False,
    runner: Runner = None,
) -> None:
    """Prove that tables, documents, sources and staged files agree. Exit code 5 where something is wrong."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.doctor import diagnose

    output: Output = context.obj
    found = diagnose(read_settings(output.config))
    before = found.findings
    if repair and before:
        found = start_run(output, "repair", runner)
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
        if found.in_progress:
            output.say(
                f"In progress: {', '.join(found.in_progress)}; what it has staged was not examined"
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
                f"[green]{len(before) - len(found.findings)} repaired[/], {len(found.findings)} left"
            )
        if not before:
            output.say("[green]Sound[/]: every check holds")
    if found.findings:
        told = "; ".join(f"{one.check} ({one.count:,}): {one.repair}" for one in found.findings)
        advice = "" if repair else "; `vouch doctor --repair` repairs what can be repaired"
        raise IndexError_(f"the index is not sound: {told}{advice}")


def maintain(context: typer.Context, wait: Wait = 0.0, runner: Runner = None) -> None:
    """Keep search quick: put files together, bring search indexes up to date, choose the vectors' by what it finds."""
    output: Output = context.obj
    record = start_run(output, "maintain", runner, wait_s=wait)
    print_result(output, record)
