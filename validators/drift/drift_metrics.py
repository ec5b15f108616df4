"""How far a state is from another, figure by figure.

scipy does it: of Evidently the two-sample tests alone would be used, at seconds of import and two dozen packages. A difference
counts where it is both beyond its threshold and more than chance makes (`alpha`): the threshold decides for large numbers, the
test for small ones. It is imported where a test is made: a run with nothing to do makes none, and it takes half a second.
"""

from collections.abc import Collection, Mapping

import numpy as np

from vouch.schemas.drift import DriftSettings, DriftThresholds
from vouch.schemas.run import Drift
from vouch.validators.drift.growth_allowance import growing
from vouch.validators.drift.profile import SHARES, Profile

_MIXES = ("languages", "formats", "sources")


def drift(
    before: Profile,
    after: Profile,
    settings: DriftSettings,
    scope: str,
    part: str,
    owned: Collection[str] = (),
) -> list[Drift]:
    """Every figure of two profiles; nothing where either has too few documents to say anything.

    `owned` are metadata keys of which a contract says how many may be missing.
    """
    if min(before.documents, after.documents) < settings.min_documents and part == "arrivals":
        return []
    if before.documents < settings.min_documents:
        return []
    limits = growing(settings.index, before, after) if part == "index" else settings.arrivals
    found = [
        *(_counts(before, after) if part == "index" else ()),
        *(_lengths(name, before, after, settings.alpha) for name in before.samples),
        *(_mix(name, before.mixes[name], after.mixes[name], settings.alpha) for name in _MIXES),
        *(_share(name, before.shares[name], after.shares[name], settings.alpha) for name in SHARES),
        _missing(before, after, settings.alpha, owned),
    ]
    return [_drift(one, scope, part, limits) for one in found if one]


Figure = tuple[str, str, str, float]
"""Name, before and after in words, distance."""


def _drift(figure: Figure, scope: str, part: str, limits: DriftThresholds) -> Drift:
    name, before, after, distance = figure
    limit = limits.of(name)
    return Drift(
        figure=name,
        scope=scope,
        part=part,
        before=before,
        after=after,
        distance=round(distance, 4),
        warn=limit.warn,
        block=limit.block,
    )


def _counts(before: Profile, after: Profile) -> list[Figure]:
    pairs = {
        "documents": (before.documents, after.documents),
        "chunks": (before.chunks, after.chunks),
    }
    return [
        (name, f"{old:,}", f"{new:,}", abs(new - old) / max(old, 1))
        for name, (old, new) in pairs.items()
    ]


def _lengths(name: str, before: Profile, after: Profile, alpha: float) -> Figure | None:
    from scipy.stats import ks_2samp, wasserstein_distance

    old, new = before.samples[name], after.samples[name]
    if not len(old) or not len(new):
        return None
    found = ks_2samp(old, new, method="asymp")
    # Every length a little greater is far apart by rank, and little to anybody: the shift counts too.
    shift = float(wasserstein_distance(old, new)) / max(float(np.mean(old)), 1e-9)
    distance = min(float(found.statistic), shift) if found.pvalue < alpha else 0.0
    return name, f"mean {np.mean(old):,.1f}", f"mean {np.mean(new):,.1f}", distance


def _share(name: str, old: tuple[int, int], new: tuple[int, int], alpha: float) -> Figure | None:
    from scipy.stats import fisher_exact

    if not old[1] or not new[1]:
        return None
    before, after = old[0] / old[1], new[0] / new[1]
    sure = (
        fisher_exact([[old[0], old[1] - old[0]], [new[0], new[1] - new[0]]]).pvalue < alpha
        if before != after
        else False
    )
    return name, f"{before:.1%}", f"{after:.1%}", abs(after - before) if sure else 0.0


def _mix(name: str, old: Mapping[str, int], new: Mapping[str, int], alpha: float) -> Figure | None:
    """Total variation distance: the share that would have to be called something else."""
    from scipy.stats import chi2_contingency

    if not old or not new:
        return None
    names = sorted(old.keys() | new.keys())
    counts = np.array(
        [[old.get(one, 0) for one in names], [new.get(one, 0) for one in names]], dtype=np.float64
    )
    shares = counts / counts.sum(axis=1, keepdims=True)
    change = np.abs(shares[1] - shares[0])
    most = int(np.argmax(change))
    sure = len(names) > 1 and chi2_contingency(counts).pvalue < alpha
    told = f"{names[most]} {shares[0, most]:.1%}", f"{names[most]} {shares[1, most]:.1%}"
    return name, *told, float(change.sum() / 2) if sure else 0.0


def _missing(
    before: Profile, after: Profile, alpha: float, owned: Collection[str]
) -> Figure | None:
    """The metadata key whose share of documents without it has changed most."""
    whole = (before.documents, after.documents)
    found = []
    for key in (before.missing.keys() | after.missing.keys()).difference(owned):
        old, new = (
            before.missing.get(key, (whole[0], whole[0])),
            after.missing.get(key, (whole[1], whole[1])),
        )
        figure = _share("missing", old, new, alpha)
        if figure:
            found.append((figure[3], key, figure))
    if not found:
        return None
    distance, key, figure = max(found, key=lambda one: (one[0], one[1]))
    return "missing", f"{key}: {figure[1]}", f"{key}: {figure[2]}", distance
