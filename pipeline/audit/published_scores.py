"""The golden queries on what is published: searched, or from the record of its run.

The published vectors can be searched only with the model that made them. Where it is gone, or other
weights are in its place, the scores that the publishing run recorded are as good: the state has not
changed since.
"""

from itertools import chain

from vouch.index.publishing.versions import published_state
from vouch.index.search.index import Index
from vouch.index.search.searcher import Searcher
from vouch.index.store.generations import newest
from vouch.index.store.run_log import newest_published, read_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.operations.golden.score_history import scored_runs
from vouch.pipeline.operations.retrieval_evaluation import (
    Groups,
    SearchWay,
    scores_by_profile,
    search_way,
)
from vouch.schemas.errors import EmbeddingError, IndexError_, NotFound, SettingsError
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.search_profiles import load_profiles
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.validators.retrieval.kept_scores import kept_scores
from vouch.validators.retrieval.scoring import Scores, Texts

_NOT_PUBLISHED = "searched with the filters of the profile alone, which is not published yet"
_NO_MODEL = "the published state cannot be searched, because its model is gone or was changed"


def published_scores(
    run: Run, groups: Groups, texts: Texts
) -> dict[str | None, tuple[Scores, str]]:
    """Return the scores of the published state by profile, and where they come from if it was not
    searched as it is published.

    They lack the queries that nobody has scored on it, all of them where no record helps.
    """
    settings = run.settings.retrieval
    index = searchable(run)
    if index is not None:
        try:
            return _searched(run, index, groups, texts)
        except EmbeddingError:
            # The service of another model may be gone; that of the run has just been searched by.
            if index.generation == run.fingerprints.embedding:
                raise
    record = _scored(run.tables, settings)
    if record is None or record.retrieval is None:
        nothing = Scores(settings.k, {}), f"{_NO_MODEL}, and no run has recorded its scores"
        return dict.fromkeys(groups, nothing)
    origin = f"as run {record.run_id} recorded it ({_NO_MODEL})"
    return {
        name: (kept_scores(queries, record.retrieval), origin) for name, queries in groups.items()
    }


def _searched(
    run: Run, index: Searcher, groups: Groups, texts: Texts
) -> dict[str | None, tuple[Scores, str]]:
    """Search the published state, by the profiles that are published with it.

    Of a profile that is not published yet only the filters are used: so its boosts, its decay and
    its reranker are compared with a search without them.
    """
    profiles, settings = published_profiles(run), run.settings.retrieval

    def way_of(name: str | None) -> SearchWay:
        if name is None:
            return SearchWay(settings, at=run.stamp.at)
        if name in profiles:
            return search_way(run.file, settings, profiles[name], run.stamp.at)
        filters = run.settings.profiles[name].filters
        return SearchWay(settings, ProfileSettings(filters=filters), at=run.stamp.at)

    scores, problems = scores_by_profile(index, groups, texts, way_of, run.workspace.meter)
    origins: dict[str | None, str] = {
        name: _NOT_PUBLISHED for name in groups if name and name not in profiles
    }
    answers = {name: (each, origins.get(name, "")) for name, each in scores.items()}
    return answers | {
        name: (Scores(settings.k, {}), f"it cannot be searched ({problem})")
        for name, problem in problems.items()
    }


def published_profiles(run: Run) -> dict[str, ProfileSettings]:
    """Return the profiles of the published state; those that another version wrote do not count."""
    published = newest_published(run.tables)
    try:
        return load_profiles(published.profiles if published else None)
    except SettingsError:
        return {}


def searchable(run: Run) -> Searcher | None:
    """Return what readers search, if this machine has the model that it takes, else None."""
    state = published_state(Tables.open(run.file.index_location))
    fingerprint, _ = newest(state)
    if fingerprint == run.fingerprints.embedding:
        return Searcher.of(state, fingerprint, run.embedder)
    index = Index(run.file.index_location)
    if run.settings.retrieval.mode != "text":  # words need no model
        try:
            index.load_model()
        except (EmbeddingError, IndexError_):
            return None
    return index.searcher


def _scored(tables: Tables, settings: RetrievalSettings) -> RunRecord | None:
    """Return the newest record with scores of the published state, searched as the settings say."""
    published = newest_published(tables)
    if published is None:
        return None
    state = _state(tables, published)
    own = [(state, state.retrieval)] if state.retrieval and state.retrieval.scores else []
    searched = (settings.mode, settings.k, settings.breadth)
    for record, retrieval in chain(scored_runs(tables), own):
        of_run = retrieval.run_id or record.run_id
        is_of_state = of_run in (published.run_id, state.run_id)
        if is_of_state and (retrieval.mode, retrieval.k, retrieval.breadth) == searched:
            return record
    return None


def _state(tables: Tables, published: RunRecord) -> RunRecord:
    """Return the run whose state is published: of a rollback, the one that it went back to."""
    if not published.went_back_to:
        return published
    try:
        return read_run(tables, published.went_back_to)
    except NotFound:
        return published
