"""Tables in Markdown: the shared form of the retrieval benchmarks."""

from collections.abc import Iterable, Sequence


def table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str) -> str:
    """Return a heading, the table and a note on its settings; the first column is text."""
    head = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    return "\n".join(
        [f"### {heading}\n", *head, *(f"| {' | '.join(row)} |" for row in rows), f"\n{note}"]
    )


def percent(*shares: float) -> list[str]:
    """Format shares as percentages with one decimal."""
    return [f"{100 * share:.1f}" for share in shares]
