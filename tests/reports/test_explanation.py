"""Why a run was rejected, warned or failed, for a person who decides what to do."""

import shlex
from datetime import UTC, datetime

import pytest

from vouch.reports.explanation import explain, explain_failure, may_be_approved
from vouch.reports.summary import advice, agreements, headline, sentence, tone
from vouch.schemas import errors
from vouch.schemas.runs.approval import NEVER_APPROVED, Approval
from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import (
    Accounting,
    Check,
    Decision,
    Example,
    Outcome,
    RunRecord,
    Severity,
    Status,
    Verdict,
)
from vouch.schemas.runs.retrieval import Retrieval

AT = datetime(2026, 11, 30, 6, tzinfo=UTC)
AGREED = Approval(id="a", who="Ana", why="it came", at=AT, until=datetime(2026, 12, 31, tzinfo=UTC))


def check(check_id: CheckId, severity: Severity = Severity.REJECT, **changes) -> Check:
    values = {
        "id": check_id, "name": str(check_id), "scope": "docs", "owner": "drift",
        "severity": severity, "outcome": Outcome.FAILED, "figure": 0.4, "threshold": 0.2,
        "message": "observed",
    }  # fmt: skip
    return Check(**(values | changes))


def record(*checks: Check, status: Status = Status.REJECTED, **changes) -> RunRecord:
    values = {
        "run_id": "r1", "status": status, "started_at": AT, "settings_sha256": "s",
        "code_version": "1", "verdict": Verdict(decision=Decision.REJECT, checks=checks),
    }  # fmt: skip
    return RunRecord(**(values | changes))


def test_what_rejects_comes_first_and_then_what_a_person_agreed_to():
    warns = check(CheckId.DRIFT_CHUNKS, Severity.WARN)
    agreed = check(CheckId.DRIFT_FORMATS, Severity.WARN, approval=AGREED)
    passed = check(CheckId.DRIFT_SOURCES, outcome=Outcome.PASSED)
    blocks = check(CheckId.DRIFT_LANGUAGES)
    explained = explain(record(warns, agreed, passed, blocks))
    assert [(part.check.id, part.blocks) for part in explained] == [
        (CheckId.DRIFT_LANGUAGES, True),
        (CheckId.DRIFT_FORMATS, False),
        (CheckId.DRIFT_CHUNKS, False),
    ]
    assert agreements(record(agreed)) == [
        "drift_formats warns because Ana agreed until 2026-12-31 00:00 UTC: it came"
    ]


def test_three_examples_are_named_and_a_command_lists_the_others():
    examples = tuple(Example(uri=f"{number}.md", message="m") for number in range(5))
    blocks = check(CheckId.FIELD_MISSING_SHARE, subject="a b", examples=examples, concerned=48)
    (part,) = explain(record(blocks))
    assert [example.uri for example in part.examples] == ["0.md", "1.md", "2.md"]
    assert part.more == 45
    reference = "field_missing_share:a b@docs"
    assert shlex.split(part.list_command) == [
        "vouch", "explain", "r1", "--check", reference, "--all",
    ]  # fmt: skip
    assert shlex.split(part.approve_command) == [
        "vouch", "approve", "--check", reference, "--until", "DATE", "--why", "…",
    ]  # fmt: skip


def test_metrics_that_lost_the_same_queries_are_explained_once():
    lost = (Example(uri="q1", message="not found"),)
    metrics = [
        check(CheckId.GOLDEN_QUERIES, subject=metric, name=metric, figure=loss, examples=lost)
        for metric, loss in (("recall@5", 0.1), ("nDCG@10", 0.3))
    ]
    first, second = explain(record(*metrics))
    assert "tolerance: 0.31" in first.yaml
    assert (first.examples, second.examples, second.yaml) == (lost, (), "")
    assert second.instead == (
        "The same is behind it as behind recall@5, and the same lines of vouch.yaml allow it."
    )
    assert second.approve_command


@pytest.mark.parametrize("subject", ["a\u202eb", "a\nb", "x" * 400])
def test_no_command_contains_what_cannot_be_copied(subject: str):
    examples = (Example(uri="a.md", message="m"),)
    blocks = check(CheckId.FIELD_MISSING_SHARE, subject=subject, examples=examples)
    (part,) = explain(record(blocks))
    assert (part.list_command, part.approve_command) == ("", "")


@pytest.mark.parametrize(
    "check_id", [CheckId.QUARANTINE_SHARE, CheckId.DRIFT_QUARANTINED, CheckId.CONTRACT_REJECTS]
)
def test_what_is_in_quarantine_is_listed_there(check_id: CheckId):
    blocks = check(check_id, examples=(Example(uri="a.md", message="m"),))
    (part,) = explain(record(blocks))
    assert part.list_command == "vouch quarantine list"


@pytest.mark.parametrize("measure", Measure)
def test_each_figure_has_its_unit(measure: Measure):
    expected = {
        Measure.COUNT: "observed",
        Measure.SHARE: "observed; 40.0%, where at most 20.0% is allowed",
        Measure.HOURS: "observed; 0 hours, where at most 0.2 are allowed",
        Measure.COSINE: "observed; cosine 0.4000, where at least 0.2 is required",
        Measure.DISTANCE: "observed; distance 0.40, where 0.2 rejects",
        Measure.SCORE_LOSS: "observed; 0.400 less, where a loss of 0.2 is tolerated",
        Measure.SCORE: "observed; 0.400, where at least 0.2 is required",
    }
    check_id = next(check_id for check_id in CheckId if check_id.measure is measure)
    (part,) = explain(record(check(check_id)))
    assert part.finding == expected[measure]


