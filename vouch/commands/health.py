"""`vouch doctor` and `vouch maintain`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.commands.common import Runner, Wait
from vouch.console import Output
from vouch.index.lineage.checks import HealthCheck
from vouch.run_console import start_run
from vouch.run_output import print_result
from vouch.schemas.errors import IndexError_

if TYPE_CHECKING:
    from vouch.pipeline.operations.doctor import Diagnosis


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option(help="Repair what can be repaired from stored data and from sources.")
    ] = False,
    runner: Runner = None,
) -> None:
    """Verify that tables, documents and staged files agree.

    The exit code is 5 if a check fails and is not repaired.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.doctor import diagnose

    output: Output = context.obj
    file = read_settings(output.config)
    before = after = diagnose(file)
    if repair and before.findings:
        after = start_run(output, "repair", runner)
    if not output.print_json(
        {
            "found": before.findings,
            "left": after.findings,
            "repaired": after.repaired,
            "waiting": after.waiting,
            "unnamed": after.unnamed,
        }
    ):
        _print_diagnosis(output, before, after)
        if repair and before.findings:
            for action in after.repaired:
                output.print_line(f"repaired: {escape(action)}")
            repaired = len(before.findings) - len(after.findings)
            output.print_line(f"[green]{repaired} repaired[/], {len(after.findings)} left")
    if after.findings:
        problems = "; ".join(
            f"{finding.check} ({finding.count:,}): {finding.repair}" for finding in after.findings
        )
        advice = "" if repair else "; `vouch doctor --repair` repairs what can be repaired"
        raise IndexError_(f"the index is not sound: {problems}{advice}")


def _print_diagnosis(output: Output, before: "Diagnosis", after: "Diagnosis") -> None:
    rows = [
        (finding.check, finding.count, str(finding.repair), "; ".join(finding.examples))
        for finding in before.findings
    ]
    columns = ("failed check", "cases", "repair", "examples")
    output.print_table(f"Failed checks: {len(rows)}", columns, rows)
    for finding in before.findings:
        if finding.id is HealthCheck.FILES_INTACT:
            for example in finding.examples:
                output.print_line(f"[red]damaged:[/] {escape(example)}")
    if after.in_progress:
        output.print_line(
            f"Runs in progress: {', '.join(after.in_progress)}; their staged files were not checked"
        )
    if after.waiting:
        output.print_line(
            f"Waiting for the next run (`vouch plan`): {_counts(after.waiting, '{} {}')}"
        )
    if after.unnamed:
        output.print_line(
            "[yellow]From sources that the settings do not name:[/] "
            f"{escape(_counts(after.unnamed, '{} of {}'))}; `vouch ingest` removes them"
        )
    if not before.findings:
        output.print_line("[green]Sound[/]: every check passes")


def _counts(counts: Mapping[str, int], template: str) -> str:
    return ", ".join(template.format(f"{count:,}", name) for name, count in counts.items())


def maintain(context: typer.Context, wait: Wait = 0.0, runner: Runner = None) -> None:
    """Keep search fast.

    Compacts files, updates the search indexes, and chooses the kind of vector index by its
    measured recall. What readers see does not change.
    """
    output: Output = context.obj
    record = start_run(output, "maintain", runner, wait_s=wait)
    print_result(output, record)
