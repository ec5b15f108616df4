"""`vouch compare`: what search finds in two states."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.completion import run_ids
from vouch.console import Output

if TYPE_CHECKING:
    from vouch.pipeline.operations.state_comparison import ComparedHit, StateComparison
    from vouch.schemas.runs.retrieval import QueryScore, Retrieval

_MAX_PASSAGES = 100
_SHOWN = 20
_EXCERPT = 60  # characters


def compare(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            autocompletion=run_ids,
            help="A rejected or staged run, latest for the newest of these, or a run whose state "
            "is kept.",
        ),
    ] = "latest",
    queries: Annotated[
        list[str] | None,
        typer.Argument(help="What to search for; by default the golden queries."),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="RUN",
            autocompletion=run_ids,
            help="What to compare it with: published, or another run.",
        ),
    ] = "published",
    k: Annotated[
        int, typer.Option("-k", min=1, max=_MAX_PASSAGES, help="Passages to compare, by query.")
    ] = 5,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="A filter of the queries; can be repeated."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A profile of both states, to search the queries by."),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A value for the profile; can be repeated."),
    ] = None,
) -> None:
    """Compare what search finds in what a run would publish with what is published.

    Which hits came, went or moved, or which golden queries won and lost. Nothing is published.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.state_comparison import compare_states
    from vouch.schemas.search_options import SearchOptions
    from vouch.schemas.search_profiles import Given, options_of, profile_named, read_values

    output: Output = context.obj
    file = read_settings(output.config)
    retrieval = file.settings.retrieval
    given, values = Given(k, filters=tuple(where or ())), read_values(value or ())
    defaults = SearchOptions(mode=retrieval.mode, breadth=retrieval.breadth)
    comparison = compare_states(
        file,
        run,
        against,
        tuple(queries or ()),
        lambda index: options_of(profile_named(index.profiles, profile), given, values, defaults),
    )
    if output.print_json(comparison):
        return
    output.print_line(f"[bold]{comparison.left}[/] → [bold]{comparison.right}[/]")
    for compared in comparison.queries:
        rows = [_hit_row(each, compared.query) for each in compared.hits]
        title = f"{compared.query}{': the same' if rows and compared.is_same else ''}"
        output.print_table(escape(title), ("before", "now", "", "score", "hit"), rows)
        if not rows:
            output.print_line(f"{escape(compared.query)}: neither finds anything")
    if comparison.golden is not None:
        _print_golden(output, comparison, comparison.golden)


def _hit_row(compared: "ComparedHit", query: str) -> tuple[str, ...]:
    scores = [
        "–" if score is None else f"{score:.3f}"
        for score in (compared.left_score, compared.right_score)
    ]
    hit = compared.hit
    return (
        str(compared.left or "–"),
        str(compared.right or "–"),
        "" if compared.change == "same" else compared.change,
        " → ".join(scores),
        f"{hit.citation}: {' '.join(hit.excerpt(_EXCERPT, query).split())}",
    )


def _print_golden(output: Output, comparison: "StateComparison", golden: "Retrieval") -> None:
    for name, part in {"": golden, **golden.profiles}.items():
        by = f" by profile {name}" if name else ""
        output.print_table(
            escape(f"{part.queries:,} golden queries{by}, {part.mode} search"),
            ("metric", "before", "now", "change", "p of the loss"),
            (
                (
                    change.metric,
                    f"{change.published:.3f}",
                    f"{change.candidate:.3f}",
                    f"{change.candidate - change.published:+.3f}",
                    f"{change.p:.3f}" if change.candidate < change.published else "",
                )
                for change in part.changes
            ),
        )
        metric = f"recall@{part.k}"
        for title, scores in (("Lost", part.lost), ("Won", part.won)):
            output.print_table(
                escape(f"{title}{by}: {len(scores):,}"),
                ("id", "question", metric, "where its answer is now"),
                (_score_row(each, metric) for each in scores[:_SHOWN]),
            )
            if len(scores) > _SHOWN:
                output.print_line(f"… and {len(scores) - _SHOWN:,} more (--json)")
        for breach in part.breaches:
            output.print_line(f"[red]fails:[/] {escape(f'{breach.query}: {breach.message}')}")
        if part.changes and not (part.lost or part.won):
            output.print_line("No golden query lost, none won.")
    for name, problem in comparison.problems.items():
        output.print_line(f"[yellow]not compared by profile {escape(name)}:[/] {escape(problem)}")


def _score_row(score: "QueryScore", metric: str) -> tuple[str, ...]:
    sides = [
        "–" if metrics is None else f"{metrics[metric]:.2f}"
        for metrics in (score.published, score.candidate)
    ]
    return score.id, score.query, " → ".join(sides), score.where
