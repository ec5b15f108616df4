"""Measure how far a state is from the published one, figure by figure.

A difference counts where it is both beyond its threshold and larger than chance makes it (`alpha`):
the threshold decides for large numbers, the test for small ones. scipy has the tests; of Evidently
only those would be used, at seconds of import and two dozen packages. scipy is imported where a
test is made, because it takes half a second and a run with nothing to publish makes none.
"""

from collections.abc import Collection, Mapping
from math import inf
from typing import TypeAlias

import numpy as np

from vouch.schemas.runs.record import Drift
from vouch.schemas.settings.drift import DriftSettings, DriftThresholds
from vouch.validators.drift.profile import SHARES, Profile
from vouch.validators.row_parts import part_count, parts_by

MIXES = ("languages", "formats", "sources")
"""Figures that are shares by name."""
_SHOWN = 3  # of the names whose shares have changed, those that rose first

PARTS = ", "
"""Between the shares of several names in a drift's `before` and `after`."""

Figure: TypeAlias = tuple[str, str, str, float]
"""Name, before and after as text, distance."""


def compare_profiles(
    before: Profile,
    after: Profile,
    settings: DriftSettings,
    scope: str,
    part: str,
    contract_fields: Collection[str] = (),
) -> list[Drift]:
    """Return the drift of every figure; none where a profile has too few documents to compare.

    `contract_fields` are metadata keys whose missing share a contract limits: it decides there.
    """
    if min(before.documents, after.documents) < settings.min_documents and part == "arrivals":
        return []
    if before.documents < settings.min_documents:
        return []
    limits = growth_limits(settings.index, before, after) if part == "index" else settings.arrivals
    alpha = settings.alpha
    figures = [
        *(_counts(before, after) if part == "index" else ()),
        *(_lengths(name, before, after, alpha) for name in before.samples),
        *(_mix(name, before.mixes[name], after.mixes[name], alpha) for name in MIXES),
        *(_share(name, before.shares[name], after.shares[name], alpha) for name in SHARES),
        _left_out(before, after, alpha),
        _missing(before, after, alpha, contract_fields),
    ]
    return [to_drift(figure, scope, part, limits) for figure in figures if figure]


def missing_key(drift: Drift) -> str:
    """Return the metadata key that a drift of the figure `missing` is about."""
    return drift.after.rsplit(": ", 1)[0]


def to_drift(figure: Figure, scope: str, part: str, limits: DriftThresholds) -> Drift:
    """Return the figure with its limits."""
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


def growth_limits(limits: DriftThresholds, before: Profile, after: Profile) -> DriftThresholds:
    """Return the limits of the whole index, where counts that changed by growth alone only warn.

    A corpus is meant to grow; a contract's `max_documents` says how far. The same documents with
    more chunks are no growth: their texts may have come twice. Likewise only a warning is more
    documents that nothing on this machine reads, such as films: they keep nothing else out.
    """
    block = inf if limits.chunks.block is None else limits.chunks.block
    most = inf if limits.quarantined.block is None else limits.quarantined.block
    grown = {
        "documents": after.documents > before.documents,
        "chunks": after.chunks > before.chunks and _growth_within_documents(before, after) < block,
        "quarantined": abs(after.fault_share - before.fault_share) < most,
        "sources": all(
            after.mixes["sources"].get(name, 0) >= count
            for name, count in before.mixes["sources"].items()
        ),
    }
    warn_only = {
        name: limits.of(name).model_copy(update={"block": None})
        for name, has_grown in grown.items()
        if has_grown
    }
    return limits.model_copy(update=warn_only)


def _growth_within_documents(before: Profile, after: Profile) -> float:
    """Return the relative growth in chunks of the documents that are in both states."""
    parts = part_count(before.owners, after.owners)
    owners = (
        parts_by(profile.owners, "document_id", ["document_id"], parts)
        for profile in (before, after)
    )
    chunks = chunks_after = 0
    for old, new in zip(*owners, strict=True):
        counts, counts_after = (each.group_by("document_id").len() for each in (old, new))
        both = counts.join(counts_after, on="document_id", suffix="_after")
        chunks += int(both["len"].sum())
        chunks_after += int(both["len_after"].sum())
    return chunks_after / chunks - 1 if chunks else 0.0


