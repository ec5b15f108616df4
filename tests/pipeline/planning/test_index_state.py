"""What the index has of a document with its attachments, and why it has to be processed again."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from tests.pipeline.planning.index_frames import (
    DOCUMENTS_SCHEMA,
    FINGERPRINTS,
    NOW,
    attachment,
    document,
    index,
    quarantined,
)
from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.planning.index_state import Staleness, staleness
from vouch.pipeline.planning.indexed_documents import IndexedDocuments
from vouch.schemas.documents.records import Fingerprints, ParseConditions


def staleness_of(state, identity: str, now: Fingerprints = FINGERPRINTS) -> Staleness:
    family = state.family(identity)
    assert family is not None
    return staleness(family, now, NOW)


def test_a_family_is_a_document_with_its_attachments_however_deep_and_their_rejects():
    mail = document("mail.eml")
    inner = attachment(mail)
    deep, reject = quarantined(attachment(inner))
    family = index(document(), deep, inner, mail, rejects=[reject]).family(mail["document_id"])
    assert family is not None
    assert family.root["uri"] == "mail.eml"
    assert [row["document_id"] for row in family.rows] == [
        mail["document_id"],
        inner["document_id"],
        deep["document_id"],
    ]
    assert [row["document_id"] for row in family.rejects] == [deep["document_id"]]


def test_an_unknown_document_has_no_family():
    assert index(document()).family("nowhere") is None


def test_documents_that_were_attached_are_no_roots():
    mail = document("mail.eml")
    state = index(mail, attachment(mail), document("x.md", source="notes"))
    assert [row["uri"] for row in state.roots("docs")] == ["mail.eml"]
    assert state.documents.published_roots == 2


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, Staleness()),
        ({"parse_fingerprint": "old"}, Staleness(reading="the markdown parser has changed")),
        ({"chunk_fingerprint": "old"}, Staleness(text="the chunking has changed")),
        (
            {"parse_fingerprint": "old", "embedding_fingerprint": "old"},
            Staleness("the markdown parser has changed", "the embedding has changed"),
        ),
        # Only what is published has chunks that a later stage could have made otherwise.
        ({"status": "quarantined", "chunk_fingerprint": "old"}, Staleness()),
    ],
)
def test_a_document_is_stale_where_a_stage_has_changed(columns, expected: Staleness):
    row = document(**columns)
    assert staleness_of(index(row), row["document_id"]) == expected


def test_the_redaction_may_be_what_has_changed_a_parse():
    row = document()
    stale = staleness_of(
        index(row),
        row["document_id"],
        replace(FINGERPRINTS, conditions=ParseConditions(redaction="masks")),
    )
    assert stale.reading == "the markdown parser or the redaction has changed"


@pytest.mark.parametrize(
    ("parser", "engines", "expected"),
    [
        ("markdown", {}, None),
        ("markdown", {"text/markdown": "unstructured"}, "text/markdown is read by unstructured now"),
        ("markdown", {"text/rtf": "unstructured"}, None),
        ("unstructured", {"*": "unstructured"}, None),
        ("unstructured", {}, "text/markdown is read by markdown now"),
        ("unstructured", {"*": "unstructured", "text/markdown": "vouch"}, "text/markdown is read by markdown now"),
    ],
)  # fmt: skip
def test_a_document_is_stale_where_another_engine_reads_its_type(parser, engines, expected):
    row = document(parser=parser, parse_fingerprint=parse_fingerprint(parser))
    now = replace(FINGERPRINTS, engines={"docs": engines})
    assert staleness_of(index(row), row["document_id"], now).reading == expected
    # The choice of another source does not concern it.
    now = replace(FINGERPRINTS, engines={"notes": engines})
    by_other = staleness_of(index(row), row["document_id"], now).reading
    assert (by_other is None) == (parser == "markdown")


@pytest.mark.parametrize(
    ("stage", "rule", "changed"),
    [
        ("fetch", "f", "the source's settings, under which it could not be read, have changed"),
        ("parse", "l", "the limits of parsing, under which it failed, have changed"),
        ("chunk", "c", "the chunking, under which it failed, has changed"),
        ("check", "k", "the contract that it broke has changed"),
        ("embed", "e", "the model, with which it failed, has changed"),
    ],
)
def test_a_reject_is_stale_once_the_rule_of_its_stage_has_changed(stage, rule, changed):
    row, reject = quarantined(document(), stage=stage, rule_fingerprint=rule)
    identity = row["document_id"]
    assert staleness_of(index(row, rejects=[reject]), identity) == Staleness()
    reject["rule_fingerprint"] = "old"
    assert staleness_of(index(row, rejects=[reject]), identity) == Staleness(reading=changed)


def test_a_contract_of_one_source_makes_only_its_documents_stale():
    now = replace(FINGERPRINTS, contracts={"notes": "its own rules"})
    first, second = document(), document(source="notes")
    state = index(first, second)
    assert staleness_of(state, first["document_id"], now) == Staleness()
    stale = staleness_of(state, second["document_id"], now)
    assert stale == Staleness(text="the contract or the types of metadata have changed")


@pytest.mark.parametrize(
    ("until", "is_due"), [(timedelta(0), True), (timedelta(seconds=1), False), (None, False)]
)
def test_a_reject_is_due_from_the_time_of_its_next_attempt_on(until, is_due: bool):
    when = None if until is None else NOW + until
    row, reject = quarantined(document(), next_retry_at=when)
    stale = staleness_of(index(row, rejects=[reject]), row["document_id"])
    assert stale == Staleness(due="its next attempt is due" if is_due else None)


def documents(*rows) -> IndexedDocuments:
    return IndexedDocuments(pl.DataFrame(rows, schema=DOCUMENTS_SCHEMA))


def test_indexed_documents_are_a_mapping_from_ids_to_rows():
    rows = [document(), document("b.md")]
    indexed = documents(*rows)
    assert len(indexed) == 2
    assert dict(indexed) == {row["document_id"]: row for row in rows}
    assert indexed.get("nowhere") is None


def test_the_mean_size_of_a_chunk_ignores_documents_without_size_or_chunks():
    indexed = documents(
        document(size=100, chunk_count=1),
        document("b.md", size=500, chunk_count=2),
        document("row", size=None, chunk_count=7),
        document("empty.md", size=900, chunk_count=0),
    )
    assert indexed.bytes_per_chunk == 200
    assert documents().bytes_per_chunk is None
