"""The record of a run: what it took in, what became of it, whether it was good, and what it cost.

One record is written to the `runs` table as JSON, beside the columns that people query; the report is made from it alone.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict, Field

from vouch.schemas.strict import Strict


class Status(StrEnum):
    RUNNING = "running"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    STAGED = "staged"
    """Accepted and kept beside the published state, not published yet."""
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self not in (Status.RUNNING, Status.PUBLISHING)

    @property
    def is_bad(self) -> bool:
        """Whether it has ended and published nothing because something was wrong."""
        return self in (Status.FAILED, Status.REJECTED)


class Decision(StrEnum):
    ACCEPT = "accept"
    WARN = "accept_with_warnings"
    REJECT = "reject"


class Severity(StrEnum):
    WARN = "warn"
    REJECT = "reject"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "could_not_check"


class Check(Strict):
    """One check of the candidate as a whole. `figure` was measured, `threshold` is what it was held against."""

    name: str
    scope: str
    owner: str
    severity: Severity
    outcome: Outcome
    figure: float | None = None
    threshold: float | None = None
    message: str = ""


class Drift(Strict):
    """One figure of two states held against each other.

    `scope` is a source, or `all`; `part` is the whole index, or the arrivals: what the run brought. `distance` is measured as
    `vouch.schemas.drift.DriftThresholds` says; `before` and `after` are the figure itself, or what weighs most in it, in words.
    """

    figure: str
    scope: str
    part: str
    before: str
    after: str
    distance: float
    warn: float | None
    block: float | None

    @property
    def level(self) -> str:
        """none, warn or block."""
        if self.block is not None and self.distance >= self.block:
            return "block"
        return "warn" if self.warn is not None and self.distance >= self.warn else "none"

    @property
    def urgency(self) -> tuple[int, float]:
        """Sorts what blocks before what warns, and the farthest first."""
        return ("block", "warn", "none").index(self.level), -self.distance


class QueryScore(Strict):
    """One golden query on both sides. None where its answer stands nowhere on that side."""

    id: str
    query: str
    published: dict[str, float] | None
    candidate: dict[str, float] | None


class MetricChange(Strict):
    """A figure's mean on both sides, over the queries that can be answered on one of them; `p` of the paired test."""

    metric: str
    published: float
    candidate: float
    p: float


class Retrieval(Strict):
    """The golden queries on what is published and on the candidate. `lost` and `won` differ in the first metric."""

    queries: int
    mode: str
    k: int
    changes: tuple[MetricChange, ...]
    lost: tuple[QueryScore, ...] = ()
    won: tuple[QueryScore, ...] = ()
    unlocated: tuple[str, ...] = ()
    alone: bool = Field(
        default=False, description="One state was held against itself: there was no other"
    )


class Example(Strict):
    uri: str
    message: str


class PolicyFinding(Strict):
    """What the content policy found in a run's documents, by kind and detector, and what was done with it."""

    kind: str
    what: str
    action: str
    count: int
    documents: int
    examples: tuple[Example, ...] = ()


class RuleBreak(Strict):
    """Documents of a run that broke a rule which only warns, or blocks: those that quarantine are rejects."""

    source: str
    rule: str
    severity: str
    count: int
    examples: tuple[Example, ...] = ()


class Verdict(Strict):
    decision: Decision
    checks: tuple[Check, ...]


class Accounting(Strict):
    """Sums over documents and chunks. They must close: see `problems`.

    `attached` are documents found inside others. `renamed` ones are among the published, `rejected` ones among the quarantined:
    those that this run brought there, and were not there before. `missing` ones are listed no more,
    and kept until their grace has passed. `unchanged` chunks belong to unchanged documents. `produced` chunks
    came out of the chunker in this run.
    """

    listed: int = 0
    attached: int = 0
    published: int = 0
    unchanged: int = 0
    filtered: int = 0
    quarantined: int = 0
    rejected: int = 0
    removed: int = 0
    renamed: int = 0
    missing: int = 0
    chunks_produced: int = 0
    chunks_published: int = 0
    chunks_quarantined: int = 0
    chunks_unchanged: int = 0
    chunks_removed: int = 0
    vectors_computed: int = 0
    vectors_reused: int = 0

    def problems(self) -> list[str]:
        """Each sum that does not close, in words; empty when all is accounted for."""
        seen = self.listed + self.missing + self.attached
        told = self.published + self.unchanged + self.filtered + self.quarantined
        sums = (
            (
                seen,
                told,
                "documents: listed + missing + attached",
                "published + unchanged + filtered + quarantined",
            ),
            (
                self.chunks_produced,
                self.chunks_published + self.chunks_quarantined,
                "chunks: produced",
                "published + quarantined",
            ),
            (
                self.chunks_published,
                self.vectors_computed + self.vectors_reused,
                "vectors: chunks published",
                "computed + reused",
            ),
        )
        return [f"{left} = {a:,} but {right} = {b:,}" for a, b, left, right in sums if a != b]


