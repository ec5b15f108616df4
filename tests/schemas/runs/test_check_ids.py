"""Ids of checks: records of version 0.5.0 get them from their names; figures have a measure."""

import json

import pytest

from vouch.schemas.runs.check_ids import OLD_NAMES, CheckId, Measure
from vouch.schemas.runs.record import Check, RunRecord


def stored(name: str, scope: str, owner: str = "drift") -> Check:
    """A check as version 0.5.0 stored it."""
    text = json.dumps(
        {
            "name": name, "scope": scope, "owner": owner, "severity": "warn", "outcome": "failed",
            "figure": 1.0, "threshold": 0.5, "message": "",
        }
    )  # fmt: skip
    return Check.model_validate_json(text)


@pytest.mark.parametrize(
    ("name", "scope", "owner", "check_id", "subject"),
    [
        ("quarantined share", "documents", "great_expectations", CheckId.QUARANTINE_SHARE, ""),
        ("docs: quarantined share", "docs", "great_expectations",
         CheckId.SOURCE_QUARANTINE_SHARE, ""),
        ("drift: documents", "drift", "drift", CheckId.DRIFT_DOCUMENTS, ""),
        ("drift: published documents", "drift", "great_expectations",
         CheckId.SOURCE_DOCUMENTS, ""),  # of a source called drift
        ("a: b: share without is unique", "a: b", "great_expectations",
         CheckId.FIELD_MISSING_SHARE, "is unique"),
        ("docs: fare is unique", "docs", "great_expectations", CheckId.FIELD_UNIQUE, "fare"),
        ("docs: fare is at most 3", "docs", "pandera", CheckId.FIELD_MAX, "fare"),
        ("docs: a is of type number", "docs", "pandera", CheckId.FIELD_TYPE, "a"),
        ("docs: text has at least 5 characters", "docs", "pandera",
         CheckId.DOCUMENT_MIN_CHARS, ""),
        ("golden queries: recall@5 does not fall", "retrieval", "golden queries",
         CheckId.GOLDEN_QUERIES, "recall@5"),
        ("of a future version", "chunks", "x", CheckId.UNKNOWN, "of a future version"),
    ],
)  # fmt: skip
def test_a_check_stored_without_an_id_gets_it_from_its_name(
    name: str, scope: str, owner: str, check_id: CheckId, subject: str
):
    check = stored(name, scope, owner)
    assert (check.id, check.subject, check.name) == (check_id, subject, name)
    assert Check.model_validate_json(check.model_dump_json()) == check


def test_a_stored_id_is_not_derived_again():
    check = stored("drift: chunks", "drift").model_copy(update={"name": "drift: documents"})
    assert Check.model_validate_json(check.model_dump_json()).id is CheckId.DRIFT_CHUNKS


def test_a_whole_record_of_0_5_0_can_be_read():
    check = {
        "name": "published texts get their vectors again", "scope": "chunks", "owner": "drift",
        "severity": "reject", "outcome": "passed", "figure": 1.0, "threshold": 0.99, "message": "",
    }  # fmt: skip
    record = RunRecord.model_validate(
        {
            "run_id": "20261101T000000-aaaaaa", "started_at": "2026-11-01T00:00:00Z",
            "settings_sha256": "", "code_version": "0.5.0",
            "verdict": {"decision": "accept", "checks": [check]},
        }
    )  # fmt: skip
    assert record.verdict is not None
    assert record.verdict.checks[0].id is CheckId.EMBEDDING_REPRODUCIBILITY


def test_every_old_name_has_its_own_id():
    assert len(set(OLD_NAMES.values())) == len(OLD_NAMES)


def test_every_check_has_a_measure():
    assert {check_id.measure for check_id in CheckId} == set(Measure)
    assert CheckId.SOURCE_AGE.measure is Measure.HOURS
    assert CheckId.DRIFT_CHUNKS.measure is Measure.DISTANCE
    assert CheckId.CHUNK_COUNT.measure is Measure.COUNT


def test_a_check_is_the_same_in_another_run_whatever_its_name():
    old, new = stored("drift: chunks", "drift"), stored("drift: chunks", "drift")
    assert new.model_copy(update={"name": "chunk drift"}).key == old.key
    assert stored("docs: fare is unique", "docs", "ge").qualified_id == "field_unique:fare"
    assert old.qualified_id == "drift_chunks"
