"""What the report says of a shadow: whether it finds more than what is published, at what cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from vouch.reports.formatting import byte_size, plural
from vouch.schemas.runs.cost import money
from vouch.schemas.runs.retrieval import MetricChange
from vouch.schemas.runs.shadow import ShadowFigures, Side

_BY_CHANCE = 0.05  # a difference that chance makes as often as this is none
_DAYS = 14


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A figure of both sides, formatted; `fell` where the shadow's is worse."""

    name: str
    published: str
    shadow: str
    change: str
    fell: bool = False


@dataclass(frozen=True, slots=True)
class ShadowSection:
    """A shadow as a report shows it."""

    figures: ShadowFigures
    sentence: str
    rows: tuple[SideBySide, ...]
    days: tuple[tuple[date, int, str], ...]

    @classmethod
    def of(cls, figures: ShadowFigures) -> "ShadowSection":
        return cls(figures, sentence(figures), tuple(_rows(figures)), tuple(_days(figures)))


def sentence(figures: ShadowFigures) -> str:
    """Return in a sentence or two whether the shadow finds more than what is published."""
    if figures.shadow is None or figures.problem:
        return ""
    behind = (
        f" It is {plural(figures.behind, 'document')} behind what is published."
        if figures.behind
        else ""
    )
    retrieval = figures.retrieval
    if retrieval is None:
        return (
            "There are no golden queries to compare it by: `vouch golden add` makes them, and "
            f"retrieval.golden names their file.{behind}"
        )
    if not retrieval.changes:
        return f"No golden query has an answer that could be compared.{behind}"
    first = retrieval.changes[0]
    return (
        f"{_verdict(first, figures)}: {first.metric} {first.candidate:.3f} against "
        f"{first.published:.3f} of the published state, over {retrieval.queries:,} golden queries; "
        f"{figures.won:,} are found better, {figures.lost:,} worse.{behind}"
    )


def _verdict(change: MetricChange, figures: ShadowFigures) -> str:
    """Return what the paired test says, of a loss and of a gain."""
    if change.p <= _BY_CHANCE:
        return "It finds less"
    return "It finds more" if figures.p_won <= _BY_CHANCE else "No clear difference"


def _rows(figures: ShadowFigures) -> Iterator[SideBySide]:
    published, shadow = figures.published, figures.shadow
    if published is None or shadow is None:
        return
    for change in figures.retrieval.changes if figures.retrieval else ():
        by = change.candidate - change.published
        yield SideBySide(
            change.metric,
            f"{change.published:.3f}",
            f"{change.candidate:.3f}",
            f"{by:+.3f}",
            by < 0,
        )
    yield from _latencies(published, shadow)
    yield SideBySide("chunks", f"{published.chunks:,}", f"{shadow.chunks:,}", "")
    yield SideBySide("numbers of a vector", f"{published.dimension:,}", f"{shadow.dimension:,}", "")
    yield SideBySide(
        "disk, older versions included", byte_size(published.bytes), byte_size(shadow.bytes), ""
    )


def _latencies(published: Side, shadow: Side) -> Iterator[SideBySide]:
    if published.latency is None or shadow.latency is None:
        return
    for name, key in (("a query, median", "median_ms"), ("a query, 95 of 100", "p95_ms")):
        before, after = getattr(published.latency, key), getattr(shadow.latency, key)
        change = f"{after - before:+.1f} ms"
        yield SideBySide(name, f"{before:.1f} ms", f"{after:.1f} ms", change, after > before)


def _days(figures: ShadowFigures) -> Iterator[tuple[date, int, str]]:
    """Yield the last days on which something was embedded, the newest first."""
    rows = figures.spending.rows[-_DAYS:]
    for row in reversed(rows):
        yield row.day, row.tokens, money(row.amount, figures.spending.currency)


def sections(figures: Sequence[ShadowFigures]) -> list[ShadowSection]:
    """Return the sections of a report's shadows."""
    return [ShadowSection.of(each) for each in figures]
