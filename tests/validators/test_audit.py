"""The audit of a candidate: each rule of the data set has one owner, and a data set broken against it fails just it."""

import polars as pl
import pytest

from vouch.schemas.run import Accounting, Check, Decision, Outcome, Severity, Verdict
from vouch.schemas.settings import BatchContract, ChunkContract, DocumentContract
from vouch.validators.batch.corpus_suite import rules, run_suite
from vouch.validators.batch.expectations import Rule
from vouch.validators.batch.verdict import closed, decide

N = 20


def documents(**changes) -> pl.DataFrame:
    columns = {
        "document_id": [f"d{n}" for n in range(N)],
        "status": ["published"] * N,
        "reason": [None] * N,
        "title": ["T"] * N,
        "chunk_count": [2] * N,
    }
    types = {"chunk_count": pl.Int32, "reason": pl.String, "title": pl.String}
    return pl.DataFrame(columns | changes, schema_overrides=types)


def chunks(**changes) -> pl.DataFrame:
    columns = {
        "chunk_id": [f"c{n}" for n in range(2 * N)],
        "document_id": [f"d{n // 2}" for n in range(2 * N)],
        "embedding_fingerprint": ["e"] * 2 * N,
        "text_sha256": [f"t{n}" for n in range(2 * N)],
        "language": ["en"] * 2 * N,
    }
    return pl.DataFrame(columns | changes, schema_overrides={"language": pl.String})


def audit(
    docs: pl.DataFrame,
    parts: pl.DataFrame,
    contract: BatchContract,
    accounting: Accounting = Accounting(),
) -> Verdict:
    return decide([*run_suite(docs, parts, contract, "e").checks, closed(accounting)])


def broken(
    docs: pl.DataFrame, parts: pl.DataFrame, accounting: Accounting = Accounting(), **batch
) -> set[str]:
    verdict = audit(docs, parts, BatchContract(**batch), accounting)
    assert {check.outcome for check in verdict.checks} <= {Outcome.PASSED, Outcome.FAILED}
    return {check.name for check in verdict.checks if check.outcome is Outcome.FAILED}


def replaced(values: list, count: int, value: object) -> list:
    return [value] * count + values[count:]


def test_a_good_candidate_breaks_nothing():
    assert broken(documents(), chunks()) == set()


@pytest.mark.parametrize(
    ("docs", "parts", "batch", "names"),
    [
        ({}, {}, {"min_documents": N + 1}, {"published documents"}),
        (
            {},
            {"chunk_id": replaced([f"c{n}" for n in range(2 * N)], 2, "c5")},
            {},
            {"chunk ids are unique"},
        ),
        (
            {"chunk_count": replaced([2] * N, 1, 3)},
            {},
            {},
            {"every document has the chunks that it counts"},
        ),
        ({"title": replaced(["T"] * N, 11, None)}, {}, {}, {"untitled share"}),
        (
            {},
            {"embedding_fingerprint": replaced(["e"] * 2 * N, 1, "old")},
            {},
            {"all chunks are of one generation"},
        ),
        (
            {},
            {"text_sha256": replaced([f"t{n}" for n in range(2 * N)], 9, "t")},
            {},
            {"share of repeated texts"},
        ),
        ({}, {"language": replaced(["en"] * 2 * N, 15, None)}, {}, {"share of unknown language"}),
    ],
)
def test_a_candidate_that_breaks_a_rule_fails_it_alone(
    docs: dict, parts: dict, batch: dict, names: set[str]
):
    assert broken(documents(**docs), chunks(**parts), **batch) == names


def test_chunks_without_a_document_are_found():
    orphans = chunks(document_id=[f"d{n // 2}" for n in range(2 * N - 2)] + ["gone", "gone"])
    assert broken(documents(), orphans) == {
        "every chunk belongs to a published document",
        "every document has the chunks that it counts",
    }


