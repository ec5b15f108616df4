"""The golden queries' part of a run's record: `RunRecord.retrieval`.

It is stored as JSON with the record: never rename a key, and give every new one a default.
"""

from typing import NamedTuple

from pydantic import Field

from vouch.schemas.strict import Strict


class QueryScore(Strict):
    """The scores of a golden query in both states; None where the state lacks the answer.

    `where` says where its answer is on the candidate, for people.
    """

    id: str
    query: str
    published: dict[str, float] | None
    candidate: dict[str, float] | None
    where: str = ""


class MetricChange(Strict):
    """The means of a metric in both states, over the queries that one of them can answer.

    `p` is that of the paired randomisation test.
    """

    metric: str
    published: float
    candidate: float
    p: float


class Estimate(NamedTuple):
    """A mean between 0 and 1 and its 95 % interval; stored as a list of the three numbers."""

    mean: float
    low: float
    high: float


class GroupScore(Strict):
    """The means of one group of golden queries: recall@k and nDCG@10, of `overall` every metric.

    `name` is `overall`, `tag:NAME`, `language:CODE`, `source:NAME` or `owner:NAME`; in the group
    `profile:NAME` are the queries that are searched by a retrieval profile, which are in no other.
    `queries` are those that the means are made of, the same ones in both states. `published` is
    empty where there was nothing to compare with. A wide interval means few queries: no cause for
    alarm.
    """

    name: str
    queries: int
    published: dict[str, Estimate] = Field(default_factory=dict)
    candidate: dict[str, Estimate] = Field(default_factory=dict)


class Breach(Strict):
    """A negative query that fails on the candidate, and how: what was found, and where.

    `published` is whether it failed on the published state too, None where that is unknown.
    """

    id: str
    query: str
    message: str
    published: bool | None = None


class LanguageLeak(Strict):
    """The share of hits in another language than the query's, over the queries of one language.

    Of each query the first k hits count whose language was detected; `queries` have at least one.
    `language` is `overall` in the row of all queries. `published` is None where it is unknown.
    """

    language: str
    queries: int
    published: float | None
    candidate: float


class Retrieval(Strict):
    """The golden queries in the published state and in the candidate.

    `changes` are the means of all queries, weighted by importance; `lost` and `won` the queries
    whose first metric fell or rose. `groups` break the means down, with intervals: first `overall`,
    then by tag, language, source and owner. `negatives` counts the queries that must not be
    answered, or not from some documents; `breaches` are those of them that fail. `leaks` are shares
    of hits in other languages, `overall` first. `published_from` says in words where the published
    side comes from, empty where it was searched; `not_compared` counts the queries that have none.

    `run_id` is the run whose state was scored, where that is not the record's own; `scores` are the
    candidate's by query, packed by `vouch.validators.retrieval.kept_scores`, for a later run that
    cannot search this state any more.
    """

    queries: int
    mode: str
    k: int
    changes: tuple[MetricChange, ...]
    lost: tuple[QueryScore, ...] = ()
    won: tuple[QueryScore, ...] = ()
    unlocated: tuple[str, ...] = ()
    alone: bool = Field(
        default=False, description="Nothing was published to compare the candidate with"
    )
    groups: tuple[GroupScore, ...] = ()
    negatives: int = 0
    breaches: tuple[Breach, ...] = ()
    leaks: tuple[LanguageLeak, ...] = ()
    published_from: str = ""
    not_compared: int = 0
    run_id: str = ""
    breadth: str = ""
    profiles: dict[str, "Retrieval"] = Field(
        default_factory=dict,
        description="The queries that were searched by a retrieval profile, by its name",
    )
    scores: str = Field(default="", repr=False)
