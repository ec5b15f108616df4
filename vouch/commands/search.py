"""`vouch search` and `vouch evaluate`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from vouch.console import Output
from vouch.schemas.choices import Breadth

_EXCERPT = 400


class SearchMode(StrEnum):
    HYBRID = "hybrid"
    VECTOR = "vector"
    TEXT = "text"


def search(
    context: typer.Context,
    queries: Annotated[list[str], typer.Argument(help="One question or several.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages at most.")] = 5,
    mode: Annotated[
        SearchMode, typer.Option(help="By meaning, by words, or both.")
    ] = SearchMode.HYBRID,
    breadth: Annotated[
        Breadth | None,
        typer.Option(
            help="Little besides the answer, or hardly anything missed; else retrieval.breadth."
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="Filter, such as language=en or metadata.author=Ada."),
    ] = None,
) -> None:
    """Search the published index; each hit says where it stands: file, page, headings, rows, span."""
    import vouch
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    file = read_settings(output.config)
    published = vouch.open(file.index_folder)
    wide = breadth or file.settings.retrieval.breadth
    found = {query: published.search(query, k, mode.value, where or (), wide) for query in queries}
    if output.result([{"query": query, "hits": hits} for query, hits in found.items()]):
        return
    for query, hits in found.items():
        output.say(f"\n[bold]{escape(query)}[/]")
        for number, hit in enumerate(hits, 1):
            output.say(
                f"{number}. [cyan]{escape(hit.citation)}[/]  [dim]{hit.chunk_id[:12]} {hit.score:.4f}[/]"
            )
            text = hit.text if len(hit.text) <= _EXCERPT else hit.text[:_EXCERPT] + "…"
            if not output.quiet:
                output.console.print(Padding(escape(text), (0, 0, 0, 3)))
        if not hits:
            output.say("   nothing found")


def evaluate(
    context: typer.Context,
    golden: Annotated[
        Path | None,
        typer.Argument(
            help="Golden queries, one JSON object a line; by default those of the settings.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Score vector, full-text and hybrid search on golden queries."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.retrieval_evaluation import evaluate as run

    output: Output = context.obj
    file = read_settings(output.config)
    scores = run(file, file.golden_or(golden.read_text("utf-8") if golden else None))
    if output.result(
        {mode: {"means": score.means, "queries": score.by_query} for mode, score in scores.items()}
    ):
        return
    first = next(iter(scores.values()))
    rows = [
        (mode, *(f"{value:.3f}" for value in score.means.values()))
        for mode, score in scores.items()
    ]
    output.table(
        f"{golden or file.settings.retrieval.golden}: {len(first.located)} queries",
        ("search", *first.means),
        rows,
    )
    for missing in first.unlocated:
        output.say(f"[yellow]its answer stands nowhere in the index:[/] {escape(missing)}")
