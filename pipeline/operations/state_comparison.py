"""Compares what search finds in two states: what is published, what a run would publish, or what an
earlier one had published.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vouch.index.search.hit import Hit
from vouch.index.search.index import Index
from vouch.index.store.publication_columns import now
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.candidate_index import open_state
from vouch.pipeline.operations.retrieval_evaluation import (
    Groups,
    SearchWay,
    canonical_texts,
    scores_by_profile,
    search_way,
)
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.search_options import SearchOptions
from vouch.schemas.search_profiles import profile_named
from vouch.validators.retrieval.comparison import Sides, compare, with_profiles
from vouch.validators.retrieval.golden_queries import by_profile, load_golden
from vouch.validators.retrieval.scoring import Scores

PUBLISHED = "published"
"""The name of what is published now, where a run is expected."""


@dataclass(frozen=True, slots=True)
class ComparedHit:
    """A hit of a query in one state or both.

    Attributes:
        hit: As the right state has it; as the left one where the right one does not.
        left: Its rank in the left state, counted from 1; None where it is no hit there.
        right: Its rank in the right state, likewise.
        left_score: Its score in the left state. Scores of two states are not comparable where their
            models differ.
        right_score: Its score in the right state.
    """

    hit: Hit
    left: int | None
    right: int | None
    left_score: float | None
    right_score: float | None

    @property
    def change(self) -> str:
        """What became of it: `came`, `went`, `up`, `down`, or `same`."""
        if self.left is None or self.right is None:
            return "came" if self.left is None else "went"
        return "same" if self.left == self.right else "up" if self.right < self.left else "down"


@dataclass(frozen=True, slots=True)
class QueryComparison:
    """What both states find for a query: first in the order of the right one, then what went."""

    query: str
    hits: tuple[ComparedHit, ...]

    @property
    def is_same(self) -> bool:
        """Whether both find the same in the same order."""
        return all(each.change == "same" for each in self.hits)


@dataclass(frozen=True, slots=True)
class StateComparison:
    """Two states, by the ids of the runs that made them, and what search finds in each.

    Attributes:
        left: The run of the state that is compared with.
        right: The run of the state that is looked at.
        queries: What they find for each query that was given.
        golden: The golden queries, the left state as `published` and the right one as `candidate`,
            with those of each profile; None where queries were given, or there are no golden ones.
        problems: Why golden queries of a profile could not be searched, by the profile's name.
    """

    left: str
    right: str
    queries: tuple[QueryComparison, ...] = ()
    golden: Retrieval | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, as JSON has it."""
        return {
            "left": self.left,
            "right": self.right,
            "queries": [
                {
                    "query": each.query,
                    "is_same": each.is_same,
                    "hits": [
                        {
                            "change": compared.change,
                            "left": compared.left,
                            "right": compared.right,
                            "left_score": compared.left_score,
                            "right_score": compared.right_score,
                            "hit": compared.hit.to_dict(),
                        }
                        for compared in each.hits
                    ],
                }
                for each in self.queries
            ],
            "golden": self.golden.model_dump(mode="json") if self.golden else None,
            "problems": dict(self.problems),
        }


def compare_states(
    file: SettingsFile,
    right: str,
    left: str = PUBLISHED,
    queries: Sequence[str] = (),
    options: Callable[[Index], SearchOptions] | None = None,
) -> StateComparison:
    """Compare what search finds in two states, without publishing anything.

    Args:
        file: The settings.
        right: A run, as `open_candidate` takes it, or `published`.
        left: What to compare it with, likewise.
        queries: What to search for; without any, the golden queries of the settings.
        options: Returns how a state is searched for queries, by its profiles, for example; by
            default as the settings say.

    Raises:
        NotFound: There is no such run, or what it made is no longer kept.
        IndexError_: Another run has published since, or nothing is published.
        SettingsError: There are neither queries nor golden queries.
    """
    golden = None if queries else file.golden_or(None)
    with ExitStack() as stack:
        sides = [
            stack.enter_context(open_state(file, None if run == PUBLISHED else run))
            for run in (left, right)
        ]
        before, after = sides
        if before.run_id is None or after.run_id is None:
            raise IndexError_(
                "nothing is published yet, so there is nothing to compare with; "
                "`vouch search --candidate RUN` searches what a run would publish"
            )
        if golden is not None:
            retrieval, problems = _golden(file, golden, before, after)
            return StateComparison(before.run_id, after.run_id, (), retrieval, problems)
        hits = [[_searched(file, index, query, options) for query in queries] for index in sides]
        compared = tuple(
            QueryComparison(query, _beside(first, second))
            for query, first, second in zip(queries, *hits, strict=True)
        )
        return StateComparison(before.run_id, after.run_id, compared)


