"""The trend gate: golden queries over the runs of weeks, for losses that no single run shows."""

from collections.abc import Sequence
from datetime import datetime

from vouch.index.store.tables import Tables
from vouch.pipeline.operations.golden.score_history import score_history
from vouch.schemas.runs.record import Check
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.groups import groups_of
from vouch.validators.retrieval.scoring import Scores, metric_names
from vouch.validators.retrieval.trend import Point, loss_trends, trend_checks

_GROUPS = ("overall", "tag:", "language:", "source:")


def slow_loss_checks(
    tables: Tables,
    golden: Sequence[GoldenQuery],
    scores: Scores,
    settings: RetrievalSettings,
    embedding_fingerprint: str,
    at: datetime,
) -> tuple[Check, ...]:
    """Compare the scores of a state, at this time, with those of the states of the last weeks.

    Returns a failed check for each group of queries that is losing answers slowly.
    """
    if settings.trend.action == "off" or not scores.by_query:
        return ()
    history = score_history(tables, golden, settings, embedding_fingerprint, at)
    trends = loss_trends(
        [*history, Point(at, scores.by_query)],
        {
            name: [query.id for query in queries]
            for name, queries in groups_of(golden, scores.languages).items()
            if name.startswith(_GROUPS)
        },
        {query.id: query.importance for query in golden},
        [name for name in metric_names(settings.k) if name.split("@")[0] in settings.metrics],
        settings.trend,
    )
    return trend_checks(trends, {query.id: query.query for query in golden}, settings.trend)
