"""What a search gives: a passage with its text, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from vouch.index.search.passages import Passage

COLUMNS = (
    "chunk_id", "document_id", "source", "uri", "title", "text", "heading_path", "language",
    "char_start", "char_end", "page_start", "page_end", "row_start", "row_end", "chunk_index",
)  # fmt: skip

_PLURAL = {"p.": "p.", "row": "rows"}


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found: one chunk, or several that follow each other.

    `chunk_id` is the most relevant chunk's, `chunk_ids` those of all in order; each can be traced. `heading_path` is what
    stands above all of them. `score` is higher for better, and comparable within one search only.
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

    @classmethod
    def of(cls, passage: Passage, text: str) -> "Hit":
        first, last, best = passage.chunks[0], passage.chunks[-1], passage.best
        return cls(
            chunk_id=best["chunk_id"],
            chunk_ids=tuple(chunk["chunk_id"] for chunk in passage.chunks),
            document_id=best["document_id"],
            source=best["source"],
            uri=best["uri"],
            title=best["title"],
            text=text,
            heading_path=_shared([chunk["heading_path"] for chunk in passage.chunks]),
            language=best["language"],
            char_start=first["char_start"],
            char_end=last["char_end"],
            page_start=min(
                (page for chunk in passage.chunks if (page := chunk["page_start"]) is not None),
                default=None,
            ),
            page_end=max(
                (page for chunk in passage.chunks if (page := chunk["page_end"]) is not None),
                default=None,
            ),
            row_start=first["row_start"] if last["row_end"] is not None else None,
            row_end=last["row_end"] if first["row_start"] is not None else None,
            score=passage.relevance,
        )

    @property
    def citation(self) -> str:
        """Where it stands: file, page, headings, rows of a table, span."""
        parts = [self.uri, _numbers("p.", self.page_start, self.page_end)]
        parts += [" › ".join(self.heading_path), _numbers("row", self.row_start, self.row_end)]
        return ", ".join(part for part in parts if part) + f" [{self.char_start}:{self.char_end}]"


def _numbers(what: str, first: int | None, last: int | None) -> str:
    if first is None:
        return ""
    return f"{what} {first}" if last in (None, first) else f"{_PLURAL[what]} {first}–{last}"


def _shared(paths: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The headings that all paths begin with."""
    shared = []
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return tuple(shared)
