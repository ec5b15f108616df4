"""Rows of a shard: built once for each document, and a rejected chunk loses none of the others."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.stages.built_documents import (
    FINGERPRINTS,
    SECTIONS,
    document,
    settings,
    texts,
    with_fields,
)
from vouch.index.store.staging import Staging
from vouch.pipeline.stages import row_validation
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.pipeline.stages.row_validation import ValidatedDocuments, main_language
from vouch.schemas.documents.records import Metadata, Reason, Stage

SPANISH = "El presupuesto anual fue aprobado por la asamblea general de vecinos durante la reunión."
STAGING = Staging(Path("never-written"), dimension=4)


def validate(
    *documents: ProcessedDocument, source: dict[str, Any] | None = None, **sections: Any
) -> ValidatedDocuments:
    return row_validation.validate_rows(
        documents, settings(source, **sections), FINGERPRINTS, STAGING
    )


def test_a_sound_document_has_a_row_for_each_chunk_and_one_of_its_own():
    (checked,) = validate(document("a.md", *SECTIONS[:2])).documents
    assert texts(checked) == list(SECTIONS[:2])
    row = checked.row
    assert row is not None
    assert (row["status"], row["chunk_count"], row["language"]) == ("published", 2, "en")
    assert row["canonical_text"] == "\n\n".join(SECTIONS[:2])
    assert {chunk["document_id"] for chunk in checked.chunks} == {row["document_id"]}


def test_a_rejected_chunk_loses_none_of_its_document_s_others():
    english_only = {"chunks": {"languages": ["en"]}}
    mixed = document("a.md", SECTIONS[0], SPANISH, SECTIONS[1])
    validated = validate(mixed, document("b.md", SECTIONS[2]), contracts=english_only)
    (checked, second) = validated.documents
    assert texts(checked) == list(SECTIONS[:2])
    assert checked.whole_reject is None
    (reject,) = checked.rejects
    start = len(SECTIONS[0]) + 2
    assert (reject.stage, reject.reason) == (Stage.CHECK, Reason.CONTRACT)
    assert reject.span == (start, start + len(SPANISH))
    assert reject.excerpt == SPANISH
    assert checked.row is not None
    assert checked.row["chunk_count"] == 2
    assert (second.rejects, texts(second)) == ((), [SECTIONS[2]])
    assert validated.produced == 4


def test_a_document_without_chunks_left_is_rejected():
    english_only = {"chunks": {"languages": ["en"]}}
    (checked,) = validate(document("a.md", SPANISH), contracts=english_only).documents
    assert checked.chunks == ()
    assert checked.whole_reject is not None
    assert checked.whole_reject.reason == Reason.CONTRACT


def test_a_document_that_breaks_its_contract_publishes_none_of_its_chunks():
    long_only = {"documents": {"min_chars": 10_000}}
    (checked,) = validate(document("a.md", *SECTIONS[:2]), contracts=long_only).documents
    assert checked.chunks == ()
    assert checked.whole_reject is not None
    assert checked.whole_reject.span is None


def test_of_two_equal_chunks_in_a_document_each_keeps_its_span():
    (checked,) = validate(document("a.md", SECTIONS[0], SECTIONS[0])).documents
    spans = [(row["char_start"], row["char_end"]) for row in checked.chunks]
    assert len(set(spans)) == 2
    assert len({row["chunk_id"] for row in checked.chunks}) == 2


def test_documents_that_were_rejected_before_pass_through_in_their_place():
    rejected = document("broken.md").rejected(Stage.PARSE, Reason.MALFORMED, "broken")
    validated = validate(document("a.md"), rejected, document("b.md", SECTIONS[1]))
    assert validated.documents[1] is rejected
    assert [checked.origin.uri for checked in validated.documents] == ["a.md", "broken.md", "b.md"]
    assert validated.produced == 2


def test_without_sound_documents_nothing_is_checked():
    validated = validate()
    assert validated == ValidatedDocuments((), 0, (), ())


def test_fields_that_the_contract_leaves_out_are_in_no_row():
    fields = {"contract": {"fields": {"price": {}}, "on_change": "discard_value"}}
    (checked,) = validate(with_fields("a.md", price="12", tip="2"), source=fields).documents
    assert checked.row is not None
    for row in (checked.row, *checked.chunks):
        assert [pair["key"] for pair in row["metadata"]] == ["price"]


def test_a_document_keeps_the_time_until_which_it_is_kept():
    until = datetime(2026, 5, 1, tzinfo=UTC)
    kept = document("a.md")
    (checked,) = validate(replace(kept, kept={"remove_after": until})).documents
    assert checked.row is not None
    assert checked.row["remove_after"] == until


@pytest.mark.parametrize(
    ("languages", "lengths", "expected"),
    [
        (["en", "es", "en"], [10, 25, 10], "es"),
        (["en", None], [1, 100], "en"),
        ([None], [5], None),
        ([], [], None),
    ],
)
def test_the_main_language_is_that_of_most_characters(languages, lengths, expected):
    assert main_language(languages, lengths) == expected


def test_where_no_language_is_detected_the_declared_one_is_taken():
    declared = Metadata(language="de-AT")
    (checked,) = validate(document("a.md", "12 34 56 78 90", metadata=declared)).documents
    assert checked.row is not None
    assert checked.row["language"] == "de"


def test_what_the_policy_finds_in_a_document_that_a_contract_keeps_out_is_not_reported():
    key = "The token of the deployment is ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8 for now."
    documents = [document("es.md", SPANISH, key), document("en.md", *SECTIONS[:2], key)]
    contract = {"contract": {"languages": ["en"]}}
    validated = validate(*documents, source=contract, policy={"secrets": "block"})
    (finding,) = validated.findings
    assert [example.uri for example in finding.examples] == ["en.md"]
    validated = validate(documents[0], policy={"secrets": "block"})
    assert [finding.documents for finding in validated.findings] == [1]
