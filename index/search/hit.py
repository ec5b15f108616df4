"""Search results: passages with their texts and their places in the source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vouch.index.search.excerpts import excerpt_span
from vouch.index.search.explanation import Explanation
from vouch.index.search.passages import Passage
from vouch.index.search.ranking import Row
from vouch.schemas.documents.plain import plain
from vouch.schemas.documents.values import Value, dump_fields, load_fields

COLUMNS = (
    "chunk_id", "document_id", "source", "uri", "title", "text", "heading_path", "language",
    "char_start", "char_end", "page_start", "page_end", "row_start", "row_end", "chunk_index",
    "element_types", "parser", "metadata", "fields", "source_modified_at", "ingested_at", "run_id",
    "content_sha256", "flags", "text_sha256",
)  # fmt: skip

_PLURALS = {"p.": "p.", "row": "rows", "slide": "slides", "sheet": "sheets"}
# What a page is in the documents of a parser, by the beginning of its name.
_PAGES = {"pptx": "slide", "odp": "slide", "spreadsheet": "sheet", "ods": "sheet"}
_HEADING = "title"
_FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Scores:
    """Why the most relevant chunk of a hit was found. Comparable within one search only.

    Attributes:
        vector: The cosine between its vector and the query's; None for a search by words.
        words: Its BM25 score for the words of the query; None where they did not find it.
        relevance: What both give together, with the support of its neighbours and of identifiers:
            the `score` of the hit, where no reranker has given another.
    """

    vector: float | None = None
    words: float | None = None
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text of a hit is.

    Attributes:
        citation: The place in words: file, page, headings, rows of a table, span of characters.
        document_id: The document.
        source: The name of its source in the settings.
        uri: Its address within the source.
        title: Its title, if it has one.
        chunk_id: Its most relevant chunk.
        char_start: First character of the text in the document's canonical text.
        char_end: The character after its last one.
        page_start: First page, slide or sheet, counted from 1, if the format has any.
        page_end: Last page.
    """

    citation: str
    document_id: str
    source: str
    uri: str
    title: str | None
    chunk_id: str
    char_start: int
    char_end: int
    page_start: int | None = None
    page_end: int | None = None

    @classmethod
    def of(cls, passage: Passage) -> "Place":
        """Return the place of a passage whose rows have all `COLUMNS`, but maybe the texts."""
        hit = Hit.of(passage, "")
        return cls(**{name: getattr(hit, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found: one chunk, or several adjacent ones.

    Attributes:
        chunk_id: The most relevant chunk, which `vouch trace` proves.
        chunk_ids: All chunks of the passage, in the order of the text.
        document_id: The document.
        source: The name of its source in the settings.
        uri: Its address within the source.
        title: Its title, if it has one.
        text: The text of the passage, as it is in the document.
        heading_path: The headings above all of its chunks, outermost first.
        language: ISO 639 code of the most relevant chunk's language, if it is known.
        char_start: First character of the passage in the document's canonical text.
        char_end: The character after its last one.
        page_start: First page, slide or sheet, counted from 1, if the format has any.
        page_end: Last page.
        row_start: First row of a table, counted from 1, if the whole passage lies within one.
        row_end: Last row.
        score: Relevance; higher is better. Comparable within one search only.
        element_types: What its chunks are made of, such as `paragraph`, `table` or `figure`.
        page_unit: What its pages are called: `p.`, `slide` or `sheet`.
        fields: The metadata of the document with their types, by key. A list is a tuple. From an
            index of 0.12.0 or before, they are texts until the next run.
        source_modified_at: When the file was last changed, as its source says.
        ingested_at: When the chunk was last written.
        media_type: The kind of file, such as `application/pdf`.
        run_id: The run that wrote the most relevant chunk.
        content_sha256: The hash of the file's bytes.
        flags: What the policy and the checks have noticed of its chunks, such as `injection`: what
            may be meant to instruct a language model.
        best_start: First character of the most relevant chunk in the document's canonical text.
        best_end: The character after its last one.
        places: All places of the same text, in this document or in others, that the filters let
            through: this one first, at most 20.
        more_places: How many more places there are at least.
        scores: Why the most relevant chunk was found.
        explanation: Why it is where it is; None unless the search was to explain.
    """

    chunk_id: str
    chunk_ids: tuple[str, ...]
    document_id: str
    source: str
    uri: str
    title: str | None
    text: str
    heading_path: tuple[str, ...]
    language: str | None
    char_start: int
    char_end: int
    page_start: int | None
    page_end: int | None
    row_start: int | None
    row_end: int | None
    score: float
    element_types: tuple[str, ...] = ()
    page_unit: str = "p."
    fields: Mapping[str, Value] = field(default_factory=dict, hash=False)
    source_modified_at: datetime | None = None
    ingested_at: datetime | None = None
    media_type: str | None = None
    run_id: str = ""
    content_sha256: str = ""
    flags: tuple[str, ...] = ()
    best_start: int = 0
    best_end: int = 0
    places: tuple[Place, ...] = ()
    more_places: int = 0
    scores: Scores = Scores()
    explanation: Explanation | None = None

    @classmethod
    def of(cls, passage: Passage, text: str, media_type: str | None = None) -> "Hit":
        """Return the hit for a passage whose rows have all `COLUMNS`, and whose best row also has
        `cosine` and `word_score`.
        """
        chunks, best = passage.chunks, passage.best
        first_pages = [chunk["page_start"] for chunk in chunks if chunk["page_start"] is not None]
        last_pages = [chunk["page_end"] for chunk in chunks if chunk["page_end"] is not None]
        # A passage that begins or ends outside a table has no range of rows.
        in_rows = chunks[0]["row_start"] is not None and chunks[-1]["row_end"] is not None
        return cls(
            chunk_id=best["chunk_id"],
            chunk_ids=tuple(chunk["chunk_id"] for chunk in chunks),
            document_id=best["document_id"],
            source=best["source"],
            uri=best["uri"],
            title=best["title"],
            text=text,
            heading_path=_common_prefix([chunk["heading_path"] for chunk in chunks]),
            language=best["language"],
            char_start=passage.char_start,
            char_end=passage.char_end,
            page_start=min(first_pages, default=None),
            page_end=max(last_pages, default=None),
            row_start=chunks[0]["row_start"] if in_rows else None,
            row_end=chunks[-1]["row_end"] if in_rows else None,
            score=passage.relevance,
            element_types=tuple(
                dict.fromkeys(kind for chunk in chunks for kind in chunk["element_types"] or ())
            ),
            page_unit=_PAGES.get((best["parser"] or "").partition("_")[0], "p."),
            fields=fields_of(best),
            source_modified_at=best.get("source_modified_at"),
            ingested_at=best.get("ingested_at"),
            media_type=media_type,
            run_id=best.get("run_id") or "",
            content_sha256=best.get("content_sha256") or "",
            flags=tuple(
                dict.fromkeys(flag for chunk in chunks for flag in chunk.get("flags") or ())
            ),
            best_start=best["char_start"],
            best_end=best["char_end"],
            scores=Scores(best.get("cosine"), best.get("word_score"), passage.relevance),
            explanation=passage.explanation,
        )

    @property
    def citation(self) -> str:
        """The place of the passage: file, page, headings, rows of a table, span of characters.

        It says `figure` where all of it comes from pictures, `with a figure` where some of it does.
        """
        parts = [self.uri, _range(self.page_unit, self.page_start, self.page_end)]
        parts += [" › ".join(self.heading_path), _range("row", self.row_start, self.row_end)]
        if _FIGURE in self.element_types:
            is_all = {_FIGURE, _HEADING}.issuperset(self.element_types)
            parts.append("figure" if is_all else "with a figure")
        return ", ".join(part for part in parts if part) + f" [{self.char_start}:{self.char_end}]"

    def excerpt(self, chars: int = 400, query: str = "") -> str:
        """Return the part of the text around the most relevant chunk: whole words, at most so many
        characters, with an ellipsis where the text continues.

        Where that chunk is longer, it is the part that has most words of the `query`.
        """
        start = self.best_start - self.char_start
        first, last = excerpt_span(
            self.text, start, self.best_end - self.char_start, max(1, chars), query
        )
        before, after = "…" if first else "", "…" if last < len(self.text) else ""
        return f"{before}{self.text[first:last]}{after}"

    def to_dict(self) -> dict[str, Any]:
        """Return all attributes and the citation, as JSON has them."""
        return {**plain(self), "citation": self.citation}


def fields_of(row: Row) -> dict[str, Value]:
    """Return the metadata of a row by key: with their types, or as texts where a version until
    0.12.0 wrote it.
    """
    written = row.get("fields")
    if written is None:
        pairs = row.get("metadata") or ()
        written = dump_fields((entry["key"], entry["value"]) for entry in pairs)
    return load_fields(written)


def also_in(hit: Hit, shown: int = 3) -> str:
    """Return where else the text of a hit is, in words; empty where it is nowhere else."""
    places = [place.citation for place in hit.places[1 : shown + 1]]
    more = len(hit.places) - 1 - len(places) + hit.more_places
    if not places:
        return ""
    return f"also in {'; '.join(places)}" + (f"; and {more:,} more" if more else "")


class Hits(list[Hit]):
    """What a search returns: its hits, best first.

    Attributes:
        words_only: Why a hybrid search went by words alone: the embedding service has given no
            vector for the query. Empty where the search went as asked for.
        run_id: The run whose state was searched, where an `Index` has been.
    """

    def __init__(
        self, hits: Iterable[Hit] = (), words_only: str = "", run_id: str | None = None
    ) -> None:
        super().__init__(hits)
        self.words_only = words_only
        self.run_id = run_id


def _range(unit: str, first: int | None, last: int | None) -> str:
    if first is None:
        return ""
    return f"{unit} {first}" if last in (None, first) else f"{_PLURALS[unit]} {first}–{last}"


def _common_prefix(paths: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the headings with which all paths begin."""
    common = []
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return tuple(common)
