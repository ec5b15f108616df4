"""Contracts of sources on documents: what rejects a document, what is reported, what is left out."""

from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from tests.pipeline.stages.built_documents import FINGERPRINTS, document, settings, with_fields
from vouch.index.store.row_builders import document_row
from vouch.pipeline.stages.contract_validation import (
    check_contracts,
    check_field_names,
    merge_breaks,
    source_contracts,
)
from vouch.pipeline.stages.document_fields import with_fields as described
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.arrow import DOCUMENTS
from vouch.schemas.documents.records import Reason, Stage
from vouch.schemas.runs.check_ids import CheckId


def frame(documents: list[ProcessedDocument]) -> pl.DataFrame:
    """Return the rows of the documents as they are published."""
    rows = [
        document_row(
            processed.origin,
            FINGERPRINTS,
            status="published",
            document=processed.parsed.document if processed.parsed else None,
            chunk_count=1,
        )
        for processed in documents
    ]
    schema = pa.schema([field.with_nullable(True) for field in DOCUMENTS])
    return pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(rows, schema=schema)))


def contract(**rules: Any) -> dict[str, Any]:
    return {"contract": rules}


def test_only_sources_with_rules_have_a_contract():
    assert source_contracts(settings()) == {}
    assert list(source_contracts(settings(contract(min_chars=1)))) == ["docs"]


@pytest.mark.parametrize(
    ("severity", "is_rejected"), [("quarantine", True), ("warn", False), ("block", False)]
)
def test_a_broken_rule_rejects_only_its_document_or_is_reported(severity: str, is_rejected: bool):
    documents = [with_fields("good.md", price="12"), with_fields("bad.md", price="12 USD")]
    rules = settings(contract(fields={"price": {"type": "number", "severity": severity}}))
    (good, bad), breaks = check_contracts(documents, frame(documents), rules)
    assert good.rejects == ()
    assert bool(bad.rejects) is is_rejected
    if is_rejected:
        (reject,) = bad.rejects
        assert (reject.stage, reject.reason, reject.span) == (Stage.CHECK, Reason.CONTRACT, None)
        assert breaks == []
    else:
        (broken,) = breaks
        assert (broken.id, broken.subject, broken.severity, broken.count) == (
            CheckId.FIELD_TYPE,
            "price",
            severity,
            1,
        )
        assert [example.uri for example in broken.examples] == ["bad.md"]


def test_a_contract_is_about_the_documents_of_its_source_alone():
    documents = [document("notes.md", source="notes"), document("docs.md")]
    rules = settings(contract(min_chars=10_000))
    (of_notes, of_docs), _ = check_contracts(documents, frame(documents), rules)
    assert of_notes.rejects == ()
    assert of_docs.whole_reject is not None


def test_what_one_rule_keeps_out_is_not_reported_by_another_one():
    documents = [with_fields("short.md", price="x"), with_fields("long.md", price="x")]
    price = {"price": {"type": "number", "severity": "block"}}
    rows = frame(documents).with_columns(char_count=pl.Series([5, 5_000]))
    rules = settings(contract(min_chars=100, fields=price))
    (short, long), (broken,) = check_contracts(documents, rows, rules)
    assert short.is_stopped
    assert not long.is_stopped
    assert [example.uri for example in broken.examples] == ["long.md"]


@pytest.mark.parametrize("mode", ["evolve", "freeze", "discard_row", "discard_value"])
def test_a_field_that_the_contract_does_not_name(mode: str):
    documents = [with_fields("old.md", price="12"), with_fields("new.md", price="12", tip="2")]
    rules = settings(contract(fields={"price": {}}, on_change=mode))
    (old, new), breaks = check_field_names(described(documents, rules), rules)
    assert (old.rejects, [field.key for field in old.fields]) == ((), ["price"])
    assert [reject.reason for reject in new.rejects] == (
        [Reason.CONTRACT] if mode == "discard_row" else []
    )
    kept = ["price"] if mode == "discard_value" else ["price", "tip"]
    assert [field.key for field in new.fields] == kept
    assert [(broken.id, broken.severity) for broken in breaks] == (
        [(CheckId.FIELD_NAMES, "block")] if mode == "freeze" else []
    )


def test_documents_that_were_rejected_before_are_not_looked_at_again():
    rejected = with_fields("new.md", tip="2").rejected(Stage.PARSE, Reason.MALFORMED, "broken")
    unparsed = replace(document("gone.md"), parsed=None)
    rules = settings(contract(fields={"price": {}}, on_change="freeze"))
    assert check_field_names([rejected, unparsed], rules) == ([rejected, unparsed], [])


def test_breaks_of_one_rule_are_added_up_over_shards():
    documents = [with_fields(f"{number}.md", price="a lot") for number in range(2)]
    rules = settings(contract(fields={"price": {"type": "number", "severity": "warn"}}))
    _, breaks = check_contracts(documents, frame(documents), rules)
    (merged,) = merge_breaks([*breaks, *breaks])
    assert merged.count == 4
