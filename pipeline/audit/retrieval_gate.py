"""The retrieval gate: golden queries on the candidate, before anybody searches it."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

import polars as pl

from vouch.index.publishing.candidate import build_candidate
from vouch.index.publishing.states import Candidate
from vouch.index.search.searcher import Searcher
from vouch.index.store.staging import Staging
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.audit.published_scores import published_profiles, published_scores
from vouch.pipeline.audit.trend_gate import slow_loss_checks
from vouch.pipeline.context.run_context import Run, candidate_prefix
from vouch.pipeline.operations.retrieval_evaluation import (
    Groups,
    SearchWay,
    canonical_texts,
    scores_by_profile,
    search_way,
)
from vouch.schemas.errors import EmbeddingError, ModelChanged, SettingsError
from vouch.schemas.runs.record import Check, Severity
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.search_profiles import profile_named
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.validators.retrieval.checks import (
    not_searched_check,
    profile_checks,
    profile_not_searched_check,
    retrieval_checks,
)
from vouch.validators.retrieval.comparison import Sides, compare, with_profiles
from vouch.validators.retrieval.golden_queries import by_profile, check_profiles, load_golden
from vouch.validators.retrieval.groups import series
from vouch.validators.retrieval.scoring import Scores, Texts
from vouch.validators.row_parts import collect


def retrieval_gate(run: Run, changeset: Changeset) -> GateResult:
    """Compare the golden queries on the candidate with those on the published state.

    The queries are those of the request, else those of the settings; without any, nothing is
    checked. Queries of a profile are searched in the candidate by the profile of the settings, and
    in the published state by the one that is published with it. After a reindexing a loss only
    warns: a person decides whether to switch to the result.
    Where an embedding service gives no vectors for the queries, the run is rejected.
    """
    text = run.request.golden if run.request.golden is not None else run.file.golden
    golden = load_golden(text) if text is not None else ()
    if not golden:
        return GateResult()
    profiles = run.settings.profiles if run.profiles is not None else published_profiles(run)
    settings = run.settings.retrieval
    groups = by_profile(golden, settings.profiles)
    if run.profiles is None:
        groups = {name: each for name, each in groups.items() if name is None or name in profiles}
    check_profiles(chain.from_iterable(groups.values()), profiles, "golden queries")
    try:
        with run.timer.measure("golden queries", sum(map(len, groups.values())), "queries"):
            texts = canonical_texts(run.tables, golden)
            candidate, problems = _score_candidate(run, changeset, groups, profiles, texts)
            published = None
            if run.tables.chunks.count_rows():
                published = published_scores(run, groups, texts)
    except ModelChanged:
        raise
    except EmbeddingError as error:
        if not run.card.is_service:
            raise
        # Its vectors are paid for: the run is rejected, so that its shards stay staged.
        severity = Severity.WARN if run.scope.from_index else Severity.REJECT
        return GateResult((not_searched_check(len(golden), str(error), severity),))
    checks: tuple[Check, ...] = tuple(
        profile_not_searched_check(str(name), len(groups.get(name, ())), problem)
        for name, problem in problems.items()
    )
    parts: dict[str | None, Retrieval] = {}
    for name, scores in candidate.items():
        sides = Sides(groups[name], scores)
        if published is not None:
            before, origin = published[name]
            sides = replace(sides, published=before, origin=origin)
        today = run.stamp.at.date()
        if name is None:
            parts[name] = compare(sides, settings)
            checks += retrieval_checks(sides, parts[name], settings, today)
        else:
            of_profile = SearchWay(settings, profiles[name]).settings
            parts[name] = compare(sides, of_profile)
            checks += profile_checks(name, sides, parts[name], of_profile, today)
    if not run.scope.from_index:
        checks += slow_loss_checks(
            run.tables,
            groups[None],
            candidate[None],
            settings,
            run.fingerprints.embedding,
            run.stamp.at,
        )
    else:
        checks = tuple(check.model_copy(update={"severity": Severity.WARN}) for check in checks)
    by_name = {name: part for name, part in parts.items() if name is not None}
    retrieval = with_profiles(parts[None], by_name)
    return GateResult(checks, {"retrieval": retrieval}, series(retrieval))


def _score_candidate(
    run: Run,
    changeset: Changeset,
    groups: Groups,
    profiles: Mapping[str, ProfileSettings],
    published: Texts,
) -> tuple[dict[str | None, Scores], dict[str | None, str]]:
    """Score the queries on the candidate, which is built to be searched for as long, by profile.

    Also returns by which profiles it cannot be searched, and why.
    """
    settings = run.settings.retrieval
    gone = [*changeset.intent.replaced, *changeset.intent.removed]
    prefix = candidate_prefix(run.scope.kind)

    def way_of(name: str | None) -> SearchWay:
        profile = profile_named(profiles, name)
        return search_way(run.file, settings, profile, run.stamp.at)

    with (
        tempfile.TemporaryDirectory(dir=run.workspace.scratch, prefix=prefix) as folder,
        build_candidate(run.tables, run.staging, gone, Path(folder)) as tables,
    ):
        queries = chain.from_iterable(groups.values())
        uris = {answer.uri for query in queries for answer in query.answers}
        kept = published
        if changeset.has_changes:
            unpublished = unpublished_documents(changeset.candidate, uris)
            kept = {key: text for key, text in published.items() if key not in unpublished}
        texts = {**kept, **staged_texts(run.staging, uris)}
        index = Searcher.of(tables, run.fingerprints.embedding, run.embedder)
        scores, problems = scores_by_profile(index, groups, texts, way_of, run.workspace.meter)
        # Readers would get these errors, whether or not there are queries by the profile.
        for name, profile in profiles.items():
            if name not in groups:
                try:
                    index.check(profile)
                except SettingsError as error:
                    problems[name] = str(error)
        return scores, problems


def unpublished_documents(candidate: Candidate, uris: Iterable[str]) -> set[tuple[str, str]]:
    """Return which documents with these uris publishing would take away, by source and uri."""
    is_asked = pl.col("uri").is_in(list(uris))
    before, after = (
        collect(rows.lazy().filter(is_asked).select("source", "uri", "status"))
        for rows in (candidate.before.documents, candidate.documents)
    )
    kept = after.filter(pl.col("status") == "published")
    gone = before.join(kept, on=["source", "uri"], how="anti")
    return set(gone.select("source", "uri").iter_rows())


def staged_texts(staging: Staging, uris: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the staged canonical texts with these uris, by source and uri."""
    staged = staging.frame("documents", ("source", "uri", "status", "canonical_text"))
    rows = staged.filter(pl.col("uri").is_in(list(uris)) & (pl.col("status") == "published"))
    return {
        (row["source"], row["uri"]): row["canonical_text"] or ""
        for row in rows.iter_rows(named=True)
    }
