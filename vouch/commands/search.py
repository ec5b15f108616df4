"""`vouch search` and `vouch evaluate`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from vouch.console import Output
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings.choices import Breadth

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
    rerank: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A cross-encoder that orders the best passages: a folder, or a hub name where the "
            "settings allow downloads.",
        ),
    ] = None,
) -> None:
    """Search the published index.

    Each hit is cited by file, page, headings, rows and span.
    """
    from vouch.pipeline.context.index_model import open_index, reranker_of
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    file = read_settings(output.config)
    breadth = breadth or file.settings.retrieval.breadth
    index = open_index(file)
    reranker = reranker_of(file, rerank) if rerank else None
    results = {
        query: index.search(query, k, mode.value, where or (), breadth, reranker)
        for query in queries
    }
    for why in dict.fromkeys(hits.words_only for hits in results.values() if hits.words_only):
        output.errors.print(f"[yellow]Searched by words only:[/] {escape(why)}", soft_wrap=True)
    if output.print_json(
        [
            {"query": query, "hits": hits, "words_only": hits.words_only}
            for query, hits in results.items()
        ]
    ):
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
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", help="Only queries with this tag; can be repeated."),
    ] = None,
) -> None:
    """Score vector, text and hybrid search on golden queries, by tag, language and source.

    Only text search where the model that made the index is not there.
    """
    from vouch.evaluation_output import as_data, print_evaluation
    from vouch.index.search.published_model import model_problem
    from vouch.pipeline.context.settings_loader import read_golden, read_settings
    from vouch.pipeline.operations.retrieval_evaluation import evaluate as score_queries

    output: Output = context.obj
    file = read_settings(output.config)
    text = file.golden_or(read_golden(golden) if golden else None)
    results = score_queries(file, text, [each.strip().lower() for each in tag or ()])
    if not output.print_json({mode: as_data(result) for mode, result in results.items()}):
        name = str(golden or file.settings.retrieval.golden)
        print_evaluation(output, name, results, file.settings.retrieval.mode)
    if problem := model_problem(file.index_location):
        raise IndexError_(problem)
