"""Sums up how much of the texts that a shard embeds the model's vocabulary covers."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import fields

from vouch.pipeline.stages.aggregation import merge
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Coverage
from vouch.schemas.runs.record import Example, VocabularyCoverage

_MEASURES = tuple(measure.name for measure in fields(Coverage))
_COUNTS = ("texts", *_MEASURES, "documents")


def vocabulary_of(
    documents: Iterable[ProcessedDocument], new_texts: Set[str], limit: float
) -> list[VocabularyCoverage]:
    """Return the coverage of the texts that are embedded, by source and language.

    Documents with a share above `limit` are counted and named.
    """
    return list(
        merge_vocabulary(
            row for document in documents for row in _of_document(document, new_texts, limit)
        )
    )


def merge_vocabulary(parts: Iterable[VocabularyCoverage]) -> tuple[VocabularyCoverage, ...]:
    """Add up what several documents or shards report, most unknown characters first."""
    rows = merge(parts, lambda row: (row.source, row.language), _COUNTS)
    return tuple(
        sorted(
            rows,
            key=lambda row: (-row.unknown_share * row.characters, row.source, row.language),
        )
    )


def _of_document(
    document: ProcessedDocument, new_texts: Set[str], limit: float
) -> list[VocabularyCoverage]:
    by_language: dict[str, list[Coverage]] = {}
    for row in document.chunks:
        if document.parsed and row["embedded_sha256"] in new_texts:
            chunk = document.parsed.chunks[row["chunk_index"]]
            by_language.setdefault(row["language"] or "", []).append(chunk.coverage)
    return [_row(document, language, parts, limit) for language, parts in by_language.items()]


def _row(
    document: ProcessedDocument, language: str, parts: Sequence[Coverage], limit: float
) -> VocabularyCoverage:
    counts = {name: sum(getattr(part, name) for part in parts) for name in _MEASURES}
    row = VocabularyCoverage(
        source=document.origin.source, language=language, texts=len(parts), **counts
    )
    if row.unknown_share <= limit:
        return row
    example = Example(uri=document.origin.uri, message=f"{row.unknown_share:.0%} of its characters")
    return row.model_copy(update={"documents": 1, "examples": (example,)})
