"""Drift's checks of the verdict: one check for each figure, whatever the number of sources."""

from collections.abc import Sequence
from statistics import median

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Drift, Outcome, Severity
from vouch.schemas.settings.drift import DriftSettings

OWNER = "drift"
_SHOWN = 3
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
    where = f"{drift.part} of {drift.scope}" if drift.scope != "all" else drift.part
    change = f"{drift.before} → {drift.after}" if drift.before else drift.after
    return f"{where}: {change}"


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
        if len(values) >= _MIN_POINTS:
            distance = _deviations(name, value, values)
            if distance > settings.window_deviations:
                outside.append((distance, f"{name} {value:,.4g}, usually {median(values):,.4g}"))
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


def _deviations(name: str, value: float, values: Sequence[float]) -> float:
    """Return the distance from the median in robust standard deviations.

    The deviation has a lower bound: otherwise a figure that has never moved would be outside at
    its first small change.
    """
    middle = median(values)
    spread = _CONSISTENT * median(abs(point - middle) for point in values)
    figure = name.split(": ")[-1]
    least = 0.02 * abs(middle) if figure.startswith(_COUNTS) else 0.01
    return abs(value - middle) / max(spread, least, 1e-9)
