"""Drift's checks of the verdict: one check for each figure, whatever the number of sources."""

from collections.abc import Sequence
from statistics import median

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Drift, Outcome, Severity
from vouch.schemas.settings.drift import DriftSettings
from vouch.validators.drift.drift_metrics import MIXES, PARTS, missing_key
from vouch.validators.drift.profile import QUARANTINED

OWNER = "drift"
_SHOWN = 3
_FIGURES = {
    "documents": "published documents",
    "chunks": "published chunks",
    "chunk_tokens": "tokens a chunk",
    "heading_depth": "headings above a chunk",
    "document_chars": "characters a document",
    "languages": "languages of chunks",
    "formats": "formats of documents",
    "sources": "sources of documents",
    "untitled": "documents without a title",
    "without_heading": "chunks without a heading",
    "unknown_language": "chunks in no detected language",
    "repeated": "chunks with the text of another chunk",
    "boilerplate": "chunks that many documents have",
    "quarantined": "documents in quarantine (new ones that a rule stopped do not count)",
    "garbled": "chunks that look wrongly decoded",
    "flagged": "chunks flagged by the policy",
    "left_out": "characters that are not searched",
    "missing": "documents without",
    "vocabulary": "words",
    "vectors": "vectors",
}
"""What each figure is of."""
_MIN_POINTS = 8  # fewer runs do not show what is usual
_COUNTS = ("documents", "chunks", "median ")
# Turns a median absolute deviation into the standard deviation of a normal distribution.
_CONSISTENT = 1.4826


def drift_checks(drifts: Sequence[Drift]) -> list[Check]:
    """Return a check for each figure; the worst drift of a figure decides."""
    by_figure: dict[str, list[Drift]] = {}
    for drift in drifts:
        by_figure.setdefault(drift.figure, []).append(drift)
    return [_check(figure, group) for figure, group in sorted(by_figure.items())]


def _check(figure: str, drifts: Sequence[Drift]) -> Check:
    ranked = sorted(drifts, key=lambda drift: drift.urgency)
    worst = ranked[0]
    drifted = [drift for drift in ranked if drift.level != "none"]
    message = (
        "; ".join(_describe(drift) for drift in drifted[:_SHOWN])
        or f"close to the published state ({_describe(worst)})"
    )
    return Check(
        id=CheckId(f"drift_{figure}"),
        name=f"drift: {figure.replace('_', ' ')}",
        scope="drift",
        owner=OWNER,
        severity=Severity.REJECT if worst.level == "block" else Severity.WARN,
        outcome=Outcome.FAILED if drifted else Outcome.PASSED,
        figure=worst.distance,
        threshold=worst.block if worst.level == "block" else worst.warn,
        message=message,
    )


def _describe(drift: Drift) -> str:
    """Return in words what is compared, and its values in both states."""
    where = "the index" if drift.scope == "all" else f"source {drift.scope}"
    if drift.part == "arrivals":
        where = f"what the run brings to {where}"
    subject, before, after = _FIGURES[drift.figure], [drift.before], [drift.after]
    if drift.figure == "missing":
        key = missing_key(drift)
        subject = f"{subject} {key}"
        before, after = ([text.removeprefix(f"{key}: ")] for text in (drift.before, drift.after))
    elif drift.figure in MIXES:
        before, after = drift.before.split(PARTS), drift.after.split(PARTS)
        after = [share.removeprefix(_name(old)) for old, share in zip(before, after, strict=False)]
    changes = [f"{old} → {new}" if old else new for old, new in zip(before, after, strict=False)]
    return f"{subject} in {where}: {PARTS.join(changes)}"


def _name(share: str) -> str:
    """Return the name in `name share`, with the space after it."""
    return share.rpartition(" ")[0] + " "


def usual_range_check(
    point: dict[str, float], window: Sequence[dict[str, float]], settings: DriftSettings
) -> Check:
    """Check that each figure is within so many robust deviations of its median in the last runs.

    `point` and the points of `window` are series as `vouch.validators.drift.profile.to_series`
    gives them. A figure with fewer than eight points is not checked.
    """
    outside = []
    for name, value in point.items():
        values = [earlier[name] for earlier in window if name in earlier]
        # What a contract stops is no drift: `unprocessed` is checked in place of `quarantined`.
        if len(values) >= _MIN_POINTS and name.split(": ")[-1] != QUARANTINED:
            middle, usual = median(values), _usual_deviation(name, values)
            distance = abs(value - middle) / usual
            if distance > settings.window_deviations:
                low, high = (
                    max(0.0, middle + side * settings.window_deviations * usual) for side in (-1, 1)
                )
                text = (
                    f"{name.replace('_', ' ')} is {value:,.4g}, usually {middle:,.4g} (from "
                    f"{low:,.4g} to {high:,.4g}, by the last {len(values)} published runs)"
                )
                outside.append((distance, text))
    outside.sort(reverse=True)
    if outside:
        message = "; ".join(text for _, text in outside[:_SHOWN])
    elif len(window) >= _MIN_POINTS:
        message = (
            f"all {len(point)} figures are within their range of the last {len(window)} "
            "published runs"
        )
    else:
        message = f"{len(window)} published runs are too few to compare with"
    return Check(
        id=CheckId.DRIFT_USUAL_RANGE,
        name="drift: usual range",
        scope="drift",
        owner=OWNER,
        severity=Severity.WARN,
        outcome=Outcome.FAILED if outside else Outcome.PASSED,
        figure=len(outside),
        threshold=0,
        message=message,
    )


def _usual_deviation(name: str, values: Sequence[float]) -> float:
    """Return the robust standard deviation of a figure.

    It has a lower bound: otherwise a figure that has never moved would be outside its range at its
    first small change.
    """
    middle = median(values)
    spread = _CONSISTENT * median(abs(point - middle) for point in values)
    figure = name.split(": ")[-1]
    least = 0.02 * abs(middle) if figure.startswith(_COUNTS) else 0.01
    return max(spread, least, 1e-9)