def _counts(before: Profile, after: Profile) -> list[Figure]:
    counts = {
        "documents": (before.documents, after.documents),
        "chunks": (before.chunks, after.chunks),
    }
    return [
        (name, f"{old:,}", f"{new:,}", abs(new - old) / max(old, 1))
        for name, (old, new) in counts.items()
    ]


def _lengths(name: str, before: Profile, after: Profile, alpha: float) -> Figure | None:
    """Compare two samples of lengths by the Kolmogorov-Smirnov statistic and the mean shift."""
    from scipy.stats import ks_2samp, wasserstein_distance

    old, new = before.samples[name], after.samples[name]
    if not len(old) or not len(new):
        return None
    test = ks_2samp(old, new, method="asymp")
    # Where every length grows a little, the ranks differ much and the lengths hardly: the smaller
    # of both distances counts.
    shift = float(wasserstein_distance(old, new)) / max(float(np.mean(old)), 1e-9)
    distance = min(float(test.statistic), shift) if test.pvalue < alpha else 0.0
    return name, f"mean {np.mean(old):,.1f}", f"mean {np.mean(new):,.1f}", distance


def _share(name: str, old: tuple[int, int], new: tuple[int, int], alpha: float) -> Figure | None:
    """Compare two shares, each (part, whole), by Fisher's exact test."""
    from scipy.stats import fisher_exact

    if not old[1] or not new[1]:
        return None
    before, after = old[0] / old[1], new[0] / new[1]
    table = [[part, whole - part] for part, whole in (old, new)]
    is_significant = before != after and fisher_exact(table).pvalue < alpha
    return name, f"{before:.1%}", f"{after:.1%}", abs(after - before) if is_significant else 0.0


def _left_out(before: Profile, after: Profile, alpha: float) -> Figure | None:
    """Compare the shares of text that is not searched, by Welch's t-test over documents.

    Over characters, which come by the thousand, the least difference would be significant.
    """
    from scipy.stats import ttest_ind_from_stats

    old, new = before.left_out_share, after.left_out_share
    if old is None or new is None:
        return None  # documents of an early version, or none at all
    first, second = (
        (share.mean, share.deviation, share.documents)
        for share in (before.left_out, after.left_out)
    )
    test = ttest_ind_from_stats(*first, *second, equal_var=False)
    distance = abs(new - old) if test.pvalue < alpha else 0.0
    return "left_out", f"{old:.1%}", f"{new:.1%}", distance


def _mix(name: str, old: Mapping[str, int], new: Mapping[str, int], alpha: float) -> Figure | None:
    """Compare two counts by name by their total variation distance and the chi-squared test.

    That distance is the share of the rows that would need another name.
    """
    from scipy.stats import chi2_contingency

    if not old or not new:
        return None
    names = sorted(old.keys() | new.keys())
    counts = np.array([[side.get(key, 0) for key in names] for side in (old, new)], dtype=float)
    shares = counts / counts.sum(axis=1, keepdims=True)
    change = shares[1] - shares[0]
    is_significant = len(names) > 1 and chi2_contingency(counts).pvalue < alpha
    largest = sorted(
        np.argsort(-np.abs(change), kind="stable")[:_SHOWN], key=lambda at: -change[at]
    )
    shown = [at for at in largest if change[at]] or largest[:1]
    before, after = (PARTS.join(f"{names[at]} {side[at]:.1%}" for at in shown) for side in shares)
    return name, before, after, float(np.abs(change).sum() / 2) if is_significant else 0.0


def _missing(
    before: Profile, after: Profile, alpha: float, contract_fields: Collection[str]
) -> Figure | None:
    """Return the figure of the metadata key whose missing share has changed most."""
    keys = (before.missing.keys() | after.missing.keys()).difference(contract_fields)
    figures = []
    for key in keys:
        # Where a state does not have the key at all, every document lacks it.
        old = before.missing.get(key, (before.documents, before.documents))
        new = after.missing.get(key, (after.documents, after.documents))
        figure = _share("missing", old, new, alpha)
        if figure:
            figures.append((figure[3], key, figure))
    if not figures:
        return None
    distance, key, figure = max(figures, key=lambda item: (item[0], item[1]))
    return "missing", f"{key}: {figure[1]}", f"{key}: {figure[2]}", distance
