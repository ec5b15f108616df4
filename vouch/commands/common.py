"""What several commands share: options, and access to the index's tables."""

import math
from typing import TYPE_CHECKING, Annotated

import typer

from vouch.completion import source_names
from vouch.console import Output
from vouch.run_console import RunnerName

if TYPE_CHECKING:
    from vouch.index.store.tables import Tables

MaxDocuments = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Refuse to start if the run would read more documents; replaces run.max_documents.",
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        min=0, help="Refuse to start if the run would embed more tokens; replaces run.max_tokens."
    ),
]


Device = Annotated[
    str | None,
    typer.Option(help="Where the model runs, as cpu or cuda:1; replaces embedding.device."),
]


def number(value: float | None) -> float | None:
    """Return a value that is a number: `nan` lies within no range, and typer lets it through."""
    if value is not None and math.isnan(value):
        raise typer.BadParameter("nan is not a number")
    return value


MAX_DAYS = 36_500
Wait = Annotated[
    float,
    typer.Option(
        min=0, callback=number, help="Seconds to wait for another run of the same kind to end."
    ),
]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source", autocompletion=source_names, help="Only this source; can be repeated."
    ),
]
PathPattern = Annotated[
    str | None,
    typer.Option("--path", help="Only paths that match this pattern, written as in .gitignore."),
]
Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason", help="Only documents in quarantine for this reason code; can be repeated."
    ),
]
Runner = Annotated[
    RunnerName | None,
    typer.Option(
        help="Run with Prefect or in this process; by default with Prefect if a server is "
        "configured."
    ),
]


def open_tables(output: Output) -> "Tables":
    """Open the tables of the index that the settings name. Raises `IndexError_` without one."""
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings

    return Tables.open(read_settings(output.config).index_location)
