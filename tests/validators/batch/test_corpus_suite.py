"""The data set's rules: a candidate broken in one way fails only the rule that owns it."""

import polars as pl
import pytest

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome
from vouch.schemas.settings.contracts import BatchContract, ChunkContract, DocumentContract
from vouch.validators.batch.corpus_suite import corpus_rules, run_suite

N = 20


def documents(**changes) -> pl.DataFrame:
    columns = {
        "document_id": [f"d{n}" for n in range(N)],
        "status": ["published"] * N,
        "reason": [None] * N,
        "media_type": ["text/markdown"] * N,
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


def failed(
    documents_frame: pl.DataFrame, chunks_frame: pl.DataFrame, **contract
) -> dict[CheckId, Check]:
    checks = run_suite(documents_frame, chunks_frame, BatchContract(**contract), "e").checks
    assert {check.outcome for check in checks} <= {Outcome.PASSED, Outcome.FAILED}
    return {check.id: check for check in checks if check.outcome is Outcome.FAILED}


def replaced(values: list, count: int, value: object) -> list:
    return [value] * count + values[count:]


def test_a_good_candidate_passes_every_rule():
    assert failed(documents(), chunks()) == {}


@pytest.mark.parametrize(
    "changes",
    [{"media_type": ["text/plain"] * N}, {"chunk_count": [0] * N}],
    ids=["plain", "empty"],
)
def test_what_can_have_no_title_or_is_no_hit_does_not_lack_one(changes: dict):
    kept = chunks() if "media_type" in changes else chunks().clear()
    without = documents(title=[None] * N, **changes)
    assert CheckId.UNTITLED_SHARE not in failed(without, kept)


# Two breaks in one candidate, where their rules look at different columns: each costs a suite run.
@pytest.mark.parametrize(
    ("document_changes", "chunk_changes", "contract", "ids"),
    [
        (
            {"title": replaced(["T"] * N, 11, None)},
            {"chunk_id": replaced([f"c{n}" for n in range(2 * N)], 2, "c5")},
            {"min_documents": N + 1},
            {CheckId.PUBLISHED_DOCUMENTS, CheckId.CHUNK_ID_UNIQUE, CheckId.UNTITLED_SHARE},
        ),
        (
            {"document_id": ["d1", "d1", *(f"d{n}" for n in range(2, N))]},
            {"language": replaced(["en"] * 2 * N, 15, None)},
            {},
            {
                CheckId.DOCUMENT_ID_UNIQUE,
                CheckId.UNKNOWN_LANGUAGE_SHARE,
                CheckId.CHUNK_HAS_DOCUMENT,  # the chunks of d0
            },
        ),
        (
            {"chunk_count": replaced([2] * N, 1, 3)},
            {"embedding_fingerprint": replaced(["e"] * 2 * N, 1, "old")},
            {},
            {CheckId.CHUNK_COUNT, CheckId.SINGLE_GENERATION},
        ),
    ],
    ids=["too few, untitled, doubled chunk", "doubled document, no language", "counts, generation"],
)
def test_each_break_is_reported_by_the_rules_that_own_it(
    document_changes: dict, chunk_changes: dict, contract: dict, ids: set[CheckId]
):
    assert failed(documents(**document_changes), chunks(**chunk_changes), **contract).keys() == ids


def test_chunks_without_a_document_are_reported():
    orphans = chunks(document_id=[f"d{n // 2}" for n in range(2 * N - 2)] + ["gone", "gone"])
    checks = failed(documents(), orphans)
    assert checks.keys() == {CheckId.CHUNK_HAS_DOCUMENT, CheckId.CHUNK_COUNT}
    assert (
        checks[CheckId.CHUNK_HAS_DOCUMENT].message
        == "2 of 40 chunks fail, such as missing, missing"
    )


@pytest.mark.parametrize(
    ("count", "reason", "ids"),
    [
        (2, "malformed", {CheckId.QUARANTINE_SHARE_WARN}),
        (12, "malformed", {CheckId.QUARANTINE_SHARE_WARN, CheckId.QUARANTINE_SHARE}),
        (12, "needs_ocr", set()),
        (12, "contract", set()),
        (12, "policy", set()),
    ],
)
def test_quarantine_share_warns_then_rejects_and_ignores_what_cannot_be_read_or_was_stopped(
    count: int, reason: str, ids: set[CheckId]
):
    broken = documents(
        status=replaced(["published"] * N, count, "quarantined"),
        reason=replaced([None] * N, count, reason),
        chunk_count=replaced([2] * N, count, 0),
    )
    assert failed(broken, chunks().tail(2 * (N - count))).keys() == ids


def test_an_empty_candidate_can_be_checked():
    assert failed(documents().clear(), chunks().clear(), min_documents=0) == {}


def test_every_chunk_of_a_repeated_text_counts():
    repeated = chunks(text_sha256=[f"t{n // 2}" for n in range(2 * N)])
    (check,) = failed(documents(), repeated, warn_duplicate_share=0.125).values()
    assert (check.id, check.figure, check.threshold) == (CheckId.REPEATED_TEXT_SHARE, 1.0, 0.125)
    assert check.message == "100.0% of 40 chunks; required: at most 12.5%"


def test_pandera_and_great_expectations_share_no_rule():
    from vouch.schemas.documents.frames import chunk_schema, document_schema

    row_rules: set[str] = set()
    for schema in (
        chunk_schema(ChunkContract(languages=("en",)), 200),
        document_schema(DocumentContract(languages=("en",))),
    ):
        columns = [check for column in schema.columns.values() for check in column.checks]
        row_rules |= {str(check.error or check.name) for check in [*schema.checks, *columns]}
    rules = corpus_rules(BatchContract(), "e")
    assert len({rule.id for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
    assert row_rules
    assert not row_rules & {rule.name for rule in rules}
