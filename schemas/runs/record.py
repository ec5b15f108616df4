"""The record of a run: what it read, what became of it, its verdict and its cost.

It is stored as JSON in the `runs` table, beside the columns that people query. Reports are made
from records alone. Field names are keys of stored JSON: never rename one.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from vouch.schemas.runs.approval import Approval, Refusal
from vouch.schemas.runs.check_ids import CheckId, Measure, id_of_old_name, id_of_old_rule
from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.runs.shadow import ShadowFigures
from vouch.schemas.strict import Strict

_OLD_ERROR = re.compile(r"([A-Z]\w+): (.*)", re.DOTALL)


_BACK_TO = "back to "


def rollback_window(run_id: str) -> str:
    """Return the `window` of a rollback to the state of this run: see `RunRecord.went_back_to`."""
    return f"{_BACK_TO}{run_id}"


class Status(StrEnum):
    RUNNING = "running"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    STAGED = "staged"
    """Accepted and kept as a candidate, not published yet."""
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Return whether the run has ended."""
        return self not in (Status.RUNNING, Status.PUBLISHING)

    @property
    def is_bad(self) -> bool:
        """Return whether it ended without publishing because of a problem."""
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


class Example(Strict):
    """A document or golden query behind a figure: its uri or id, and what is wrong with it."""

    uri: str
    message: str


class Check(Strict):
    """One check of the candidate as a whole: `figure` was measured and compared with `threshold`.

    `scope` is the set of rows, or the source, that was checked; `subject` is the field, rule or
    metric where id and scope leave it open. `name` is display text: group, filter and decide by
    `id` or `key`. Of the documents or queries behind a failure, `concerned` is the number (None
    where it is not about single ones) and `examples` are the first few. A check with an `approval`
    would have rejected the run, and warns because a person agreed to that.
    """

    id: CheckId
    name: str
    scope: str
    subject: str = ""
    owner: str
    severity: Severity
    outcome: Outcome
    figure: float | None = None
    threshold: float | None = None
    message: str = ""
    concerned: int | None = None
    examples: tuple[Example, ...] = ()
    approval: Approval | None = None

    @model_validator(mode="before")
    @classmethod
    def _give_old_check_an_id(cls, values: Any) -> Any:  # noqa: ANN401 - whatever is to be validated
        """Records of versions up to 0.5.0 have names only."""
        if not isinstance(values, dict) or "id" in values:
            return values
        name_parts = (values.get(key, "") for key in ("name", "scope", "owner"))
        check_id, subject = id_of_old_name(*name_parts)
        return values | {"id": check_id, "subject": subject}

    @property
    def blocks(self) -> bool:
        """Whether it rejects the run: it must hold, and failed or could not be made."""
        return self.outcome is not Outcome.PASSED and self.severity is Severity.REJECT

    @property
    def measure(self) -> Measure:
        """What `figure` and `threshold` are, with their unit."""
        return self.id.measure

    @property
    def key(self) -> tuple[CheckId, str, str]:
        """What makes it the same check in another run, whatever it is called there."""
        return self.id, self.scope, self.subject

    @property
    def qualified_id(self) -> str:
        """The id with its subject, such as `field_missing_share:fare`: a label within one scope."""
        return f"{self.id}:{self.subject}" if self.subject else str(self.id)

    @property
    def reference(self) -> str:
        """How `vouch approve --check` and `vouch explain --check` name it: `ID:SUBJECT@SCOPE`."""
        return f"{self.qualified_id}@{self.scope}"

    @property
    def names(self) -> frozenset[str]:
        """Every name of it that a command takes: `reference`, and shorter ones."""
        of_scope = f"{self.id}@{self.scope}"
        return frozenset((self.reference, self.qualified_id, of_scope, str(self.id)))


