"""Lists golden queries with their scores in the newest run that has scored them."""

from collections.abc import Collection
from dataclasses import dataclass

from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.golden.golden_file import golden_place
from vouch.pipeline.operations.golden.score_history import newest_scores
from vouch.schemas.errors import IndexError_
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden
from vouch.validators.retrieval.scoring import Scores, metric_names


@dataclass(frozen=True, slots=True)
class ListedQuery:
    """A golden query with the documents that it is about, and its score in words.

    The score is the first metric; `not in the index` where its answer is gone, and `not scored`
    where no run has scored the query as it is defined now.
    """

    query: GoldenQuery
    documents: tuple[str, ...]
    score: float | None
    score_in_words: str


@dataclass(frozen=True, slots=True)
class ListedQueries:
    """Golden queries, the run whose scores these are, and the metric."""

    queries: tuple[ListedQuery, ...]
    run_id: str | None
    metric: str


def list_golden(
    file: SettingsFile,
    *,
    tags: Collection[str] = (),
    owner: str | None = None,
    language: str | None = None,
    only_lost: bool = False,
) -> ListedQueries:
    """Return the golden queries with one of the tags, of this owner and language.

    `only_lost` are those that the newest scored state does not answer: not found, not in the index,
    or a negative query that fails. Raises `SettingsError` where the settings name no file.
    """
    golden_place(file)
    golden = load_golden(file.golden or "")
    record, scores = _scores(file, golden)
    metric = metric_names(file.settings.retrieval.k)[0]
    of_tags = {tag.lower() for tag in tags}
    listed = tuple(
        _listed(query, scores, metric)
        for query in golden
        if (not of_tags or not of_tags.isdisjoint(query.tags))
        and owner in (None, query.owner)
        and language in (None, query.language)
    )
    lost = tuple(entry for entry in listed if entry.score == 0) if only_lost else listed
    return ListedQueries(lost, record, metric)


def _scores(
    file: SettingsFile, golden: tuple[GoldenQuery, ...]
) -> tuple[str | None, Scores | None]:
    try:
        tables = Tables.open(file.index_location)
    except IndexError_:  # before the first run there is no index
        return None, None
    record, scores = newest_scores(tables, golden)
    return (record.run_id if record else None), scores


def _listed(query: GoldenQuery, scores: Scores | None, metric: str) -> ListedQuery:
    documents = tuple(answer.uri for answer in query.answers)
    documents += tuple(f"not {forbidden.uri}" for forbidden in query.not_from)
    documents += ("none",) if query.absent else ()
    score, words = _score(query, scores, metric)
    return ListedQuery(query, documents, score, words)


def _score(query: GoldenQuery, scores: Scores | None, metric: str) -> tuple[float | None, str]:
    if scores is None or query.id not in scores.searched:
        return None, "not scored"
    if query.id in scores.breaches:
        return 0.0, "answered, and must not be"
    if not query.answers:
        return 1.0, "not answered"
    if scores.by_query.get(query.id) is None:
        return 0.0, "not in the index"
    value = scores.value(query.id, metric)
    return value, f"{value:.2f}"
