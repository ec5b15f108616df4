"""The report that compares two runs: what changed for readers, and whether it got worse."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from vouch.reports.formatting import plural
from vouch.reports.meaning import why
from vouch.reports.page import render
from vouch.reports.summary import headline
from vouch.schemas.runs.history import Diff
from vouch.schemas.runs.record import Check, Outcome, RunRecord
from vouch.storage.location import Location
from vouch.storage.places import location_of

_MAX_ROWS = 40


@dataclass(frozen=True, slots=True)
class FigurePair:
    """A figure of both runs, formatted; `change` is empty where it did not change."""

    name: str
    before: str
    after: str
    change: str = ""


def render_comparison(before: RunRecord, after: RunRecord, difference: Diff | None) -> str:
    """Return the HTML page.

    `difference` is what differs between both published states; None where one is not kept.
    """
    changed = _changed_checks(before, after)
    worse = [check for check, _ in changed if check.outcome is not Outcome.PASSED]
    return render(
        "comparison.html.j2",
        before=before,
        after=after,
        headline=f"{headline(before)} → {headline(after)}",
        sentence=_sentence(difference, len(worse)),
        tone="warn" if worse else "good",
        parts=[
            ("changed-checks", "Changed checks", bool(changed)),
            ("figures", "Figures", True),
            ("documents", "Documents", bool(difference and difference.documents)),
            ("runs", "The two runs", True),
        ],
        changed_checks=[(check, earlier, why(check)) for check, earlier in changed],
        figures=_figures(before, after),
        difference=difference,
        counts=Counter(item.change for item in difference.documents) if difference else {},
        limit=_MAX_ROWS,
    )


def write_comparison(
    before: RunRecord, after: RunRecord, difference: Diff | None, place: str | Path | Location
) -> Location:
    """Write the page into a folder or bucket, completely or not at all; return where it is."""
    page = location_of(place) / f"{before.run_id}..{after.run_id}.html"
    page.write_text(render_comparison(before, after, difference))
    return page


def _sentence(difference: Diff | None, worse: int) -> str:
    checks = (
        f"{plural(worse, 'check')} that passed or did not exist before fails now."
        if worse
        else "No check got worse."
    )
    if difference is None:
        return (
            "One of the two states is no longer kept, so their documents cannot be compared. "
            f"{checks}"
        )
    count = len(difference.documents)
    return (
        f"{plural(count, 'document')} {'differs' if count == 1 else 'differ'}; "
        f"{plural(difference.chunks_added, 'chunk')} added, {difference.chunks_removed:,} removed, "
        f"{difference.chunks_kept:,} kept. {checks}"
    )


def _changed_checks(before: RunRecord, after: RunRecord) -> list[tuple[Check, Outcome | None]]:
    """Return the later run's checks with another outcome than before, failed ones first.

    A check that did not exist before counts if it failed.
    """
    earlier = {
        check.key: check.outcome for check in (before.verdict.checks if before.verdict else ())
    }
    changed = []
    for check in after.verdict.checks if after.verdict else ():
        outcome_before = earlier.get(check.key)
        # A check that is new, for example of a new source, is news only if it failed.
        new = outcome_before is None
        if check.outcome is not outcome_before and not (new and check.outcome is Outcome.PASSED):
            changed.append((check, outcome_before))
    return sorted(changed, key=lambda pair: (pair[0].outcome is Outcome.PASSED, pair[0].name))


def _figures(before: RunRecord, after: RunRecord) -> list[FigurePair]:
    """Return the figures of both runs, those that changed first."""
    pairs = []
    for name in dict.fromkeys([*before.metrics, *after.metrics]):
        old, new = before.metrics.get(name), after.metrics.get(name)
        change = ""
        if old is not None and new is not None and old != new:
            change = f"{'+' if new > old else '−'}{_format(abs(new - old))}"
        pairs.append(FigurePair(name.replace("_", " "), _format(old), _format(new), change))
    return sorted(pairs, key=lambda pair: not pair.change)


def _format(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.3f}"
