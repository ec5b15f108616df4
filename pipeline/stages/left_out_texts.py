"""Sums up what parsers read in a shard's documents and do not hand on to be searched."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest

from vouch.pipeline.stages.aggregation import EXAMPLES, merge
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import LeftOut
from vouch.schemas.runs.record import Example, LeftOutDocument, LeftOutGroup, LeftOutSummary
from vouch.validators.rows.redaction import report_redactor

_EXCERPT = 160  # characters of an example
_MANY = 0.5  # share of a document's characters from which it is named
_LONG = 1_000  # characters of a document from which that share says something
_NAMED = 10  # documents


def left_out_of(documents: Iterable[ProcessedDocument]) -> LeftOutSummary:
    """Return what is not searched of the documents that were parsed and are to be published."""
    rows: dict[str, list[tuple[str, LeftOut]]] = {}
    counted = read = left_out = 0
    losing: list[tuple[str, int, int, LeftOut]] = []
    for document in documents:
        # What was left out of a text that the index has stored was counted when it was parsed.
        if document.row is None or document.parsed is None or document.kept:
            continue
        parsed, uri = document.parsed.document, document.origin.uri
        chars, lost = parsed.read_chars, parsed.left_out_chars
        counted, read, left_out = counted + 1, read + chars, left_out + lost
        for row in parsed.left_out:
            rows.setdefault(str(row.kind), []).append((uri, row))
        if chars >= _LONG and lost > _MANY * chars:
            most = max(parsed.left_out, key=lambda row: row.characters)
            losing.append((uri, chars, lost, most))
    named = sorted(losing, key=lambda document: (-document[2], document[0]))[:_NAMED]
    return LeftOutSummary(
        documents=counted,
        read=read,
        left_out=left_out,
        groups=tuple(_group(kind, rows[kind]) for kind in sorted(rows)),
        mostly_left_out=len(losing),
        documents_losing_most=tuple(
            LeftOutDocument(
                uri=uri,
                read=chars,
                left_out=lost,
                kind=str(most.kind),
                example=_excerpt(max(most.examples, key=len)),
            )
            for uri, chars, lost, most in named
        ),
    )


def merge_left_out(summaries: Iterable[LeftOutSummary]) -> LeftOutSummary:
    """Add up the summaries of several shards; the kind that leaves out most comes first."""
    parts = list(summaries)
    groups = merge(
        chain.from_iterable(part.groups for part in parts),
        lambda group: (group.kind, ""),
        ("pieces", "characters", "documents"),
    )
    named = chain.from_iterable(part.documents_losing_most for part in parts)
    return LeftOutSummary(
        documents=sum(part.documents for part in parts),
        read=sum(part.read for part in parts),
        left_out=sum(part.left_out for part in parts),
        groups=tuple(sorted(groups, key=lambda group: (-group.characters, group.kind))),
        mostly_left_out=sum(part.mostly_left_out for part in parts),
        documents_losing_most=tuple(
            sorted(named, key=lambda document: (-document.left_out, document.uri))[:_NAMED]
        ),
    )


def _group(kind: str, rows: Sequence[tuple[str, LeftOut]]) -> LeftOutGroup:
    """Return the sum of one kind; its examples are from the documents that it leaves out most of,
    the longest of each before the second of any.
    """
    most = sorted(rows, key=lambda pair: -pair[1].characters)[:EXAMPLES]
    longest = ((uri, sorted(row.examples, key=len, reverse=True)) for uri, row in most)
    rounds = zip_longest(*([(uri, text) for text in texts] for uri, texts in longest))
    examples = filter(None, chain.from_iterable(rounds))
    return LeftOutGroup(
        kind=kind,
        pieces=sum(row.pieces for _, row in rows),
        characters=sum(row.characters for _, row in rows),
        documents=len(rows),
        examples=tuple(
            Example(uri=uri, message=_excerpt(text)) for uri, text in islice(examples, EXAMPLES)
        ),
    )


def _excerpt(text: str) -> str:
    """Return the beginning of a text on one line, with personal data and secrets masked.

    Who reads a report need not be one who may read the document.
    """
    line = " ".join(report_redactor.mask(text).split())
    if len(line) <= _EXCERPT:
        return line
    # A word that is cut off may be a secret of which too little is there to be recognized.
    return f"{line[:_EXCERPT].rpartition(' ')[0]} …"