def _searched(
    file: SettingsFile,
    index: Index,
    query: str,
    options: Callable[[Index], SearchOptions] | None,
) -> Sequence[Hit]:
    retrieval = file.settings.retrieval
    default = SearchOptions(mode=retrieval.mode, breadth=retrieval.breadth)
    return index.searcher.search(query, options(index) if options else default)


def _beside(left: Sequence[Hit], right: Sequence[Hit]) -> tuple[ComparedHit, ...]:
    """Return the hits of both states, those that are the same as one."""
    pairs: dict[int, int] = {}
    for rank, hit in enumerate(right):
        same = (number for number, each in enumerate(left) if _is_same(each, hit))
        match = next((number for number in same if number not in pairs.values()), None)
        if match is not None:
            pairs[rank] = match
    there = [
        ComparedHit(
            hit,
            pairs[rank] + 1 if rank in pairs else None,
            rank + 1,
            left[pairs[rank]].score if rank in pairs else None,
            hit.score,
        )
        for rank, hit in enumerate(right)
    ]
    gone = [
        ComparedHit(hit, rank + 1, None, hit.score, None)
        for rank, hit in enumerate(left)
        if rank not in pairs.values()
    ]
    return (*there, *gone)


def _is_same(left: Hit, right: Hit) -> bool:
    """Return whether two hits are of the same chunks, or of the same text in a document in which
    its place has changed.
    """
    if not set(left.chunk_ids).isdisjoint(right.chunk_ids):
        return True
    documents = [{place.document_id for place in hit.places} for hit in (left, right)]
    if documents[0].isdisjoint(documents[1]):
        return False
    return left.text in right.text or right.text in left.text


def _golden(
    file: SettingsFile, golden: str, before: Index, after: Index
) -> tuple[Retrieval, dict[str, str]]:
    """Return the golden queries in both states, and why some could not be searched.

    Each state is searched by its own profiles; queries of a profile that one of both lacks are not
    compared.
    """
    settings, at = file.settings.retrieval, now()
    profiles = [name for name in after.profiles if name in before.profiles]
    groups = by_profile(load_golden(golden), [n for n in settings.profiles if n in profiles])
    problems = {
        str(name): "one of both states has no such profile"
        for name in groups
        if name is not None and name not in profiles
    }
    groups = {name: queries for name, queries in groups.items() if str(name) not in problems}
    sides = [_scored(file, index, groups, at) for index in (before, after)]
    for _, failed in sides:
        problems |= {str(name): problem for name, problem in failed.items()}
    parts = {}
    for name, queries in groups.items():
        if str(name) in problems:
            continue
        scores = [by_name[name] for by_name, _ in sides]
        way = _way(file, after, name, at)
        parts[name] = compare(Sides(queries, scores[1], scores[0]), way.settings)
    retrieval = with_profiles(
        parts[None], {name: part for name, part in parts.items() if name is not None}
    )
    return retrieval, problems


def _scored(
    file: SettingsFile, index: Index, groups: Groups, at: datetime
) -> tuple[dict[str | None, Scores], dict[str | None, str]]:
    queries = [query for of_profile in groups.values() for query in of_profile]
    texts = canonical_texts(index.searcher.tables, queries)
    return scores_by_profile(
        index.searcher, groups, texts, lambda name: _way(file, index, name, at)
    )


def _way(file: SettingsFile, index: Index, name: str | None, at: datetime) -> SearchWay:
    profile = profile_named(index.profiles, name)
    return search_way(file, file.settings.retrieval, profile, at)