@pytest.mark.parametrize(
    ("count", "reason", "names"),
    [
        (0, None, set()),
        (2, "malformed", {"quarantined share to look at"}),
        (12, "malformed", {"quarantined share to look at", "quarantined share"}),
        (12, "unsupported_type", set()),
        (12, "needs_ocr", set()),
    ],
)
def test_the_quarantined_share_warns_and_then_rejects(
    count: int, reason: str | None, names: set[str]
):
    status = replaced(["published"] * N, count, "quarantined")
    docs = documents(
        status=status,
        reason=replaced([None] * N, count, reason),
        chunk_count=replaced([2] * N, count, 0),
    )
    assert broken(docs, chunks().tail(2 * (N - count))) == names


def test_sums_that_do_not_close_are_found():
    assert broken(documents(), chunks(), Accounting(listed=3, published=2)) == {
        "the sums of the run close"
    }


def test_an_empty_candidate_can_be_checked():
    assert broken(documents().clear(), chunks().clear(), min_documents=0) == set()
    assert broken(documents().clear(), chunks().clear()) == {"published documents"}


def test_a_text_is_repeated_where_it_stands_in_another_chunk_too():
    verdict = audit(
        documents(),
        chunks(text_sha256=[f"t{n // 2}" for n in range(2 * N)]),
        BatchContract(warn_duplicate_share=0.125),
    )
    (found,) = [one for one in verdict.checks if one.outcome is Outcome.FAILED]
    assert (found.name, found.figure, found.threshold) == ("share of repeated texts", 1.0, 0.125)
    assert found.message == "100.0% of 40 chunks, at most 12.5% wanted"


def check(outcome: Outcome, severity: Severity) -> Check:
    return Check(name="x", scope="chunks", owner="vouch", severity=severity, outcome=outcome)


@pytest.mark.parametrize(
    ("checks", "decision"),
    [
        ([], Decision.ACCEPT),
        ([(Outcome.PASSED, Severity.REJECT)], Decision.ACCEPT),
        ([(Outcome.FAILED, Severity.WARN)], Decision.WARN),
        ([(Outcome.NOT_CHECKED, Severity.WARN)], Decision.WARN),
        ([(Outcome.FAILED, Severity.WARN), (Outcome.FAILED, Severity.REJECT)], Decision.REJECT),
        ([(Outcome.NOT_CHECKED, Severity.REJECT)], Decision.REJECT),
    ],
)
def test_the_verdict(checks: list, decision: Decision):
    assert decide(check(*one) for one in checks).decision is decision


@pytest.mark.parametrize(
    ("severity", "decision"), [(Severity.WARN, Decision.WARN), (Severity.REJECT, Decision.REJECT)]
)
def test_what_cannot_be_checked_is_not_called_failed(
    monkeypatch, severity: Severity, decision: Decision
):
    import great_expectations.expectations as gxe

    nowhere = Rule("x", "chunks", severity, 0, gxe.ExpectColumnValuesToBeUnique(column="nowhere"))
    monkeypatch.setattr(
        "vouch.validators.batch.corpus_suite.rules",
        lambda *_: (*rules(BatchContract(), "e"), nowhere),
    )
    verdict = audit(documents(), chunks(), BatchContract())
    (unchecked,) = [one for one in verdict.checks if one.outcome is not Outcome.PASSED]
    assert (unchecked.name, unchecked.outcome, unchecked.figure) == ("x", Outcome.NOT_CHECKED, None)
    assert '"nowhere" in BatchData does not exist' in unchecked.message
    assert verdict.decision is decision


def test_each_rule_has_one_owner():
    """What Pandera checks of a row, Great Expectations does not check again; both have rules for what they own."""
    from vouch.schemas.frames import chunk_schema, document_schema

    rows: set[str] = set()
    for schema in (
        chunk_schema(ChunkContract(languages=("en",)), 200),
        document_schema(DocumentContract(languages=("en",))),
    ):
        rows |= {str(one.error or one.name) for one in schema.checks}
        rows |= {
            str(one.error or one.name)
            for column in schema.columns.values()
            for one in column.checks
        }
    whole = [rule.name for rule in rules(BatchContract(), "e")]
    assert len(whole) == len(set(whole))
    assert rows
    assert not rows & set(whole)
