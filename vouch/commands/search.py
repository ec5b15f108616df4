"""`vouch search` and `vouch evaluate`."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from vouch.completion import run_ids
from vouch.console import Output
from vouch.schemas.errors import IndexError_, SettingsError
from vouch.schemas.settings.choices import Breadth

if TYPE_CHECKING:
    from vouch.schemas.settings.profiles import ProfileSettings

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
        int | None,
        typer.Option(
            "-k",
            min=1,
            max=_MAX_PASSAGES,
            help="The most passages to return; by default as the profile has it, else 5.",
        ),
    ] = None,
    mode: Annotated[
        SearchMode | None,
        typer.Option(
            help="Search by meaning (vector), by words (text), or by both (hybrid), which is the "
            "default."
        ),
    ] = None,
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
            help="A filter, such as language=en, 'metadata.year>=2024', 'metadata.acl in (staff, "
            "hr)' or '(source=a or not title contains draft)'; can be repeated. `vouch fields` "
            "lists the names.",
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
    profile: Annotated[
        str | None,
        typer.Option(
            help="A retrieval profile, as it is published with the index.", metavar="NAME"
        ),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A value that the profile's filters need; can be repeated, also for several "
            "values of one name.",
        ),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            autocompletion=run_ids,
            help="Search what a rejected or staged run would publish, without publishing it: its "
            "id, the beginning of it, or latest. A run that has published: its state, if kept.",
        ),
    ] = None,
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="Take the profile as vouch.yaml has it now.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show why each hit is where it is.")
    ] = False,
) -> None:
    """Search the published index, or what a run would publish.

    Each hit is cited by file, page, headings, rows and span. What is in several places with the
    same text is one hit.
    """
    from vouch.index.search.explanation import reasons
    from vouch.index.search.hit import also_in
    from vouch.pipeline.context.index_model import reranker_of
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.candidate_index import open_state
    from vouch.schemas.search_options import SearchOptions
    from vouch.schemas.search_profiles import Given, options_of, read_values

    output: Output = context.obj
    file = read_settings(output.config)
    with open_state(file, candidate) as index:
        chosen = _profile(output, file.settings.profiles, index.profiles, profile, draft=draft)
        options = options_of(
            chosen,
            Given(k, mode.value if mode else None, tuple(where or ()), breadth, explain),
            read_values(value or ()),
            SearchOptions(breadth=file.settings.retrieval.breadth),
        )
        model = rerank or chosen.rerank
        reranker = reranker_of(file, model) if model else None
        results = {query: index.searcher.search(query, options, reranker) for query in queries}
        if candidate:
            output.errors.print(f"[dim]Searched as run {escape(str(index.run_id))} has it.[/]")
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
            if not output.quiet:
                text = hit.excerpt(_MAX_CHARS, query)
                output.console.print(Padding(escape(text), (0, 0, 0, 3)))
            if not output.quiet and len(hit.places) > 1:
                elsewhere = f"[dim]{escape(also_in(hit))}[/]"
                output.console.print(Padding(elsewhere, (0, 0, 0, 3)))
            if hit.explanation is not None and not output.quiet:
                table = Table.grid(padding=(0, 2))
                for name, reason in reasons(hit.explanation):
                    table.add_row(f"[dim]{escape(name)}[/]", f"[dim]{escape(reason)}[/]")
                output.console.print(Padding(table, (0, 0, 0, 3)))
        if not hits:
            output.print_line("   nothing found")


def _profile(
    output: Output,
    drafts: "Mapping[str, ProfileSettings]",
    published: "Mapping[str, ProfileSettings]",
    name: str | None,
    *,
    draft: bool,
) -> "ProfileSettings":
    """Return the profile of this name, and say where the settings have another version of it."""
    from vouch.schemas.search_profiles import profile_named

    if name is None or draft:
        return profile_named(drafts, name)
    if name in drafts and name not in published:
        raise SettingsError(
            f"the profile {name} is not published yet: `vouch ingest` publishes it, and --draft "
            "searches with it now"
        )
    chosen = profile_named(published, name)
    if drafts.get(name) != chosen:
        why = "has another" if name in drafts else "no longer has the"
        output.errors.print(
            f"[yellow]vouch.yaml {why} profile {escape(name)}:[/] this search uses the published "
            "one; --draft uses that of vouch.yaml, which `vouch ingest` publishes",
            soft_wrap=True,
        )
    return chosen


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
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Search by this retrieval profile, as vouch.yaml has it now.",
        ),
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
    results = score_queries(file, text, [each.strip().lower() for each in tag or ()], profile)
    if not output.print_json({mode: as_data(result) for mode, result in results.items()}):
        name = str(golden or file.settings.retrieval.golden)
        name += f" by profile {profile}" if profile else ""
        print_evaluation(output, name, results, file.settings.retrieval.mode)
    if problem := model_problem(file.index_location):
        raise IndexError_(problem)
