"""Near duplicates: what is alike is found, what is not is not, whatever the order."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.schemas.gate import PolicySettings
from vouch.schemas.ids import sha256_text
from vouch.schemas.run import Outcome, PolicyFinding, Severity
from vouch.validators.batch.policy_checks import duplicate_checks, policy_checks
from vouch.validators.rows.mojibake import garbled
from vouch.validators.rows.near_duplicates import (
    SIZE,
    near_duplicates,
    repeated_over_documents,
    signatures,
)

WORDS = [f"word{n}" for n in range(200)]


def text(*parts: range) -> str:
    return " ".join(WORDS[n] for part in parts for n in part)


def chunks(*texts: str, documents: list[str] | None = None) -> pl.DataFrame:
    owners = documents or [f"d{n}" for n in range(len(texts))]
    return pl.DataFrame(
        {
            "document_id": owners,
            "text_sha256": [sha256_text(one) for one in texts],
            "minhash": signatures(texts),
        },
        schema_overrides={"minhash": pl.Binary},
    )


def test_a_text_with_a_few_other_words_is_a_near_duplicate():
    changed = text(range(50), range(52, 100))
    found = near_duplicates(chunks(text(range(100)), text(range(100, 200)), changed), 0.8)
    assert found.select("left", "right").rows() == [(0, 2)]
    assert found["similarity"][0] == pytest.approx(0.94, abs=0.08)


def test_half_of_a_text_is_none():
    assert near_duplicates(
        chunks(text(range(100)), text(range(50), range(150, 200))), 0.8
    ).is_empty()


def test_equal_texts_and_those_of_one_document_are_no_near_duplicates():
    whole, changed = text(range(100)), text(range(99))
    assert near_duplicates(chunks(whole, whole), 0.8).is_empty()
    assert near_duplicates(chunks(whole, changed, documents=["d", "d"]), 0.8).is_empty()


def test_short_texts_have_no_signature():
    assert signatures(["a few words", text(range(11)), ""]) == [None, None, None]
    assert near_duplicates(chunks("a b", "a b c"), 0.5).is_empty()


@given(st.text(max_size=2000))
def test_any_text_has_the_same_signature_twice(value: str):
    first, second = signatures([value, value])
    assert first == second
    assert first is None or len(first) == SIZE


def test_boilerplate_and_exact_duplicates_over_documents():
    frame = chunks(
        *["the same footer in each of the documents"] * 5, "twice", "twice", "once", "once"
    )
    frame = frame.with_columns(document_id=pl.Series([*"abcde", "a", "b", "a", "a"]))
    assert repeated_over_documents(frame, 5).select("documents", "chunks").rows() == [(5, 5)]
    documents = pl.DataFrame({"document_id": [*"abcde"], "uri": [f"{name}.md" for name in "abcde"]})
    checks = {
        check.name: check
        for check in duplicate_checks(documents, frame, PolicySettings(boilerplate="block"))
    }
    assert (
        checks["policy: share of boilerplate"].outcome,
        checks["policy: share of boilerplate"].severity,
    ) == (
        Outcome.FAILED,
        Severity.REJECT,
    )
    assert checks["policy: share of exact duplicates"].figure == pytest.approx(1 / 9, abs=1e-4)
    assert checks["policy: share of near duplicates"].outcome is Outcome.PASSED
    off = PolicySettings(boilerplate="off", exact_duplicates="off", near_duplicates="off")
    assert duplicate_checks(documents, frame, off) == []


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
def test_what_the_policy_found_follows_its_action(
    action: str, outcome: Outcome, severity: Severity
):
    found = PolicyFinding(kind="injection", what="override", action=action, count=3, documents=2)
    (check,) = policy_checks([found])
    assert (check.outcome, check.severity, check.figure) == (outcome, severity, 3)


BROKEN = "El índice está aquí, según la última versión del año: señal única."


@pytest.mark.parametrize(
    ("value", "is_garbled"),
    [
        (BROKEN, False),
        (BROKEN.encode().decode("cp1252", "replace"), True),
        ("Документация на русском языке".encode().decode("cp1252", "replace"), True),
        ("Документация на русском языке", False),
        ("速度と品質のための索引について説明します。これは文です。", False),
        ("a text \ufffd with \ufffd holes \ufffd in it", True),
        ("def f(x): return {**x, 'a': [1, 2]}  # ok — really “fine”", False),
        ("", False),
    ],
)
def test_a_text_read_in_the_wrong_encoding_is_told(value: str, is_garbled: bool):
    assert garbled([value]) == [is_garbled]
