"""Scores the published index on golden queries."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, get_args

from vouch.embedders.base import RequestMeter
from vouch.index.search.passages import Passage
from vouch.index.search.published_model import model_problem
from vouch.index.search.reranking import for_reranking, rate
from vouch.index.search.searcher import Searcher
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables, is_in, rows
from vouch.pipeline.audit.trend_gate import slow_loss_checks
from vouch.pipeline.context.index_model import open_index, reranker_of
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import (
    locks_of,
    new_record,
    write_final_record,
)
from vouch.schemas.errors import EmbeddingError, IndexError_, SettingsError
from vouch.schemas.runs.record import Check, RunRecord, Severity, Status
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.search_profiles import (
    NO_PROFILE,
    Given,
    load_profiles,
    options_of,
    profile_named,
)
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.validators.batch.verdict import decide
from vouch.validators.retrieval.checks import profile_checks, retrieval_checks
from vouch.validators.retrieval.comparison import Sides, compare, with_profiles
from vouch.validators.retrieval.golden_queries import (
    GoldenQuery,
    by_profile,
    check_profiles,
    load_golden,
    nearest,
)
from vouch.validators.retrieval.groups import series
from vouch.validators.retrieval.scoring import DEPTH, Scores, Search, Texts, score

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The golden queries on the published index in one mode of search, and their checks."""

    scores: Scores
    retrieval: Retrieval
    checks: tuple[Check, ...]

    @property
    def means(self) -> dict[str, float]:
        """Return the mean of each metric over all queries that have answers."""
        return {change.metric: change.candidate for change in self.retrieval.changes}


def evaluate(
    file: SettingsFile, golden: str, tags: Collection[str] = (), profile: str | None = None
) -> dict[Mode, Evaluation]:
    """Score the published index, by mode of search; `golden` is the text of golden queries.

    With `tags` only the queries with one of them are searched. With a `profile` all are searched by
    that profile of the settings, published or not, but for those that name another one; without
    one, those that name none. Where the model of the published index is not there, only the search
    by words is scored: `vouch.index.search.published_model.model_problem` says why. Raises
    `SettingsError` for a tag that no query has, and for a profile that is not there.
    """
    queries, settings = load_golden(golden), file.settings.retrieval
    by = profile_named(file.settings.profiles, profile)
    queries = by_profile(queries, [profile] if profile else []).get(profile, ())
    check_profiles(queries, file.settings.profiles, "golden queries")
    if tags:
        queries = _with_tags(queries, tags)
        # The others are about more queries than these.
        of_tags = {f"tag:{tag}" for tag in tags}
        require = {name: each for name, each in settings.require.items() if name in of_tags}
        settings = settings.model_copy(update={"require": require})
    texts = canonical_texts(Tables.open(file.index_location), queries)
    index = open_index(file).searcher
    rerank = reranker_of(file, by.rerank) if by.rerank else None
    modes: Sequence[Mode] = ("text",) if model_problem(file.index_location) else get_args(Mode)
    results = {}
    for mode in modes:
        of_mode = settings.model_copy(update={"mode": mode})
        way = SearchWay(of_mode, by.model_copy(update={"mode": mode}), rerank)
        scores = scores_of(index, queries, texts, way)
        results[mode] = _evaluation(queries, scores, way.settings, profile)
    return results


def _with_tags(queries: Iterable[GoldenQuery], tags: Collection[str]) -> tuple[GoldenQuery, ...]:
    queries = tuple(queries)
    there = {tag for query in queries for tag in query.tags}
    for tag in tags:
        if tag not in there:
            raise SettingsError(f"no golden query has the tag {tag}{nearest(tag, there)}")
    return tuple(query for query in queries if not set(tags).isdisjoint(query.tags))


def _evaluation(
    queries: Sequence[GoldenQuery],
    scores: Scores,
    settings: RetrievalSettings,
    profile: str | None = None,
) -> Evaluation:
    sides = Sides(queries, scores)
    retrieval, today = compare(sides, settings), now().date()
    if profile is None:
        return Evaluation(scores, retrieval, retrieval_checks(sides, retrieval, settings, today))
    checks = profile_checks(profile, sides, retrieval, settings, today)
    return Evaluation(scores, retrieval, checks)