class SourceSummary(Strict):
    name: str
    path: str
    listed: int
    filtered: int
    complete: bool
    problems: tuple[str, ...] = ()
    since: str | None = Field(
        default=None, description="Only rows at or past this value of the cursor were asked for"
    )

    @property
    def in_doubt(self) -> bool:
        """Whether something that should have been listed was not. Rows since a cursor are all that was asked for."""
        return bool(self.problems) or not (self.complete or self.since is not None)


class StageCost(Strict):
    """Seconds of wall time that a stage was at work, summed over shards, and how many items went through it."""

    stage: str
    seconds: float
    items: int
    unit: str


class Group(Strict):
    """A row of a breakdown over the candidate (what the index holds after the run, or would hold)."""

    name: str
    documents: int = 0
    quarantined: int = 0
    chunks: int = 0


class Bin(Strict):
    """One bar of a histogram: `[low, high)`."""

    low: int
    high: int
    count: int


class Breakdown(Strict):
    by_source: tuple[Group, ...] = ()
    by_format: tuple[Group, ...] = ()
    by_language: tuple[Group, ...] = ()
    chunk_tokens: tuple[Bin, ...] = ()
    document_chars: tuple[Bin, ...] = ()


class RejectGroup(Strict):
    """Rejects of this run with the same stage and reason. `examples` are the first few by uri."""

    stage: str
    reason: str
    count: int
    examples: tuple[Example, ...]


class Change(Strict):
    """What was done with a document, and why: renamed, or what the plan said: new, changed, removed, retry, reprocess."""

    action: str
    source: str
    uri: str
    why: str


class IndexFigures(Strict):
    """How the index lies on the disk and is searched.

    `recall` is the share of the ten nearest chunks that a vector search finds; `search_ms` a vector search's processor time,
    `p95_ms` its time. `unindexed` rows are in no search index yet. `bytes` are those of all kept versions.
    """

    vectors: str
    recall: float
    search_ms: float
    p95_ms: float
    unindexed: int
    fragments: int
    bytes: int


class Maintenance(Strict):
    """What a run that maintains the index found and left; `tried` are kinds of vector index, in words."""

    before: IndexFigures
    after: IndexFigures
    tried: tuple[str, ...] = ()


class RunRecord(Strict):
    """What is known of a run. Keys that a record of another version has besides are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    run_id: str
    kind: str = "ingest"
    status: Status = Status.RUNNING
    verdict: Verdict | None = None
    started_at: datetime
    ended_at: datetime | None = None
    settings_sha256: str
    code_version: str
    embedding_fingerprint: str = ""
    model: str = ""
    sources: tuple[SourceSummary, ...] = ()
    accounting: Accounting = Accounting()
    stages: tuple[StageCost, ...] = ()
    tokens_embedded: int = Field(default=0, description="What embedding was spent on")
    breakdown: Breakdown = Breakdown()
    rejects: tuple[RejectGroup, ...] = ()
    filtered: tuple[RejectGroup, ...] = ()
    changes: tuple[Change, ...] = Field(default=(), description="The first few hundred")
    change_counts: dict[str, int] = Field(default_factory=dict)
    versions: dict[str, int] = Field(
        default_factory=dict, description="Pinned LanceDB version of each table"
    )
    tag: str | None = None
    shards: int = 0
    shards_resumed: int = Field(
        default=0, description="Of the shards, those that an earlier run had finished"
    )
    staged: tuple[str, ...] = Field(
        default=(), description="Shards that a run which has not published keeps staged"
    )
    window: str | None = Field(
        default=None, description="What a backfill, replay or rollback was asked for"
    )
    hold: bool = Field(
        default=False,
        description="A rollback that keeps others from publishing until it is released",
    )
    retrieval: Retrieval | None = Field(default=None, description="Golden queries on both sides")
    drift: tuple[Drift, ...] = Field(
        default=(), description="Against the last published state, farthest first"
    )
    policy: tuple[PolicyFinding, ...] = ()
    maintenance: Maintenance | None = None
    metrics: dict[str, float] = Field(
        default_factory=dict, description="The figures of this run, as a point of their series"
    )
    known_to_server: bool = Field(
        default=True, description="Prefect's server has a flow run of it, or is to have none"
    )
    error: str | None = None
    report: str | None = Field(default=None, description="Path of the HTML report")

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """Those of its verdict that did not pass, or could not be made."""
        checks = self.verdict.checks if self.verdict else ()
        return tuple(check for check in checks if check.outcome is not Outcome.PASSED)

    @property
    def seconds(self) -> float | None:
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()
