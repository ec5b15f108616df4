"""Options that several commands have."""

from typing import Annotated

import typer

MaxDocuments = Annotated[
    int | None,
    typer.Option(help="Stop before it begins if more would be read; else run.max_documents."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(help="Stop before it spends if more would be embedded; else run.max_tokens."),
]
Wait = Annotated[float, typer.Option(help="Seconds to wait for another run of the kind to end.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be given again.")
]
PathPattern = Annotated[
    str | None, typer.Option("--path", help="Only paths that match this pattern, as in .gitignore.")
]
Reasons = Annotated[
    list[str] | None, typer.Option("--reason", help="Only documents in quarantine for this reason.")
]