def test_nobody_is_offered_to_agree_to_a_damaged_index():
    damaged = check(CheckId.CHUNK_ID_UNIQUE)
    assert CheckId.CHUNK_ID_UNIQUE in NEVER_APPROVED
    (part,) = explain(record(damaged))
    assert (part.yaml, part.approve_command) == ("", "")
    rejected = record(damaged, check(CheckId.DRIFT_CHUNKS))
    assert not may_be_approved(rejected)
    assert not any("approve" in command for _, command in advice(rejected))
    assert any("approve" in command for _, command in advice(record(check(CheckId.DRIFT_CHUNKS))))


def test_a_rejected_run_is_to_be_explained_fixed_or_approved():
    rejected = record(check(CheckId.DRIFT_LANGUAGES), check(CheckId.DRIFT_CHUNKS))
    assert sentence(rejected) == (
        "2 checks reject it: drift_languages, drift_chunks. Readers see what they saw before."
    )
    assert [command for _, command in advice(rejected)] == [
        "vouch explain r1", "vouch ingest", 'vouch approve r1 --why "…"',
    ]  # fmt: skip


def test_a_candidate_is_to_be_looked_at_before_anybody_decides():
    rejected = record(check(CheckId.DRIFT_CHUNKS)).model_copy(update={"staged": ("shard",)})
    search = 'vouch search "…" --candidate r1'
    assert [command for _, command in advice(rejected)][1] == search
    scored = Retrieval(queries=1, mode="hybrid", k=5, changes=())
    commands = [command for _, command in advice(rejected.model_copy(update={"retrieval": scored}))]
    assert commands[1:3] == [search, "vouch compare r1"]
    # Where nothing is published there is nothing to compare with.
    alone = scored.model_copy(update={"alone": True})
    commands = [command for _, command in advice(rejected.model_copy(update={"retrieval": alone}))]
    assert "vouch compare r1" not in commands
    staged = rejected.model_copy(update={"status": Status.STAGED, "kind": "reindex"})
    assert [command for _, command in advice(staged)][:2] == [search, "vouch reindex --switch"]
    published = rejected.model_copy(update={"status": Status.PUBLISHED})
    assert search not in [command for _, command in advice(published)]


ERRORS = [
    name
    for name, value in vars(errors).items()
    if isinstance(value, type)
    and issubclass(value, errors.VouchError)
    and name not in ("VouchError", "DocumentRejected", "RunRejected")
]


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_of_a_run_is_explained_without_its_class(name: str):
    failure = explain_failure(record(status=Status.FAILED, error=f"{name}: a: it is gone"))
    assert failure.error == "a: it is gone"
    assert failure.meaning.endswith(".")
    assert all(command.startswith("vouch ") for _, command in failure.steps)
    assert "{" not in str(failure)


@pytest.mark.parametrize(
    "error", [None, "the run was interrupted; nothing", "there is no 'x' (says Python)"]
)
def test_any_other_failure_is_shown_as_it_is(error: str | None):
    failure = explain_failure(record(status=Status.FAILED, error=error))
    assert failure.error == (error or "the run ended early")
    assert failure.steps == (("Fix the cause and run it again", "vouch ingest"),)


def test_a_published_run_says_who_agreed():
    published = record(
        check(CheckId.DRIFT_CHUNKS, Severity.WARN, approval=AGREED),
        status=Status.PUBLISHED,
        approval=AGREED,
    )
    assert headline(published) == "Published, because a person agreed"
    assert agreements(published) == [
        "Published because Ana agreed until 2026-12-31 00:00 UTC: it came"
    ]


def test_an_agreement_of_its_own_and_its_end_are_named():
    agreement = record(kind="approve", status=Status.UNCHANGED, approval=AGREED)
    assert (headline(agreement), sentence(agreement)) == ("Agreed by a person", AGREED.sentence)
    ended = AGREED.model_copy(update={"ends": "b"})
    assert headline(agreement.model_copy(update={"approval": ended})) == "Agreement ended"


def test_a_rollback_is_marked_and_says_what_readers_see():
    back = record(
        kind="rollback", status=Status.PUBLISHED, window="back to r0", hold=True, verdict=None,
        change_counts={"removed": 2},
    )  # fmt: skip
    assert (headline(back), tone(back)) == ("Rolled back to r0", "back")
    assert sentence(back) == (
        "Readers see the state of r0 again; 2 documents differ. Nothing is published until it is "
        "released."
    )


@pytest.mark.parametrize(
    ("sums", "counts", "is_first"),
    [
        ({"published": 3}, {"new": 3}, True),
        ({"published": 3, "chunks_unchanged": 9}, {"new": 3}, False),
        ({"published": 3, "chunks_removed": 9}, {"changed": 3}, False),
        ({"published": 3}, {"changed": 3}, False),
    ],
)
def test_only_a_run_after_another_advises_to_compare_them(
    sums: dict[str, int], counts: dict[str, int], is_first: bool
):
    run = record(
        status=Status.PUBLISHED, verdict=None, accounting=Accounting(**sums), change_counts=counts
    )
    assert ("vouch diff" in [command for _, command in advice(run)]) is not is_first
