"""The verdict of the audit: closed sums, ages without changes, and permitted mass deletes."""

from dataclasses import replace

import pytest

from tests.pipeline.audit.candidates import candidate, chunks, documents
from vouch.index.publishing.states import State
from vouch.index.store.run_log import Intent
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.verdict import allow_shrinking, decide_verdict
from vouch.pipeline.context.run_context import Run
from vouch.schemas.errors import AccountingError
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Accounting, Check, Decision, Outcome, Severity


def changeset(state: State | None = None, *, has_changes: bool = True, **sums: int) -> Changeset:
    return Changeset(Accounting(**sums), Intent(), has_changes, lambda: candidate(state))


def check(check_id: CheckId, outcome: Outcome = Outcome.FAILED) -> Check:
    return Check(
        id=check_id, name="x", scope="drift", owner="drift", severity=Severity.REJECT,
        outcome=outcome,
    )  # fmt: skip


def test_an_accounting_that_does_not_close_is_an_error(run: Run):
    with pytest.raises(AccountingError, match=r"does not close.*listed \+ missing"):
        decide_verdict(run, changeset(listed=3, published=2))


def test_without_changes_only_the_age_of_sources_is_checked(run: Run):
    verdict, result = decide_verdict(run, changeset(has_changes=False))
    assert verdict is not None
    assert [entry.id for entry in verdict.checks] == [CheckId.SOURCE_AGE]
    assert (verdict.decision, result.checks) == (Decision.WARN, ())


def test_without_changes_and_ages_there_is_no_verdict(run: Run):
    sources = tuple(
        source.model_copy(
            update={"contract": source.contract.model_copy(update={"max_age_h": None})}
        )
        for source in run.settings.sources
    )
    settings = run.settings.model_copy(update={"sources": sources})
    ageless = replace(run, request=replace(run.request, file=replace(run.file, settings=settings)))
    assert decide_verdict(ageless, changeset(has_changes=False))[0] is None


def test_every_gate_and_the_given_checks_are_in_the_verdict(run: Run):
    state = State(documents(), chunks(fingerprint=run.fingerprints.embedding))
    given = check(CheckId.EMBEDDING_REPRODUCIBILITY)
    verdict, result = decide_verdict(run, changeset(state), [given])
    assert verdict is not None
    ids = {entry.id for entry in verdict.checks}
    assert ids >= {
        CheckId.ACCOUNTING, CheckId.QUARANTINE_SHARE, CheckId.SOURCE_AGE,
        CheckId.POLICY_EXACT_DUPLICATES, CheckId.DRIFT_USUAL_RANGE,
        CheckId.EMBEDDING_REPRODUCIBILITY,
    }  # fmt: skip
    assert verdict.decision is Decision.REJECT
    assert result.metrics["documents"] == 4


@pytest.mark.parametrize(
    ("check_id", "severity"),
    [
        (CheckId.DRIFT_DOCUMENTS, Severity.WARN),
        (CheckId.DRIFT_CHUNKS, Severity.WARN),
        (CheckId.DRIFT_SOURCES, Severity.WARN),
        (CheckId.DRIFT_LANGUAGES, Severity.REJECT),
    ],
)
def test_a_permitted_mass_delete_lets_only_shrinking_warn(check_id: CheckId, severity: Severity):
    assert allow_shrinking(check(check_id)).severity is severity
