"""Two runs side by side: what readers would see change between them, and whether it is for the better."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from vouch.reports.formatting import plural
from vouch.reports.meaning import why
from vouch.reports.page import render, write
from vouch.reports.summary import headline
from vouch.schemas.history import Diff
from vouch.schemas.run import Check, Outcome, RunRecord

_ROWS = 40


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure or a check in both runs; None where one of them has it not."""

    name: str
    before: str
    after: str
    change: str = ""


def render_comparison(before: RunRecord, after: RunRecord, difference: Diff | None) -> str:
    """The whole file. `difference` is None where one of the states is not kept any more."""
    turned = _turned(before, after)
    worse = [check for check, _ in turned if check.outcome is not Outcome.PASSED]
    return render(
        "comparison.html.j2",
        before=before,
        after=after,
        headline=f"{headline(before)} → {headline(after)}",
        sentence=_sentence(difference, len(worse)),
        tone="warn" if worse else "good",
        parts=[
            ("turned", "Checks that turned", bool(turned)),
            ("figures", "Figures", True),
            ("documents", "Documents", bool(difference and difference.documents)),
            ("runs", "The two runs", True),
        ],
        turned=[(check, earlier, why(check)) for check, earlier in turned],
        figures=_figures(before, after),
        difference=difference,
        counts=Counter(one.change for one in difference.documents) if difference else {},
        limit=_ROWS,
    )


def write_comparison(
    before: RunRecord, after: RunRecord, difference: Diff | None, folder: Path
) -> Path:
    """Into `folder`, at once or not at all; returns its path."""
    page = render_comparison(before, after, difference)
    return write(page, folder / f"{before.run_id}..{after.run_id}.html")


def _sentence(difference: Diff | None, worse: int) -> str:
    checks = (
        f"{plural(worse, 'check')} that passed or was not made fails now."
        if worse
        else "No check has become worse."
    )
    if difference is None:
        return f"One of the two states is not kept any more, so the documents cannot be held against each other. {checks}"
    count = len(difference.documents)
    return (
        f"{plural(count, 'document')} {'differs' if count == 1 else 'differ'}; "
        f"{plural(difference.chunks_added, 'chunk')} came, "
        f"{difference.chunks_removed:,} went, {difference.chunks_kept:,} stayed. {checks}"
    )


def _turned(before: RunRecord, after: RunRecord) -> list[tuple[Check, Outcome | None]]:
    """Checks of the later run that came out otherwise in the earlier one, failed ones first."""
    earlier = (
        {check.key: check.outcome for check in before.verdict.checks} if before.verdict else {}
    )
    later = after.verdict.checks if after.verdict else ()
    turned = [
        (check, earlier.get(check.key))
        for check in later
        if check.outcome is not earlier.get(check.key)
    ]
    told = [
        (check, was)
        for check, was in turned
        if was is not None or check.outcome is not Outcome.PASSED
    ]
    return sorted(told, key=lambda pair: (pair[0].outcome is Outcome.PASSED, pair[0].name))


def _figures(before: RunRecord, after: RunRecord) -> list[Pair]:
    found = []
    for name in [*before.metrics, *(name for name in after.metrics if name not in before.metrics)]:
        old, new = before.metrics.get(name), after.metrics.get(name)
        found.append(Pair(name.replace("_", " "), _shown(old), _shown(new), _moved(old, new)))
    # What moved comes first.
    return sorted(found, key=lambda pair: not pair.change)


def _moved(old: float | None, new: float | None) -> str:
    if old is None or new is None or old == new:
        return ""
    return f"{'+' if new > old else '−'}{_shown(abs(new - old))}"


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.3f}"