def evaluate_published(file: SettingsFile, golden: str | None) -> RunRecord:
    """Score the published index as the settings search, and record a run of kind `evaluate`.

    It has a verdict where answers are lost slowly, which warns: there is nothing to reject.
    """
    text = file.golden_or(golden)
    tables, settings = Tables.open(file.index_location), file.settings.retrieval
    newest = newest_published(tables)
    if newest is None:
        raise IndexError_(
            "nothing is published yet, so there is nothing to search; run `vouch ingest`"
        )
    record = new_record(file, "evaluate", f"the state of {newest.run_id}")
    profiles = load_profiles(newest.profiles)
    every = load_golden(text)
    check_profiles(every, profiles, "golden queries on the published state")
    # Profiles that are not published yet are those of a run to come.
    asked_too = [name for name in settings.profiles if name in profiles]
    queries, *groups = by_profile(every, asked_too).items()
    texts, index = canonical_texts(tables, every), open_index(file).searcher
    scores = scores_of(index, queries[1], texts, SearchWay(settings))
    result = _evaluation(queries[1], scores, settings)
    by_name = {}
    for name, of_profile in groups:
        way = search_way(file, settings, profiles[str(name)], record.started_at)
        scores = scores_of(index, of_profile, texts, way)
        by_name[str(name)] = _evaluation(of_profile, scores, way.settings, name)
    trends = slow_loss_checks(
        tables, queries[1], result.scores, settings, newest.embedding_fingerprint, record.started_at
    )
    # Nothing is rejected, because nothing is about to be published.
    of_profiles = (check for each in by_name.values() for check in each.checks)
    every_check = (*result.checks, *of_profiles, *trends)
    checks = [check.model_copy(update={"severity": Severity.WARN}) for check in every_check]
    retrieval = with_profiles(
        result.retrieval, {name: each.retrieval for name, each in by_name.items()}
    )
    fields = {
        "status": Status.UNCHANGED,
        "verdict": decide(checks) if checks else None,
        "embedding_fingerprint": newest.embedding_fingerprint,
        "model": newest.model,
        "retrieval": retrieval.model_copy(update={"run_id": newest.run_id}),
        "metrics": series(retrieval),
    }
    with locks_of(file).publisher():
        return write_final_record(file, tables, record.model_copy(update=fields))


@dataclass(frozen=True)
class SearchWay:
    """How golden queries are searched: as the settings say, or by a profile.

    `at` is the time from which ages of documents count, so that two states are searched alike.
    """

    retrieval: RetrievalSettings
    profile: ProfileSettings = NO_PROFILE
    reranker: "Reranker | None" = None
    at: datetime | None = None

    @property
    def settings(self) -> RetrievalSettings:
        """The settings with the mode and the breadth of the profile, if it has them."""
        own = {"mode": self.profile.mode, "breadth": self.profile.breadth}
        return self.retrieval.model_copy(update={key: own[key] for key in own if own[key]})

    def on(self, index: Searcher) -> Search:
        """Return how a query is searched in an index."""
        settings = self.settings
        defaults = SearchOptions(mode=settings.mode, breadth=settings.breadth)
        # As many as the metrics need, however many the profile returns.
        k = max(DEPTH, settings.k)

        def search(query: GoldenQuery) -> Sequence[Passage]:
            given = Given(k, filters=query.filters)
            options = options_of(self.profile, given, query.values, defaults, self.at)
            if self.reranker is None:
                return index.find(query.query, options)
            passages = index.find(query.query, for_reranking(options))
            texts, factors = [each.text for each in passages], [each.factor for each in passages]
            rated = rate(query.query, texts, self.reranker, factors)
            return [passages[number] for number, _, _ in rated[:k]]

        return search


def search_way(
    file: SettingsFile, settings: RetrievalSettings, profile: ProfileSettings, at: datetime
) -> SearchWay:
    """Return how golden queries are searched by a profile. Raises `EmbeddingError` where there is
    no such reranker.
    """
    reranker = reranker_of(file, profile.rerank) if profile.rerank else None
    return SearchWay(settings, profile, reranker, at)


Groups: TypeAlias = Mapping[str | None, Sequence[GoldenQuery]]
"""Golden queries by the profile that they are searched by; None: without one."""


def scores_by_profile(
    index: Searcher,
    groups: Groups,
    texts: Texts,
    way_of: Callable[[str | None], SearchWay],
    meter: RequestMeter | None = None,
) -> tuple[dict[str | None, Scores], dict[str | None, str]]:
    """Search an index for queries by several profiles.

    Returns the scores by profile, and by profile why an index cannot be searched by it: a key of a
    filter that no document has, say. Raises `EmbeddingError` as `scores_of` does.
    """
    scores: dict[str | None, Scores] = {}
    problems: dict[str | None, str] = {}
    for name, queries in groups.items():
        try:
            way = way_of(name)
        except (SettingsError, EmbeddingError) as error:  # there is no such reranker, say
            problems[name] = str(error)
            continue
        try:
            scores[name] = scores_of(index, queries, texts, way, meter)
        except SettingsError as error:
            if name is None:
                raise
            problems[name] = str(error)
    return scores, problems


def scores_of(
    index: Searcher,
    queries: Sequence[GoldenQuery],
    texts: Texts,
    way: SearchWay,
    meter: RequestMeter | None = None,
) -> Scores:
    """Search an index for the queries; `meter` counts a service's requests.

    Raises `EmbeddingError` where a service does not answer: scores of words alone would be others.
    """
    if way.settings.mode != "text":
        index.prepare((query.query for query in queries), meter)
    return score(queries, texts, way.on(index), way.settings.k)


def canonical_texts(tables: Tables, queries: Iterable[GoldenQuery]) -> dict[tuple[str, str], str]:
    """Return the published texts of the documents that the queries name, by source and uri."""
    condition = is_in("uri", {answer.uri for query in queries for answer in query.answers})
    documents = rows(tables.documents, ("source", "uri", "canonical_text"), condition).to_pylist()
    return {(row["source"], row["uri"]): row["canonical_text"] or "" for row in documents}
