"""Prints what golden queries score: by mode of search, by group, and what fails."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from vouch.console import Output

if TYPE_CHECKING:
    from vouch.pipeline.operations.retrieval_evaluation import Evaluation
    from vouch.schemas.runs.retrieval import Estimate, Retrieval
    from vouch.schemas.search_options import Mode

_NAMED = 10  # queries of a check


def as_data(result: "Evaluation") -> dict[str, Any]:
    """Return an evaluation in one mode of search as data."""
    retrieval = result.retrieval
    return {
        "means": result.means,
        "queries": result.scores.by_query,
        "groups": retrieval.groups,
        "breaches": retrieval.breaches,
        "leaks": retrieval.leaks,
        "checks": result.checks,
    }


def print_evaluation(
    output: Output, name: str, results: "Mapping[Mode, Evaluation]", mode: "Mode"
) -> None:
    """Print the means of each mode of search; of the one that the gate uses, if it is there, also
    the groups, what is below its minimum, negative queries that fail, and languages.
    """
    shown = mode if mode in results else next(iter(results))
    retrieval = results[shown].retrieval
    rows = [
        (each, *(f"{value:.3f}" for value in result.means.values()))
        for each, result in results.items()
    ]
    if retrieval.changes:
        columns = ("search", *results[shown].means)
        output.print_table(f"{name}: {retrieval.queries} queries", columns, rows)
    if any(group.queries < retrieval.queries for group in retrieval.groups):
        _print_groups(output, retrieval, shown)
    for check in results[shown].checks:
        colour = "green" if check.outcome == "passed" else "red"
        name = check.name.removeprefix("golden queries: ")
        output.print_line(f"[{colour}]{check.outcome}:[/] {escape(f'{name}: {check.message}')}")
        for example in check.examples[:_NAMED]:
            output.print_line(f"  {escape(f'{example.uri}: {example.message}')}")
    for query in retrieval.unlocated:
        output.print_line(f"[yellow]its answer is nowhere in the index:[/] {escape(query)}")


def _print_groups(output: Output, retrieval: "Retrieval", mode: str) -> None:
    recall, nDCG = f"recall@{retrieval.k}", "nDCG@10"
    rows = [
        (
            group.name,
            str(group.queries),
            *(_interval(group.candidate[metric]) for metric in (recall, nDCG)),
        )
        for number, group in enumerate(retrieval.groups)
        # A group of all queries says nothing that `overall` does not.
        if number == 0 or group.queries < retrieval.queries
    ]
    title = f"{mode} search by group, with 95 % intervals"
    output.print_table(title, ("group", "queries", recall, nDCG), rows)


def _interval(value: "Estimate") -> str:
    return f"{value.mean:.3f} ({value.low:.2f} to {value.high:.2f})"