class Drift(Strict):
    """One figure of the published state compared with the same figure of the candidate.

    `scope` is a source, or `all`; `part` is `index` (the whole state) or `arrivals` (only what the
    run brings). `distance` is measured as `vouch.schemas.settings.drift.DriftThresholds` says.
    `before` and `after` are the figure, or its largest contribution, as text.
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
        """Return `none`, `warn` or `block`."""
        if self.block is not None and self.distance >= self.block:
            return "block"
        return "warn" if self.warn is not None and self.distance >= self.warn else "none"

    @property
    def urgency(self) -> tuple[int, float]:
        """Return a sort key: blocking drift first, then warnings, the largest distance first."""
        return ("block", "warn", "none").index(self.level), -self.distance


class PolicyFinding(Strict):
    """What one detector of the content policy found in a run's documents.

    `what` is the detector's id, such as `email_address`; `action` is what was done.
    """

    kind: str
    what: str  # prose: allow
    action: str
    count: int
    documents: int
    examples: tuple[Example, ...] = ()


class LeftOutGroup(Strict):
    """Texts of one kind that parsers read in a run's documents and that are not searched.

    `kind` is one of `vouch.schemas.documents.records.LeftOutKind`; the examples are beginnings of
    texts, with personal data and secrets masked.
    """

    kind: str
    pieces: int
    characters: int
    documents: int
    examples: tuple[Example, ...] = ()


class LeftOutDocument(Strict):
    """A document of which more than half is not searched: characters in total and left out.

    `kind` is the one that leaves out most of it; `example` is the beginning of its longest text.
    """

    uri: str
    read: int
    left_out: int
    kind: str
    example: str

    @property
    def share(self) -> float:
        """The share of its characters that is left out."""
        return self.left_out / self.read


class LeftOutSummary(Strict):
    """What parsers read in the documents that a run parsed and published, and what is not searched.

    `read` and `left_out` count characters; a document that was not parsed again is not in them.
    `mostly_left_out` documents, long enough to judge, lose more than half of their characters;
    `documents_losing_most` are the first few of them, those that lose most first.
    """

    documents: int = 0
    read: int = 0
    left_out: int = 0
    groups: tuple[LeftOutGroup, ...] = ()
    mostly_left_out: int = 0
    documents_losing_most: tuple[LeftOutDocument, ...] = ()

    @property
    def share(self) -> float:
        """The share of the characters that is left out; 0 where nothing was read."""
        return self.left_out / self.read if self.read else 0.0


class VocabularyCoverage(Strict):
    """How much of the texts of one source and language that a run embedded the model knows.

    `characters` do not count white space. `unknown_characters` are those behind unknown tokens,
    each of which may stand for a word or a page without spaces; `spelled_characters` are letters
    that the model reads one by one. The `examples` are `documents` that consist of them by more
    than the check's threshold.
    """

    source: str
    language: str = Field(default="", description="ISO 639-1 code; empty: not detected")
    texts: int
    tokens: int
    unknown_tokens: int
    characters: int
    unknown_characters: int
    spelled_characters: int
    documents: int = 0
    examples: tuple[Example, ...] = ()

    @property
    def unknown_share(self) -> float:
        """The share of characters that the model reads one by one or not at all."""
        unknown = self.unknown_characters + self.spelled_characters
        return unknown / self.characters if self.characters else 0.0


class RuleBreak(Strict):
    """Documents of a run that broke a contract's rule that warns or blocks.

    Documents that break a rule which quarantines are rejects instead. `rule` is display text;
    `subject` is the field that the rule is about, empty where it is about the whole document.
    """

    id: CheckId
    source: str
    rule: str
    subject: str = ""
    severity: str
    count: int
    examples: tuple[Example, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _give_old_rule_an_id(cls, values: Any) -> Any:  # noqa: ANN401 - whatever is to be validated
        """Give an id to a rule of a shard staged by version 0.5.0 or earlier, which has a name."""
        if not isinstance(values, dict) or "id" in values:
            return values
        check_id, subject = id_of_old_rule(values.get("rule", ""))
        return values | {"id": check_id, "subject": subject}


class Verdict(Strict):
    decision: Decision
    checks: tuple[Check, ...]


class Accounting(Strict):
    """Counts of documents and chunks, whose sums must close: see `problems`.

    `attached` documents were found inside others. `renamed` documents are among the published ones.
    `rejected` documents are those among the quarantined ones that this run put there. `missing`
    documents are no longer listed, and stay until their grace period ends (`index.delete_grace_h`).
    `unchanged` chunks belong to unchanged documents; `produced` chunks were made by the chunker.
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
        """Return a message for each sum that does not close."""
        incoming = self.listed + self.missing + self.attached
        outgoing = self.published + self.unchanged + self.filtered + self.quarantined
        sums = (
            (
                incoming,
                outgoing,
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
        default=None, description="Only rows at or past this value of the cursor were listed"
    )

    @property
    def in_doubt(self) -> bool:
        """Return whether the listing may lack items.

        A listing since a cursor value is not complete, but lacks nothing.
        """
        return bool(self.problems) or not (self.complete or self.since is not None)


class StageCost(Strict):
    """The cost of a stage: seconds of wall time, summed over shards, and items processed."""

    stage: str
    seconds: float
    items: int
    unit: str


class Group(Strict):
    """A row of a breakdown of the index as the run leaves it, or would leave it."""

    name: str
    documents: int = 0
    quarantined: int = 0
    chunks: int = 0


class Bin(Strict):
    """A bar of a histogram over `[low, high)`."""

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
    """What was done with a document, and why.

    `action` is renamed, or that of the plan: new, changed, removed, retry, reprocess.
    """

    action: str
    source: str
    uri: str
    why: str


class IndexFigures(Strict):
    """The size of the index and the quality and speed of its vector search.

    `recall` is the share of the ten nearest chunks that a vector search finds. `search_ms` is the
    processor time of a search, `p95_ms` the 95th percentile of its wall time. `unindexed` rows are
    in no search index yet. `bytes` counts all kept versions.
    """

    vectors: str
    recall: float
    search_ms: float
    p95_ms: float
    unindexed: int
    fragments: int
    bytes: int


class Maintenance(Strict):
    """The index before and after maintenance; `tried` describes the kinds of vector index tried."""

    before: IndexFigures
    after: IndexFigures
    tried: tuple[str, ...] = ()


class RunRecord(Strict):
    """The whole record of a run.

    Unknown keys are ignored, so that records of newer versions can be read.
    """

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
    tokens_embedded: int = Field(default=0, description="Tokens of all texts that were embedded")
    tokens_planned: int | None = Field(
        default=None, description="What the plan estimated that a service would count"
    )
    spending: Spending = Field(
        default=Spending(), description="These tokens by day and source, and what they cost"
    )
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
        default=0, description="Shards that an earlier, unfinished run had staged"
    )
    staged: tuple[str, ...] = Field(
        default=(), description="Shards that stay staged, because the run did not publish"
    )
    window: str | None = Field(
        default=None, description="The scope of a backfill, replay or rollback"
    )
    hold: bool = Field(
        default=False,
        description="True for a rollback that blocks publishing until it is released",
    )
    approval: Approval | None = Field(
        default=None, description="By which a person made it publish, or lets checks warn"
    )
    refusal: Refusal | None = Field(
        default=None, description="By which a person decided that it stays rejected"
    )
    flow_run: str = Field(default="", description="Id of the Prefect flow run, if it was in one")
    flow_run_url: str = Field(default="", description="Where Prefect's pages show the flow run")
    deployment: str = Field(
        default="", description="Name of the Prefect deployment that started it, if one did"
    )
    waits_until: datetime | None = Field(
        default=None,
        description="Until when it waits for a decision in Prefect's pages, if it was rejected",
    )
    retrieval: Retrieval | None = Field(default=None, description="Golden queries in both states")
    profiles: dict[str, dict[str, Any]] | None = Field(
        default=None,
        description=(
            "The retrieval profiles of the settings, which are published with the run's state; "
            "none: those of the previous state"
        ),
    )
    profile_changes: dict[str, str] = Field(
        default_factory=dict,
        description="Profiles that the run adds, changes or removes, by name: what it does",
    )
    shadows: tuple[ShadowFigures, ...] = Field(
        default=(), description="The shadows beside the state that the run published"
    )
    drift: tuple[Drift, ...] = Field(
        default=(), description="Against the last published state, largest distance first"
    )
    policy: tuple[PolicyFinding, ...] = ()
    vocabulary: tuple[VocabularyCoverage, ...] = Field(
        default=(), description="Of the texts that were embedded, most unknown characters first"
    )
    left_out: LeftOutSummary = LeftOutSummary()
    maintenance: Maintenance | None = None
    canary: dict[str, float] = Field(
        default_factory=dict,
        description=(
            "Of a canary: how near the farthest probe text is to what its generation keeps, as a "
            "cosine, of the `published` model and that of the `settings`"
        ),
    )
    metrics: dict[str, float] = Field(
        default_factory=dict, description="Metrics of this run, by name, as points of time series"
    )
    finished_later: bool = Field(
        default=False,
        description="It was cut short while it published, and another run has finished it",
    )
    # False in records that an earlier version wrote while no server could be reached.
    error: str | None = None
    error_kind: str = Field(default="", description="Class of the error: what groups failures")
    report: str | None = Field(default=None, description="Path or URL of the HTML report")
    places: dict[str, str] = Field(
        default_factory=dict,
        description="Path or URL of the index, of the staged shards and of the reports",
    )

    @model_validator(mode="before")
    @classmethod
    def _separate_kind_of_error(cls, values: Any) -> Any:  # noqa: ANN401 - whatever is to be validated
        """Versions until 0.10.0 wrote the class of an error before its message."""
        if not isinstance(values, dict) or values.get("error_kind"):
            return values
        old = _OLD_ERROR.match(values.get("error") or "")
        return values | {"error_kind": old[1], "error": old[2]} if old else values

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """The checks of the verdict that failed or could not be evaluated."""
        checks = self.verdict.checks if self.verdict else ()
        return tuple(check for check in checks if check.outcome is not Outcome.PASSED)

    @property
    def blocking_checks(self) -> tuple[Check, ...]:
        """The checks that reject the run."""
        return tuple(check for check in self.failed_checks if check.blocks)

    @property
    def went_back_to(self) -> str:
        """Of a rollback, the id of the run whose state it published again; else empty."""
        is_rollback = self.kind == "rollback" and (self.window or "").startswith(_BACK_TO)
        return str(self.window).removeprefix(_BACK_TO) if is_rollback else ""

    @property
    def agreed_checks(self) -> tuple[tuple[Check, Approval], ...]:
        """The checks that warn because a person agreed to that, each with the approval."""
        checks = self.verdict.checks if self.verdict else ()
        return tuple((check, check.approval) for check in checks if check.approval is not None)

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The approvals by which it published or warns, or that it made; each once."""
        approvals = [self.approval, *(approval for _, approval in self.agreed_checks)]
        return tuple({each.id: each for each in approvals if each is not None}.values())

    @property
    def seconds(self) -> float | None:
        if self.ended_at is None:
            return None
        # A clock that was set back meanwhile would make it negative.
        return max(0.0, (self.ended_at - self.started_at).total_seconds())
