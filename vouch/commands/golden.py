"""`vouch golden`: the questions whose answers are known."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output

app = typer.Typer(
    name="golden", help="The questions whose answers are known.", no_args_is_help=True
)


@app.callback()
def golden() -> None:
    """The questions whose answers are known."""


@app.command()
def add(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="The question, as people ask it.")],
    uri: Annotated[
        str,
        typer.Option(
            "--document", "-d", help="The document that answers it, as `vouch search` shows it."
        ),
    ],
    answer: Annotated[
        str, typer.Option("--answer", "-a", help="The passage that answers it, as it stands there.")
    ],
    source: Annotated[
        str | None, typer.Option(help="The document's source, where several have such a document.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", "-w", help="Filters that it is asked with.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="The language of the question, as ISO 639-1.")
    ] = None,
) -> None:
    """Add a question that was answered wrongly, so that no run makes it worse again."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden_queries import add_golden

    output: Output = context.obj
    file = read_settings(output.config, golden_to_come=True)
    added = add_golden(file, query, uri, answer, source, tuple(where or ()), language)
    if not output.result(added):
        name = f"{file.settings.retrieval.golden}{'' if file.golden else ', as its first'}"
        output.say(
            f"Added {added.id}: {escape(added.query)} → {escape(added.uri)}, to {escape(name)}"
        )
