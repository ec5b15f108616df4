"""The gates' results: broken row rules become checks, and results of gates are joined."""

import pytest

from tests.pipeline.audit.candidates import candidate, chunks, documents
from vouch.index.publishing.states import State
from vouch.index.store.run_log import Intent
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.audit.gates import contract_gate, policy_gate, row_rule_checks
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Accounting, Example, Outcome, RuleBreak, Severity


@pytest.mark.parametrize(
    ("on_break", "severity"), [("block", Severity.REJECT), ("warn", Severity.WARN)]
)
def test_breaks_of_a_row_rule_in_several_shards_are_one_check(on_break: str, severity: Severity):
    breaks = [
        RuleBreak(
            id=CheckId.FIELD_REQUIRED, source="docs", rule="title is there", subject="title",
            severity=on_break, count=count,
            examples=(Example(uri=uri, message="title is there, but is None"),),
        )
        for uri, count in (("a.md", 2), ("b.md", 1))
    ]  # fmt: skip
    (check,) = row_rule_checks(breaks)
    assert (check.id, check.scope, check.subject) == (CheckId.FIELD_REQUIRED, "docs", "title")
    assert (check.severity, check.outcome, check.figure) == (severity, Outcome.FAILED, 3)
    assert check.message.startswith(
        "3 documents of this run break it, such as a.md: title is there"
    )


def test_the_contract_gate_checks_corpus_sources_and_accounting(run: Run):
    state = State(documents(), chunks(fingerprint=run.fingerprints.embedding))
    changeset = Changeset(Accounting(), Intent(), True, lambda: candidate(state))
    result = contract_gate(run, changeset)
    failed = {check.id for check in result.checks if check.outcome is not Outcome.PASSED}
    assert failed == {CheckId.SOURCE_AGE}  # the documents have no source time
    assert {CheckId.ACCOUNTING, CheckId.CHUNK_ID_UNIQUE} <= {check.id for check in result.checks}
    assert [suite["suite_name"] for suite in result.data_docs] == [
        "documents", "published", "chunks", "docs",
    ]  # fmt: skip


def test_the_policy_gate_checks_duplicates_where_nothing_was_found(run: Run):
    state = State(documents(), chunks(text_sha256=["same"] * 8))
    result = policy_gate(run, Changeset(Accounting(), Intent(), True, lambda: candidate(state)))
    outcomes = {check.id: check.outcome for check in result.checks}
    assert outcomes[CheckId.POLICY_EXACT_DUPLICATES] is Outcome.FAILED
    assert result.fields == {"policy": ()}


def test_results_of_gates_are_joined():
    first = GateResult(fields={"policy": ()}, metrics={"a": 1.0}, data_docs=({"n": 1},))
    second = GateResult(fields={"drift": ()}, metrics={"b": 2.0}, data_docs=({"n": 2},))
    joined = GateResult.concat([first, second])
    assert joined.fields == {"policy": (), "drift": ()}
    assert joined.metrics == {"a": 1.0, "b": 2.0}
    assert joined.data_docs == ({"n": 1}, {"n": 2})
