"""`vouch golden`: golden queries, which are questions with known answers."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.schemas.settings.choices import GoldenFormat

_SHOWN = 20
_PURPOSE = "Manage golden queries: questions with known answers."

app = typer.Typer(name="golden", help=_PURPOSE, no_args_is_help=True, rich_markup_mode=None)

Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", "-t", help="A group of queries, such as finance; can be repeated."),
]
Owner = Annotated[str | None, typer.Option(help="Who keeps the query up to date.")]
Language = Annotated[
    str | None, typer.Option(help="The language of the question, as ISO 639-1 code.")
]


@app.callback(help=_PURPOSE)
def golden() -> None:
    """Keep every command a subcommand."""


@app.command()
def add(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="The question, as people ask it.")],
    uri: Annotated[
        str | None,
        typer.Option(
            "--document", "-d", help="The uri of the document with the answer, from `vouch search`."
        ),
    ] = None,
    answer: Annotated[
        str | None,
        typer.Option("--answer", "-a", help="The passage that answers it, word for word."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="The document's source; needed if several sources have this uri."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="A filter of the search; can be repeated."),
    ] = None,
    language: Language = None,
    tag: Tags = None,
    owner: Owner = None,
    importance: Annotated[
        float, typer.Option(help="How many times the query counts in the means of its groups.")
    ] = 1.0,
    not_from: Annotated[
        list[str] | None,
        typer.Option(
            help="Documents that must not answer it, a pattern as in .gitignore; can be repeated."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The retrieval profile that it is searched by."),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A value for the filters of the profile; can be repeated.",
        ),
    ] = None,
    *,
    absent: Annotated[bool, typer.Option("--absent", help="No document must answer it.")] = False,
) -> None:
    """Add a golden query.

    From then on, the retrieval gate checks that no run makes its answer harder to find.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden.adding import add_golden
    from vouch.schemas.search_profiles import read_values

    output: Output = context.obj
    file = read_settings(output.config, golden_to_come=True)
    added = add_golden(
        file,
        query,
        uri,
        answer,
        source,
        tuple(where or ()),
        language,
        tags=tag or (),
        owner=owner,
        importance=importance,
        not_from=not_from or (),
        absent=absent,
        profile=profile,
        values=read_values(value or ()),
    )
    if not output.print_json(added):
        name = f"{file.settings.retrieval.golden}{'' if file.golden else ' (a new file)'}"
        answered_by = added.uri or "no document" if absent else added.uri or "negative"
        output.print_line(
            f"Added {added.id} to {escape(name)}: {escape(added.query)} → {escape(answered_by)}"
        )


@app.command("list")
def list_queries(
    context: typer.Context,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", "-t", help="Only queries of this tag; repeatable.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only queries of this owner.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Only queries of this language, as ISO 639-1 code.")
    ] = None,
    *,
    lost: Annotated[
        bool, typer.Option("--lost", help="Only queries whose answer search does not find.")
    ] = False,
) -> None:
    """List golden queries, with the score of each in the newest run that has scored them."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden.listing import list_golden

    output: Output = context.obj
    file = read_settings(output.config)
    listed = list_golden(file, tags=tag or (), owner=owner, language=language, only_lost=lost)
    if output.print_json(listed.queries):
        return
    scored = f", scored by {listed.run_id}" if listed.run_id else ", not scored yet"
    output.print_table(
        f"{len(listed.queries):,} golden queries of {file.settings.retrieval.golden}{scored}",
        ("id", "tags", "owner", "question", "document", listed.metric),
        (
            (
                entry.query.id,
                ", ".join(entry.query.tags),
                entry.query.owner,
                entry.query.query,
                ", ".join(entry.documents),
                entry.score_in_words,
            )
            for entry in listed.queries
        ),
    )
    if not listed.queries:
        output.print_line("No golden query matches.")


@app.command()
def remove(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(help="Ids from `vouch golden list`.")],
) -> None:
    """Remove golden queries from their file."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden.golden_file import golden_place
    from vouch.pipeline.operations.golden.golden_file import remove as remove_queries

    output: Output = context.obj
    place = golden_place(read_settings(output.config))
    removed = remove_queries(place, ids)
    if not output.print_json(removed):
        for query in removed:
            output.print_line(f"Removed {escape(query.id)}: {escape(query.query)}")


