"""Documents as the stages of a shard get them, built without sources, parsers or an index."""

from dataclasses import replace
from typing import Any

from vouch.pipeline.planning.plan import Action, Planned
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.ids import document_id, sha256_text
from vouch.schemas.documents.records import (
    Chunk,
    Document,
    Element,
    ElementType,
    Fingerprints,
    Metadata,
    SourceItem,
)
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.workers.sandbox import Parsed

FINGERPRINTS = Fingerprints(chunk="c", embedding="e", check="k", limits="l", fetch={"docs": "f"})

TOPICS = ("the harbour", "the archive", "the orchard", "the workshop")
SECTIONS = tuple(
    f"This section explains what people who visit {topic} should know before they arrive."
    for topic in TOPICS
)
"""Ordinary English texts that break no rule and of which no two are alike."""


def settings(source: dict[str, Any] | None = None, **sections: Any) -> Settings:
    """Return settings with the one source `docs`; `source` adds to what they say of it."""
    docs = {"name": "docs", "path": "documents"} | (source or {})
    return Settings.model_validate({"sources": [docs]} | sections)


def parsed(*texts: str, **changes: Any) -> Parsed:
    """Return a parsed document whose sections have these texts, each a chunk.

    `changes` are fields of `Document` and `Parsed`, such as its metadata.
    """
    elements, chunks, start = [], [], 0
    for text in texts:
        end = start + len(text)
        kinds = (ElementType.PARAGRAPH,)
        elements.append(Element(ElementType.PARAGRAPH, start, end))
        chunks.append(Chunk(start, end, text, None, len(text.split()), (), kinds, None, None))
        start = end + 2
    redactions = changes.pop("redactions", {})
    document = Document("\n\n".join(texts), tuple(elements), **changes)
    return Parsed(document, tuple(chunks), "markdown", "text/markdown", 0.0, 0.0, redactions)


def planned(uri: str = "a.md", source: str = "docs") -> Planned:
    """Return the plan of a new document."""
    item = SourceItem(source, uri, size=10)
    return Planned(Action.NEW, "new", item, document_id(source, uri))


def document(
    uri: str = "a.md", *texts: str, source: str = "docs", **changes: Any
) -> ProcessedDocument:
    """Return a document as it comes out of parsing, with a chunk for each text."""
    plan = planned(uri, source)
    result = parsed(*(texts or SECTIONS[:1]), **changes)
    origin = replace(
        plan.origin,
        content_sha256=sha256_text(result.document.text),
        media_type=result.media_type,
        parser=result.read_by,
        parse_fingerprint="p",
    )
    return ProcessedDocument(origin, plan, parsed=result)


def with_fields(uri: str, **fields: str) -> ProcessedDocument:
    """Return a document that declares these fields."""
    return document(uri, metadata=Metadata(extra=tuple(fields.items())))


def texts(processed: ProcessedDocument) -> list[str]:
    """Return the texts of the chunks that are not rejected."""
    return [row["text"] for row in processed.chunks]
