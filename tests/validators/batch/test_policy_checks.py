"""The content policy's checks: what was found follows its action; duplicates are counted."""

import polars as pl
import pytest

from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import Outcome, PolicyFinding, Severity
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.batch.policy_checks import duplicate_checks, policy_checks
from vouch.validators.policy import KINDS
from vouch.validators.rows.near_duplicates import signatures


@pytest.mark.parametrize(
    ("action", "outcome", "severity"),
    [
        ("flag", Outcome.FAILED, Severity.WARN),
        ("block", Outcome.FAILED, Severity.REJECT),
        ("note", Outcome.PASSED, Severity.WARN),
        ("redact", Outcome.PASSED, Severity.WARN),
        ("quarantine", Outcome.PASSED, Severity.WARN),
    ],
)
def test_the_action_decides_whether_findings_fail(
    action: str, outcome: Outcome, severity: Severity
):
    finding = PolicyFinding(kind="injection", what="override", action=action, count=3, documents=2)
    (check,) = policy_checks([finding])
    assert (check.id, check.outcome, check.severity, check.figure) == (
        CheckId.POLICY_INJECTION, outcome, severity, 3,
    )  # fmt: skip


def test_every_kind_of_finding_has_a_check():
    findings = [
        PolicyFinding(kind=kind, what="x", action="flag", count=1, documents=1) for kind in KINDS
    ]
    assert {check.id for check in policy_checks(findings)} == {f"policy_{kind}" for kind in KINDS}


def test_duplicates_and_boilerplate_are_shares_of_all_chunks():
    texts = [*["the same footer in each of the documents"] * 5, "twice", "twice", "once", "once"]
    chunks = pl.DataFrame(
        {
            "document_id": [*"abcde", "a", "b", "a", "a"],
            "text_sha256": [sha256_text(text) for text in texts],
            "minhash": signatures(texts),
        },
        schema_overrides={"minhash": pl.Binary},
    )
    documents = pl.DataFrame({"document_id": [*"abcde"], "uri": [f"{name}.md" for name in "abcde"]})
    checks = duplicate_checks(documents, chunks, PolicySettings(boilerplate="block"))
    exact, near, boilerplate = checks
    assert {check.measure for check in checks} == {Measure.SHARE}
    assert (boilerplate.id, boilerplate.outcome, boilerplate.severity) == (
        CheckId.POLICY_BOILERPLATE, Outcome.FAILED, Severity.REJECT,
    )  # fmt: skip
    assert exact.figure == pytest.approx(1 / 9, abs=1e-4)
    assert near.outcome is Outcome.PASSED
    off = PolicySettings(boilerplate="off", exact_duplicates="off", near_duplicates="off")
    assert duplicate_checks(documents, chunks, off) == []


def test_near_duplicates_name_both_documents():
    words = [f"word{number}" for number in range(60)]
    texts = [" ".join(words), " ".join([*words[:58], "another", "end"])]
    chunks = pl.DataFrame(
        {
            "document_id": ["a", "b"],
            "text_sha256": [sha256_text(text) for text in texts],
            "minhash": signatures(texts),
        }
    )
    documents = pl.DataFrame({"document_id": ["a", "b"], "uri": ["a.md", "b.md"]})
    policy = PolicySettings(near_duplicate_similarity=0.6)
    _, near, _ = duplicate_checks(documents, chunks, policy)
    assert near.figure == 0.5
    assert "such as in a.md and b.md (" in near.message
