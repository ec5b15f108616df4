"""The documents behind failed checks of the corpus, of a source, and of duplicates."""

from datetime import timedelta

import polars as pl
import pytest

from tests.pipeline.audit.candidates import EMPTY, State, chunks, documents
from tests.validators import source_documents
from tests.validators.source_documents import NOW, contract
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome, Severity
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.batch.corpus_concerned import corpus_concerned
from vouch.validators.batch.corpus_suite import corpus_rules
from vouch.validators.batch.duplicates_concerned import duplicates_concerned
from vouch.validators.batch.rules_concerned import flagged_concerned, rule_concerned
from vouch.validators.batch.source_concerned import source_concerned
from vouch.validators.concerned import Concerned, listed, named
from vouch.validators.rows.near_duplicates import signatures

GOOD = State(documents(), chunks())


def shown(behind: Concerned | None) -> dict[str, str]:
    assert behind is not None
    return {example.uri: example.message for example in listed(behind)}


def check(check_id: CheckId, subject: str = "", figure: float = 0) -> Check:
    return Check(
        id=check_id, name="", scope="docs", subject=subject, owner="vouch", figure=figure,
        severity=Severity.WARN, outcome=Outcome.FAILED,
    )  # fmt: skip


# The check, what is wrong with the rows, and the message of each document.
CORPUS = [
    (CheckId.DOCUMENT_ID_UNIQUE, {"document_id": ["d0", "d1", "d2", "d2"]}, {},
     {"2.md": "its id d2 is that of another document",
      "3.md": "its id d2 is that of another document"}),
    (CheckId.QUARANTINE_SHARE,
     {"status": ["quarantined"] * 3 + ["published"], "reason": ["empty", "contract", "needs_ocr", None]},
     {}, {"0.md": "in quarantine: empty"}),
    (CheckId.QUARANTINE_SHARE_WARN, {"status": ["quarantined"] + ["published"] * 3,
     "reason": ["parser_crashed", None, None, None]}, {}, {"0.md": "in quarantine: parser crashed"}),
    (CheckId.PUBLISHED_DOCUMENTS, {"status": ["filtered"] + ["published"] * 3,
     "reason": ["excluded", None, None, None]}, {}, {"0.md": "filtered: excluded"}),
    (CheckId.CHUNK_COUNT, {"chunk_count": [3, 2, 2, 2]}, {}, {"0.md": "counts 3 chunks, has 2"}),
    (CheckId.UNTITLED_SHARE, {"title": [None, "T", "T", "T"]}, {}, {"0.md": "no title"}),
    (CheckId.CHUNK_ID_UNIQUE, {}, {"chunk_id": ["c0", "c0", *(f"c{n}" for n in range(2, 8))]},
     {"0.md": "2 of 2 chunks share their id with another"}),
    (CheckId.CHUNK_HAS_DOCUMENT, {}, {"document_id": [f"d{n // 2}" for n in range(6)] + ["x", "x"]},
     {"document x": "2 chunks of a document that is not published"}),
    (CheckId.SINGLE_GENERATION, {}, {"embedding_fingerprint": ["old"] + ["e"] * 7},
     {"0.md": "1 of 2 chunks are of another model"}),
    (CheckId.REPEATED_TEXT_SHARE, {}, {"text_sha256": ["t", "t", "t", *(f"t{n}" for n in range(5))]},
     {"0.md": "2 of 2 chunks have a text that is there twice",
      "1.md": "1 of 2 chunks have a text that is there twice"}),
    (CheckId.UNKNOWN_LANGUAGE_SHARE, {}, {"language": [None] + ["en"] * 7},
     {"0.md": "1 of 2 chunks have no detected language"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check_id", "document_changes", "chunk_changes", "expected"),
    CORPUS,
    ids=[str(case[0]) for case in CORPUS],
)
def test_each_check_of_the_corpus_names_its_documents(
    check_id: CheckId, document_changes: dict, chunk_changes: dict, expected: dict[str, str]
):
    after = State(documents(**document_changes), chunks(**chunk_changes))
    assert shown(corpus_concerned(check_id, GOOD, after, "e")) == expected


def test_every_check_of_the_corpus_is_covered():
    from vouch.schemas.settings.contracts import BatchContract

    assert {case[0] for case in CORPUS} == {rule.id for rule in corpus_rules(BatchContract(), "e")}


FARE, EIGHT = {"metadata": {"fare": "7"}}, {"metadata": {"fare": "8"}}
FIELD = {"fields": {"fare": {"max_missing": 0.1, "unique": True}}}
SOURCE = [
    (check(CheckId.FIELD_MISSING_SHARE, "fare"), FIELD, [FARE, {}], {"1.md": "no fare"}),
    (check(CheckId.FIELD_UNIQUE, "fare"), FIELD, [FARE, EIGHT, FARE],
     {"0.md": "fare 7 is also that of another document",
      "2.md": "fare 7 is also that of another document"}),
    (check(CheckId.SOURCE_DOCUMENTS, figure=2), {"max_documents": 1}, [{}, {}],
     {"0.md": "new", "1.md": "new"}),
    (check(CheckId.SOURCE_AGE), {"max_age_h": 1}, [{}, {"source_modified_at": NOW - timedelta(days=9)}],
     {"0.md": "modified 2026-01-01 23:00 UTC", "1.md": "modified 2025-12-24 00:00 UTC"}),
    (check(CheckId.SOURCE_QUARANTINE_SHARE), {"max_quarantine_share": 0.1},
     [{"status": "quarantined", "reason": "contract"}, {}], {"0.md": "in quarantine: contract"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("failed", "rules", "rows", "expected"), SOURCE, ids=[str(case[0].id) for case in SOURCE]
)
def test_each_check_of_a_source_names_its_documents(
    failed: Check, rules: dict, rows: list[dict], expected: dict[str, str]
):
    frame = source_documents.documents(*rows)
    frame = frame.with_columns(document_id=pl.col("uri"))
    behind = source_concerned(failed, EMPTY, State(frame, chunks()), contract(**rules))
    assert shown(behind) == expected


def test_a_source_that_shrank_names_what_is_gone():
    failed = check(CheckId.SOURCE_DOCUMENTS, figure=3)
    after = State(documents(3), chunks(6))
    behind = source_concerned(failed, GOOD, after, contract(min_documents=4))
    assert shown(behind) == {"3.md": "no longer listed"}


def test_documents_that_break_a_row_rule_are_found_again_in_the_rows():
    rules = contract(fields={"fare": {"type": "number"}}, on_change="freeze", max_chars=400)
    rows = [FARE, {"metadata": {"fare": "x"}}, {"metadata": {"tip": "1"}}]
    frame = source_documents.documents(*rows)
    arrivals = State(frame, chunks())
    wrong = rule_concerned(check(CheckId.FIELD_TYPE, "fare"), arrivals, rules)
    assert shown(wrong) == {"1.md": "fare is of type number, but is 'x'"}
    unknown = rule_concerned(check(CheckId.FIELD_NAMES), arrivals, rules)
    assert list(shown(unknown)) == ["1.md", "2.md"]
    assert len(shown(rule_concerned(check(CheckId.DOCUMENT_MAX_CHARS), arrivals, rules))) == 3
    assert rule_concerned(check(CheckId.FIELD_MIN, "fare"), arrivals, rules) is None


def test_documents_with_flagged_chunks_are_named():
    arrivals = State(documents(), chunks(flags=[["injection"], ["garbled"], *[[]] * 6]))
    behind = flagged_concerned(CheckId.POLICY_INJECTION, arrivals)
    assert shown(behind) == {"0.md": "1 of 2 chunks are flagged: injection"}
    behind = flagged_concerned(CheckId.POLICY_GARBLED_TEXT, arrivals)
    assert shown(behind) == {"0.md": "1 of 2 chunks are flagged: garbled"}


def test_duplicates_say_which_document_repeats_which():
    texts = ["a", "b", "a", "c", "b", "a", "d", "d"]
    after = State(documents(), chunks(text_sha256=texts))
    policy = PolicySettings(boilerplate_documents=4)
    assert shown(duplicates_concerned(CheckId.POLICY_EXACT_DUPLICATES, after, policy, None)) == {
        "0.md": "2 of its chunks are also in 2.md",
        "1.md": "1 of its chunks are also in 0.md",
        "2.md": "2 of its chunks are also in 0.md",
    }
    boilerplate = PolicySettings(boilerplate_documents=3)
    assert shown(duplicates_concerned(CheckId.POLICY_BOILERPLATE, after, boilerplate, None)) == {
        f"{n}.md": "1 of 2 chunks are in 3 documents or more" for n in range(3)
    }


def test_near_duplicates_say_which_document_is_like_which():
    words = [f"word{number}" for number in range(60)]
    texts = [" ".join(words), " ".join([*words[:58], "another", "end"]), "short", "brief"]
    after = State(
        documents(2), chunks(4, document_id=["d0", "d1", "d0", "d1"], minhash=signatures(texts))
    )
    behind = duplicates_concerned(CheckId.POLICY_NEAR_DUPLICATES, after, PolicySettings(), None)
    assert shown(behind) == {
        "0.md": "1 of its chunks are much like chunks of 1.md",
        "1.md": "1 of its chunks are much like chunks of 0.md",
    }


def test_a_check_has_the_first_three_and_the_number_of_all():
    after = State(documents(title=[None] * 4), chunks())
    behind = corpus_concerned(CheckId.UNTITLED_SHARE, GOOD, after, "e")
    assert behind is not None
    failed = named(check(CheckId.UNTITLED_SHARE), behind)
    assert (failed.concerned, [example.uri for example in failed.examples]) == (
        4, ["0.md", "1.md", "2.md"],
    )  # fmt: skip
