"""`vouch golden`: golden queries, which are questions with known answers."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output

_PURPOSE = "Manage golden queries: questions with known answers."

app = typer.Typer(name="golden", help=_PURPOSE, no_args_is_help=True, rich_markup_mode=None)


@app.callback(help=_PURPOSE)
def golden() -> None:
    """Keep `add` a subcommand: without a callback, typer would make it the command itself."""


@app.command()
def add(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="The question, as people ask it.")],
    uri: Annotated[
        str,
        typer.Option(
            "--document", "-d", help="The uri of the document with the answer, from `vouch search`."
        ),
    ],
    answer: Annotated[
        str, typer.Option("--answer", "-a", help="The passage that answers it, word for word.")
    ],
    source: Annotated[
        str | None,
        typer.Option(help="The document's source; needed if several sources have this uri."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="A filter of the search; can be repeated."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="The language of the question, as ISO 639-1 code.")
    ] = None,
) -> None:
    """Add a golden query.

    From then on, the retrieval gate checks that no run makes its answer harder to find.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden_queries import add_golden

    output: Output = context.obj
    file = read_settings(output.config, golden_to_come=True)
    added = add_golden(file, query, uri, answer, source, tuple(where or ()), language)
    if not output.print_json(added):
        name = f"{file.settings.retrieval.golden}{'' if file.golden else ' (a new file)'}"
        output.print_line(
            f"Added {added.id} to {escape(name)}: {escape(added.query)} → {escape(added.uri)}"
        )