@app.command("import")
def import_queries(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The file, or the folder of a BEIR collection.")],
    layout: Annotated[
        GoldenFormat | None,
        typer.Option("--format", help="What the file is; by default found by name and content."),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(help="The file with the questions' texts, where the other one has their ids."),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The source whose documents are meant; by default any.")
    ] = None,
    id_field: Annotated[
        str | None,
        typer.Option(
            help="A metadata field that has the names of documents, if they are neither uris nor "
            "file names."
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", help="A tag for all of them, besides their own; repeatable."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="The owner of those that name none.")] = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Add nothing if a row cannot be used.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Add nothing; show what would be added.")
    ] = False,
) -> None:
    """Import golden queries: CSV, JSON lines, BEIR, judgements of ranx or TREC.

    Every row is checked in the index. A row that cannot be used is shown with its line and the
    reason, and the others are added.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden.importing import import_golden

    output: Output = context.obj
    file = read_settings(output.config, golden_to_come=True)
    result = import_golden(
        file,
        path,
        layout,
        queries,
        source=source,
        id_field=id_field,
        tags=tag or (),
        owner=owner,
        strict=strict,
        dry_run=dry_run,
    )
    if output.print_json(result):
        return
    output.print_table(
        "Not imported",
        ("row", "reason"),
        ((skipped.place, skipped.reason) for skipped in result.skipped[:_SHOWN]),
    )
    if len(result.skipped) > _SHOWN:
        output.print_line(f"… and {len(result.skipped) - _SHOWN:,} more (--json lists all).")
    done = "Would add" if dry_run else "Added"
    output.print_line(
        f"{done} {len(result.added):,} golden queries to "
        f"{escape(str(file.settings.retrieval.golden))}; {len(result.skipped):,} rows not imported."
    )


@app.command()
def suggest(
    context: typer.Context,
    count: Annotated[
        int, typer.Option("--number", "-n", min=1, max=1000, help="How many suggestions.")
    ] = 20,
    source: Annotated[
        str | None, typer.Option(help="Only documents of this source; by default all.")
    ] = None,
) -> None:
    """Suggest golden queries from the published documents.

    Questions in the text and headings, each with the passage below, are written to a file beside
    the golden queries. `vouch golden accept` moves those that a person has read to the golden
    queries, which this command never changes.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden.suggesting import suggest as make_suggestions
    from vouch.pipeline.operations.golden.suggesting import suggestions_place

    output: Output = context.obj
    file = read_settings(output.config, golden_to_come=True)
    suggested = make_suggestions(file, count, source)
    if output.print_json(suggested):
        return
    for query in suggested:
        output.print_line(f"{escape(query.id)}  [bold]{escape(query.query)}[/bold]")
        output.print_line(f"              {escape(query.uri)}: {escape(_one_line(query.answer))}")
    output.print_line(
        f"{len(suggested):,} suggestions in {escape(str(suggestions_place(file)))}. Read them, "
        "then `vouch golden accept ID…` or `vouch golden accept --all`."
    )


@app.command()
def accept(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids from `vouch golden suggest`.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", help="A tag for all of them; can be repeated."),
    ] = None,
    owner: Owner = None,
    query: Annotated[
        str | None,
        typer.Option(help="The question as people ask it, for a single suggestion."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All suggestions.")] = False,
) -> None:
    """Accept suggestions: move them to the golden queries."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.golden.suggesting import accept as accept_suggestions

    if query is not None and len(ids or ()) != 1:
        raise typer.BadParameter("--query is the wording of a single suggestion: name its id")
    if bool(ids) == every:
        raise typer.BadParameter("name suggestions by their ids, or all of them with --all")
    output: Output = context.obj
    file = read_settings(output.config, golden_to_come=True)
    accepted = accept_suggestions(file, None if every else ids, tag or (), owner, query)
    if not output.print_json(accepted):
        for added in accepted:
            output.print_line(f"Accepted {escape(added.id)}: {escape(added.query)}")


def _one_line(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
