"""`ProcessedDocument`: when it is sound, and for which reject nothing of it is published."""

from dataclasses import replace

import pytest

from tests.pipeline.stages.built_documents import document
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Reason, Reject, Stage

TWO_CHUNKS = document("a.md", "one", "two")
KEPT = ({"text": "one"}, {"text": "two"})
FIRST = Reject(Stage.CHECK, Reason.POLICY, "first", span=(0, 3))
SECOND = Reject(Stage.EMBED, Reason.CONTRACT, "second", span=(5, 8))
OWN = Reject(Stage.CHECK, Reason.CONTRACT, "the document's own")


@pytest.mark.parametrize(
    ("chunks", "rejects", "expected"),
    [
        (KEPT, (), None),
        (KEPT[:1], (SECOND,), None),
        ((), (FIRST, SECOND), FIRST),
        (KEPT[:1], (SECOND, OWN), OWN),
    ],
    ids=["no reject", "one chunk of two", "every chunk", "the document itself"],
)
def test_a_document_is_rejected_by_its_own_reject_or_when_no_chunk_is_left(
    chunks, rejects, expected
):
    assert replace(TWO_CHUNKS, chunks=chunks, rejects=rejects).whole_reject is expected


def test_a_document_without_text_is_not_rejected_for_having_no_chunks():
    empty = replace(TWO_CHUNKS.parsed, chunks=())
    assert replace(TWO_CHUNKS, parsed=empty, rejects=()).whole_reject is None


def test_a_sound_document_is_parsed_and_has_no_reject():
    assert TWO_CHUNKS.is_sound
    assert not ProcessedDocument(TWO_CHUNKS.origin).is_sound
    assert not TWO_CHUNKS.with_rejects([FIRST]).is_sound


def test_a_reject_is_added_to_those_before_and_the_document_itself_stays_unchanged():
    rejected = TWO_CHUNKS.with_rejects([FIRST]).rejected(Stage.CHECK, "contract", "why")
    assert rejected.rejects == (FIRST, Reject(Stage.CHECK, "contract", "why"))
    assert TWO_CHUNKS.rejects == ()
