"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]], under: str) -> str:
    """A heading line, the table, and under it the settings that it was made with. The first column is text."""
    head = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    return "\n".join(
        [f"### {heading}\n", *head, *(f"| {' | '.join(row)} |" for row in rows), f"\n{under}"]
    )


def percent(*shares: float) -> list[str]:
    """As numbers of percent, to one decimal."""
    return [f"{100 * share:.1f}" for share in shares]
