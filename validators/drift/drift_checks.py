"""Drift's part of the verdict: one check a figure, whatever the number of sources."""

from collections.abc import Sequence
from statistics import median

from vouch.schemas.drift import DriftSettings
from vouch.schemas.run import Check, Drift, Outcome, Severity

OWNER = "drift"
_SHOWN = 3
_MIN_POINTS = 8  # fewer say nothing of what is usual
_COUNTS = ("documents", "chunks", "median ")
_CONSISTENT = (
    1.4826  # of the median absolute deviation with the standard deviation of a normal distribution
)


def drift_checks(found: Sequence[Drift]) -> list[Check]:
    """The worst of each figure decides."""
    figures: dict[str, list[Drift]] = {}
    for one in found:
        figures.setdefault(one.figure, []).append(one)
    return [_check(figure, drifts) for figure, drifts in sorted(figures.items())]


def _check(figure: str, drifts: Sequence[Drift]) -> Check:
    told = sorted(drifts, key=lambda one: one.urgency)
    worst = told[0]
    apart = [one for one in told if one.level != "none"]
    message = (
        "; ".join(_words(one) for one in apart[:_SHOWN])
        or f"nothing far from what is published ({_words(worst)})"
    )
    return Check(
        name=f"drift: {figure.replace('_', ' ')}",
        scope="drift",
        owner=OWNER,
        severity=Severity.REJECT if worst.level == "block" else Severity.WARN,
        outcome=Outcome.FAILED if apart else Outcome.PASSED,
        figure=worst.distance,
        threshold=worst.block if worst.level == "block" else worst.warn,
        message=message,
    )


def _words(one: Drift) -> str:
    where = f"{one.part} of {one.scope}" if one.scope != "all" else one.part
    change = f"{one.before} → {one.after}" if one.before else one.after
    return f"{where}: {change}"


def window_check(
    series: dict[str, float], window: Sequence[dict[str, float]], settings: DriftSettings
) -> Check:
    """Whether each figure is where it has been in the last runs: within so many robust deviations of the window's median."""
    outside = []
    for name, value in series.items():
        points = [point[name] for point in window if name in point]
        if len(points) >= _MIN_POINTS:
            distance = _deviations(name, value, points)
            if distance > settings.window_deviations:
                outside.append((distance, f"{name} {value:,.4g}, usually {median(points):,.4g}"))
    outside.sort(reverse=True)
    known = len(window) >= _MIN_POINTS
    told = (
        f"all of {len(series)} figures are where they were in the last {len(window)} published runs"
    )
    return Check(
        name="drift: figures are where they have been",
        scope="drift",
        owner=OWNER,
        severity=Severity.WARN,
        outcome=Outcome.FAILED if outside else Outcome.PASSED,
        figure=len(outside),
        threshold=0,
        message="; ".join(text for _, text in outside[:_SHOWN])
        or (told if known else f"{len(window)} published runs are too few to say"),
    )


def _deviations(name: str, value: float, points: Sequence[float]) -> float:
    """Robust standard deviations from the median; figures that never moved may move a little."""
    middle = median(points)
    spread = _CONSISTENT * median(abs(point - middle) for point in points)
    bare = name.split(": ")[-1]
    least = 0.02 * abs(middle) if bare.startswith(_COUNTS) else 0.01
    return abs(value - middle) / max(spread, least, 1e-9)
