"""The checks of the golden queries: comparison, minimum scores, negative queries, languages."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Example, Outcome, Severity
from vouch.schemas.runs.retrieval import MetricChange, Retrieval
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.comparison import SHOWN, Sides, loss_p
from vouch.validators.retrieval.golden_queries import FEEDBACK, OVERALL, GoldenQuery
from vouch.validators.retrieval.groups import groups_of, mean_of, profile_group
from vouch.validators.retrieval.scoring import DEPTH, Scores

OWNER = "golden queries"
SCOPE = "retrieval"
_CANNOT = "nothing can be searched by it"
_NAMED = 5  # queries of a message
# A mean of zeros and ones is rarely exact in floating point.
_EXACT = 1e-9


def retrieval_checks(
    sides: Sides, retrieval: Retrieval, settings: RetrievalSettings, today: date
) -> tuple[Check, ...]:
    """Return the checks of both states. Without a published state nothing is compared."""
    return (
        *(_comparison_checks(sides, retrieval, settings) if sides.published else ()),
        *_minimum_checks(sides, retrieval, settings, today),
        *_negative_checks(sides, retrieval, settings),
        *_leak_checks(sides, retrieval, settings),
    )


def profile_checks(
    profile: str, sides: Sides, retrieval: Retrieval, settings: RetrievalSettings, today: date
) -> tuple[Check, ...]:
    """Return the checks of the queries that were searched by a profile."""
    group = profile_group(profile)
    minimum = settings.require.get(group)
    alone = settings.model_copy(update={"require": {OVERALL: minimum} if minimum else {}})
    minimums = [
        check.model_copy(update={"name": check.name.replace(OVERALL, group), "subject": group})
        for check in _minimum_checks(sides, retrieval, alone, today)
    ]
    checks = (
        *(_comparison_checks(sides, retrieval, settings) if sides.published else ()),
        *_negative_checks(sides, retrieval, settings),
    )
    named = [
        check.model_copy(
            update={"name": check.name.replace(OWNER, _by(profile), 1), "scope": group}
        )
        for check in checks
    ]
    return (*named, *minimums)


def _by(profile: str) -> str:
    return f"{OWNER} by profile {profile}"


def profile_not_searched_check(profile: str, queries: int, problem: str) -> Check:
    """Return the check of queries that could not be searched for by a profile."""
    return Check(
        id=CheckId.GOLDEN_QUERIES,
        name=_by(profile),
        scope=profile_group(profile),
        owner=OWNER,
        severity=Severity.REJECT,
        outcome=Outcome.NOT_CHECKED,
        message=f"{f'{queries:,} queries were not searched' if queries else _CANNOT}: {problem}",
    )


def not_searched_check(queries: int, problem: str, severity: Severity) -> Check:
    """Return the check of queries that could not be searched for."""
    return Check(
        id=CheckId.GOLDEN_QUERIES,
        name="golden queries",
        scope=SCOPE,
        owner=OWNER,
        severity=severity,
        outcome=Outcome.NOT_CHECKED,
        message=(
            f"{queries:,} queries were not searched: {problem.rstrip('.')}. What is embedded is "
            "kept, and not paid for again"
        ),
    )


def _comparison_checks(
    sides: Sides, retrieval: Retrieval, settings: RetrievalSettings
) -> list[Check]:
    if retrieval.queries and not retrieval.changes:
        return [_not_compared(retrieval)]
    return [
        _comparison(sides, change, retrieval, settings)
        for change in retrieval.changes
        if change.metric.split("@")[0] in settings.metrics
    ]


def _not_compared(retrieval: Retrieval) -> Check:
    return Check(
        id=CheckId.GOLDEN_QUERIES,
        name="golden queries",
        scope=SCOPE,
        owner=OWNER,
        severity=Severity.WARN,
        outcome=Outcome.NOT_CHECKED,
        message=f"{retrieval.queries} queries not compared: {retrieval.published_from}",
    )


def _comparison(
    sides: Sides, change: MetricChange, retrieval: Retrieval, settings: RetrievalSettings
) -> Check:
    loss = change.published - change.candidate
    is_worse = loss > settings.tolerance + _EXACT
    is_significant = change.p <= settings.alpha
    lost = sides.lost(change.metric) if is_worse else []
    message = (
        f"{change.candidate:.3f} on the candidate, {change.published:.3f} on the published "
        f"state, {len(sides.compared)} queries (p {change.p:.3f})"
    )
    if lost:
        message += f"; lost: {', '.join(query.id for query in lost[:_NAMED])}"
    if retrieval.published_from:
        message += f"; published side: {retrieval.published_from}"
    if retrieval.not_compared:
        message += f"; not compared, because new: {retrieval.not_compared}"
    return Check(
        id=CheckId.GOLDEN_QUERIES,
        name=f"golden queries: {change.metric}",
        scope=SCOPE,
        subject=change.metric,
        owner=OWNER,
        # A loss that chance alone may explain only warns.
        severity=Severity.REJECT if is_significant or not is_worse else Severity.WARN,
        outcome=Outcome.FAILED if is_worse else Outcome.PASSED,
        figure=round(loss, 4),
        threshold=settings.tolerance,
        message=message,
        concerned=len(lost) if is_worse else None,
        examples=_examples(lost, sides.candidate),
    )


def _examples(queries: Sequence[GoldenQuery], scores: Scores) -> tuple[Example, ...]:
    """Return queries by id, each with its question and where its answer is now."""
    return tuple(
        Example(uri=query.id, message=f"{query.query}: {scores.places.get(query.id, '')}")
        for query in queries[:SHOWN]
    )


def _minimum_checks(
    sides: Sides, retrieval: Retrieval, settings: RetrievalSettings, today: date
) -> list[Check]:
    groups = groups_of(sides.golden, sides.candidate.languages)
    checks = []
    for group, minimum in settings.require.items():
        # A file of queries that the command line names may lack a group of the settings.
        queries = groups.get(group)
        if not queries:
            continue
        metric = _metric(minimum.metric, retrieval.k)
        mean, low, high = mean_of(queries, sides.candidate, metric)
        least = minimum.in_force(today)
        is_short = mean < least - _EXACT
        missed = [query for query in queries if sides.candidate.value(query.id, metric) < least]
        missed.sort(key=lambda query: (sides.candidate.value(query.id, metric), -query.importance))
        message = (
            f"{mean:.3f}, required {least:g}; {len(queries)} {_plural(queries)} "
            f"(95 % interval {low:.2f} to {high:.2f})"
        )
        if minimum.until:
            message += f"; {minimum.term(today)}"
        if minimum.owner:
            message += f"; agreed by {minimum.owner}" + (f": {minimum.why}" if minimum.why else "")
        checks.append(
            Check(
                id=CheckId.GOLDEN_MINIMUM,
                name=f"golden queries: {metric} of {group}",
                scope=SCOPE,
                subject=group,
                owner=OWNER,
                severity=Severity.REJECT,
                outcome=Outcome.FAILED if is_short else Outcome.PASSED,
                figure=round(mean, 4),
                threshold=least,
                message=message,
                concerned=len(missed) if is_short else None,
                examples=_examples(missed, sides.candidate) if is_short else (),
            )
        )
    return checks


def _plural(queries: Sequence[GoldenQuery]) -> str:
    return "query" if len(queries) == 1 else "queries"


def _metric(name: str, k: int) -> str:
    """Return a metric of the settings with its depth."""
    if name == "MRR":
        return name
    return f"{name}@{DEPTH if name == 'nDCG' else k}"


def _negative_checks(
    sides: Sides, retrieval: Retrieval, settings: RetrievalSettings
) -> list[Check]:
    if not retrieval.negatives or settings.negatives == "off":
        return []
    failures = sides.candidate.breaches
    queries = {query.id: query.query for query in sides.golden}
    # What somebody said on a page is to be seen, and not to stop publication by a click.
    strict = {query.id for query in sides.golden if FEEDBACK not in query.tags}
    is_mere_feedback = bool(failures) and strict.isdisjoint(failures)
    rejects = settings.negatives == "reject" and not is_mere_feedback
    old = sum(breach.published is True for breach in retrieval.breaches)
    message = f"{len(failures)} of {retrieval.negatives} negative queries fail"
    if old:
        message += f", {old} of them on the published state too"
    if failures:
        message += f": {', '.join(list(failures)[:_NAMED])}"
    return [
        Check(
            id=CheckId.GOLDEN_NEGATIVE,
            name="golden queries: negative",
            scope=SCOPE,
            owner=OWNER,
            severity=Severity.REJECT if rejects else Severity.WARN,
            outcome=Outcome.FAILED if failures else Outcome.PASSED,
            figure=len(failures),
            threshold=0,
            message=message,
            concerned=len(failures) if failures else None,
            examples=tuple(
                Example(uri=key, message=f"{queries[key]}: {failure}")
                for key, failure in list(failures.items())[:SHOWN]
            ),
        )
    ]


def _leak_checks(sides: Sides, retrieval: Retrieval, settings: RetrievalSettings) -> list[Check]:
    """Return whether too many results are in another language than their query.

    A share above the largest one of the settings blocks. One that rises by more than the tolerance,
    and by more than chance explains, warns: documents in another language may be meant to join.
    """
    if not retrieval.leaks:
        return []
    largest, (overall, *by_language) = settings.max_language_leak, retrieval.leaks
    is_too_large = largest is not None and overall.candidate > largest + _EXACT
    gain = _leak_gain(sides)
    is_larger = gain.sum() > settings.tolerance + _EXACT and loss_p(gain) <= settings.alpha
    is_failed = is_too_large or is_larger
    leaks, languages = sides.candidate.leaks, sides.candidate.languages
    leaking = sorted(
        (query for query in sides.golden if leaks.get(query.id)),
        key=lambda query: -leaks[query.id],
    )
    shares = ", ".join(f"{each.language} {each.candidate:.1%}" for each in by_language)
    before = (
        "" if overall.published is None else f", {overall.published:.1%} on the published state"
    )
    examples = [
        Example(
            uri=query.id,
            message=f"{query.query}: {leaks[query.id]:.0%} of its results are not in "
            f"{languages[query.id]}",
        )
        for query in leaking[:SHOWN]
    ]
    return [
        Check(
            id=CheckId.LANGUAGE_LEAK,
            name="golden queries: results in another language",
            scope=SCOPE,
            owner=OWNER,
            severity=Severity.REJECT if is_too_large else Severity.WARN,
            outcome=Outcome.FAILED if is_failed else Outcome.PASSED,
            figure=round(overall.candidate, 4),
            threshold=largest,
            message=f"{overall.candidate:.1%} of the first {retrieval.k} results of all queries "
            f"({shares}){before}",
            concerned=len(leaking) if is_failed else None,
            examples=tuple(examples) if is_failed else (),
        )
    ]


def _leak_gain(sides: Sides) -> npt.NDArray[np.float64]:
    """Return by how much each query's leak rose, as its part of the mean."""
    before, after = sides.before().leaks, sides.candidate.leaks
    queries = [query for query in sides.golden if query.id in before and query.id in after]
    weights = np.array([query.importance for query in queries])
    gains = np.array([after[query.id] - before[query.id] for query in queries])
    return gains * weights / weights.sum() if queries else gains
