"""Options that several commands have."""

from typing import Annotated

import typer

from vouch.run_console import RunnerName

MaxDocuments = Annotated[
    int | None,
    typer.Option(help="Stop before the run starts if it would read more; else run.max_documents."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(help="Stop before anything is spent if it would embed more; else run.max_tokens."),
]
Wait = Annotated[float, typer.Option(help="Seconds to wait for another run of this kind to end.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be given again.")
]
PathPattern = Annotated[
    str | None, typer.Option("--path", help="Only paths that match this pattern, as in .gitignore.")
]
Reasons = Annotated[
    list[str] | None, typer.Option("--reason", help="Only documents in quarantine for this reason.")
]
Runner = Annotated[
    RunnerName | None,
    typer.Option(
        help="Run with Prefect or in this process; by default with Prefect where a server is "
        "configured."
    ),
]
