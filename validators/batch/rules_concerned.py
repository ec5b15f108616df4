"""All documents that broke a rule which warns or blocks, or in which the policy found something.

A run counts them shard by shard and names the first few; here they are found again in its rows.
"""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check
from vouch.schemas.settings.source_contract import SourceContract
from vouch.validators.batch.corpus_concerned import share_of_chunks
from vouch.validators.concerned import Concerned, HasRows, by_document, concerned, published
from vouch.validators.row_parts import parts_of
from vouch.validators.rows.source_contract import COLUMNS, check_fields, unknown_values

_POLICY = "policy_"
# Chunks in which parsers or the policy doubt the letters have one flag.
_FLAGS = {"garbled_text": "garbled", "doubtful_encoding": "garbled"}


def flagged_concerned(check_id: CheckId, arrivals: HasRows) -> Concerned:
    """Return the documents of a run with chunks that the policy flagged for this check."""
    kind = check_id.removeprefix(_POLICY)
    flag = _FLAGS.get(kind, kind)
    rows = by_document(arrivals, pl.col("flags").list.contains(flag))
    message = share_of_chunks(f"are flagged: {flag.replace('_', ' ')}")
    return concerned(rows.filter(pl.col("counted") > 0), message, pl.col("counted"))


def rule_concerned(check: Check, arrivals: HasRows, contract: SourceContract) -> Concerned | None:
    """Return the documents of a source, among those of a run, that break a rule of its contract;
    None where the contract has no such rule.
    """
    broken = [
        (uri, message)
        for part in parts_of(published(arrivals), (*COLUMNS, "metadata"))
        for uri, message in _broken(check, part, contract)
    ]
    if not broken:
        return None
    rows = pl.DataFrame(broken, schema=["uri", "message"], orient="row")
    return concerned(rows, pl.col("message"))


def _texts(pairs: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for pair in pairs:
        texts.setdefault(pair["key"], []).append(pair["value"])
    return texts


def _broken(
    check: Check, documents: pl.DataFrame, contract: SourceContract
) -> Iterator[tuple[str, str]]:
    uris = documents["uri"]
    if check.id is CheckId.FIELD_NAMES:
        metadata = [_texts(pairs) for pairs in documents["metadata"]]
        for uri, unknown in zip(uris, unknown_values(metadata, contract), strict=True):
            if unknown:
                yield uri, "; ".join(f"{key}: {why}" for key, why in unknown.items())
        return
    for broken in check_fields(documents, contract):
        if (broken.id, broken.subject) == (check.id, check.subject):
            yield uris[broken.index], broken.message
