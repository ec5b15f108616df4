"""`vouch search` and `vouch evaluate`."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from vouch.console import Output
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings.choices import Breadth

if TYPE_CHECKING:
    from vouch.validators.retrieval.scoring import Scores

_MAX_CHARS = 400
_MAX_PASSAGES = 10_000


class SearchMode(StrEnum):
    HYBRID = "hybrid"
    VECTOR = "vector"
    TEXT = "text"


def search(
    context: typer.Context,
    queries: Annotated[list[str], typer.Argument(help="One query or several.")],
    k: Annotated[
        int, typer.Option("-k", min=1, max=_MAX_PASSAGES, help="The most passages to return.")
    ] = 5,
    mode: Annotated[
        SearchMode, typer.Option(help="Search by meaning (vector), by words (text), or by both.")
    ] = SearchMode.HYBRID,
    breadth: Annotated[
        Breadth | None,
        typer.Option(
            help="From little besides the answer to hardly anything missed; by default "
            "retrieval.breadth."
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            "-w",
            help="A filter, such as language=en or metadata.author=Ada; can be repeated.",
        ),
    ] = None,
) -> None:
    """Search the published index.

    Each hit is cited by file, page, headings, rows and span.
    """
    import vouch
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    file = read_settings(output.config)
    breadth = breadth or file.settings.retrieval.breadth
    index = vouch.open(file.index_location)
    results = {query: index.search(query, k, mode.value, where or (), breadth) for query in queries}
    if output.print_json([{"query": query, "hits": hits} for query, hits in results.items()]):
        return
    for query, hits in results.items():
        output.print_line(f"\n[bold]{escape(query)}[/]")
        for number, hit in enumerate(hits, 1):
            output.print_line(
                f"{number}. [cyan]{escape(hit.citation)}[/]  "
                f"[dim]{hit.chunk_id[:12]} {hit.score:.4f}[/]"
            )
            text = hit.text if len(hit.text) <= _MAX_CHARS else hit.text[:_MAX_CHARS] + "…"
            if not output.quiet:
                output.console.print(Padding(escape(text), (0, 0, 0, 3)))
        if not hits:
            output.print_line("   nothing found")


def evaluate(
    context: typer.Context,
    golden: Annotated[
        Path | None,
        typer.Argument(
            help="A file of golden queries, a JSON object per line; by default retrieval.golden.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Score vector, text and hybrid search on golden queries.

    Only text search where the model that made the index is not there.
    """
    from vouch.index.search.published_model import model_problem
    from vouch.pipeline.context.settings_loader import read_golden, read_settings
    from vouch.pipeline.operations.retrieval_evaluation import evaluate as score_queries

    output: Output = context.obj
    file = read_settings(output.config)
    scores = score_queries(file, file.golden_or(read_golden(golden) if golden else None))
    data = {
        mode: {"means": score.means, "queries": score.by_query} for mode, score in scores.items()
    }
    if not output.print_json(data):
        _print_scores(output, str(golden or file.settings.retrieval.golden), scores)
    if problem := model_problem(file.index_location):
        raise IndexError_(problem)


def _print_scores(output: Output, golden: str, scores: "Mapping[str, Scores]") -> None:
    first = next(iter(scores.values()))
    rows = [
        (mode, *(f"{value:.3f}" for value in score.means.values()))
        for mode, score in scores.items()
    ]
    output.print_table(
        f"{golden}: {len(first.located)} queries",
        ("search", *first.means),
        rows,
    )
    for query in first.unlocated:
        output.print_line(f"[yellow]its answer is nowhere in the index:[/] {escape(query)}")
