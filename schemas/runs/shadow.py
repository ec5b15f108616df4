"""The shadows' part of a run's record: `RunRecord.shadows`.

It is stored as JSON with the record: never rename a key, and give every new one a default.
"""

from datetime import datetime

from pydantic import ConfigDict

from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.strict import Strict


class Latency(Strict):
    """How long the golden queries took, in milliseconds: with the query's vector, unless a service
    gives it.
    """

    median_ms: float
    p95_ms: float


class Side(Strict):
    """The published state, or a shadow of it.

    Attributes:
        model: Its model, for people.
        dimension: Length of its vectors.
        chunks: Its chunks.
        bytes: What its chunks take with their indexes, older versions included.
        latency: None where no golden query was searched.
    """

    model: str
    dimension: int
    chunks: int
    bytes: int
    latency: Latency | None = None


class ShadowFigures(Strict):
    """A shadow beside the published state, compared after a run.

    Attributes:
        name: Its name in the settings.
        problem: Why it is not up to date, or not compared, in words; empty where it is.
        published: The published state.
        shadow: The shadow; both are None where it could not be opened.
        documents: Documents of the shadow.
        rejected: Published documents of which the shadow has no chunks, because they were rejected.
        behind: Published documents that it lacks or has in an older state, and documents that it
            has and that are no longer published.
        up_to_run: The run whose state it has.
        at: When it was compared.
        embedded: Chunks whose vectors were computed to bring it up to date.
        reused: Chunks whose vectors it had, or another shadow, or the index.
        spending: What embedding for it has cost so far, by day.
        retrieval: The golden queries: `published`, and the shadow as `candidate`.
        won: Golden queries whose first metric is higher in the shadow.
        lost: Those of which it is lower.
        p_won: How often chance alone makes a gain as large, as `MetricChange.p` says it of a loss.
        run_id: The run of kind `shadow` that brought it up to date.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    problem: str = ""
    published: Side | None = None
    shadow: Side | None = None
    documents: int = 0
    rejected: int = 0
    behind: int = 0
    up_to_run: str = ""
    at: datetime | None = None
    embedded: int = 0
    reused: int = 0
    spending: Spending = Spending()
    retrieval: Retrieval | None = None
    won: int = 0
    lost: int = 0
    p_won: float = 1.0
    run_id: str = ""
