"""Documents of one state of an index, as they are read: whole, or a part around a hit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lancedb.expr import Expr, col, lit

from vouch.index.search.hit import fields_of
from vouch.index.search.ranking import Row
from vouch.index.store.tables import Tables, rows
from vouch.schemas.documents.plain import plain
from vouch.schemas.documents.values import Value
from vouch.schemas.errors import NotFound, SettingsError

MAX_AROUND = 100_000
"""Characters before and after a span that are returned with it."""
_COLUMNS = (
    "document_id", "parent_id", "source", "uri", "title", "author", "media_type", "language",
    "size", "char_count", "chunk_count", "parser", "content_sha256", "source_modified_at",
    "ingested_at", "first_run_id", "run_id", "metadata", "fields",
)  # fmt: skip
# What is published; of what is in quarantine or filtered nobody reads a text.
_PUBLISHED = col("status") == lit("published")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A published document.

    Attributes:
        document_id: Its id, the same after each change of its file.
        parent_id: The document that it is attached to.
        source: The name of its source in the settings.
        uri: Its address within the source.
        text: Its canonical text, in which hits give their places.
        title: Its title, if it has one.
        author: Its author, if it names one.
        media_type: The kind of file, such as `application/pdf`.
        language: ISO 639 code of its language, if it is known.
        size: Bytes of its file.
        char_count: Characters of its text.
        chunk_count: Chunks of its text.
        parser: What has read it.
        content_sha256: The hash of the file's bytes.
        source_modified_at: When the file was last changed, as its source says.
        ingested_at: When it was last written to the index.
        first_run_id: The run that first published it.
        run_id: The run that wrote it as it is.
        fields: Its metadata with their types, by key, as those of a hit.
    """

    document_id: str
    parent_id: str | None
    source: str
    uri: str
    text: str
    title: str | None = None
    author: str | None = None
    media_type: str | None = None
    language: str | None = None
    size: int | None = None
    char_count: int = 0
    chunk_count: int = 0
    parser: str | None = None
    content_sha256: str | None = None
    source_modified_at: datetime | None = None
    ingested_at: datetime | None = None
    first_run_id: str = ""
    run_id: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, row: Row) -> "StoredDocument":
        """Return the document of a row."""
        own = {name: value for name, value in row.items() if name not in ("metadata", "fields")}
        text = own.pop("canonical_text") or ""
        return cls(text=text, fields=fields_of(row), **own)

    def to_dict(self) -> dict[str, Any]:
        """Return all attributes, as JSON has them."""
        return dict(plain(self))


@dataclass(frozen=True, slots=True)
class Context:
    """A span of a document's canonical text and what is around it.

    Attributes:
        document_id: The document.
        before: The text before the span.
        text: The text of the span.
        after: The text behind it.
        char_start: First character of the span.
        char_end: The character after its last one.
        char_count: Characters of the whole document.
    """

    document_id: str
    before: str
    text: str
    after: str
    char_start: int
    char_end: int
    char_count: int

    def to_dict(self) -> dict[str, Any]:
        """Return all attributes, as JSON has them."""
        return dict(plain(self))


class Documents:
    """The published documents of tables at one state."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.documents

    def document(self, document_id: str) -> StoredDocument:
        """Return a document. Raises `NotFound`."""
        documents = self._where(col("document_id") == lit(document_id))
        if not documents:
            raise no_document(document_id)
        return documents[0]

    def documents_of(self, uri: str, source: str | None = None) -> list[StoredDocument]:
        """Return the documents with a uri: at most one of each source, in the order of these."""
        condition = col("uri") == lit(uri)
        if source is not None:
            condition = condition & (col("source") == lit(source))
        return sorted(self._where(condition), key=lambda document: document.source)

    def context(self, document_id: str, start: int, end: int, around: int) -> Context:
        """Return a span and what is around it; the store cuts it out.

        Raises `NotFound`, and `SettingsError` where the span does not lie in the document.
        """
        for name, value in (("start", start), ("end", end), ("around", around)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise SettingsError(f"{name} is a number of characters, not {value!r}")
        if not 0 <= around <= MAX_AROUND:
            raise SettingsError(f"around is {around}, and must be between 0 and {MAX_AROUND:,}")
        if not 0 <= start <= end:
            raise SettingsError(f"the span [{start}:{end}] is none; 0 <= start <= end must hold")
        condition = _PUBLISHED & (col("document_id") == lit(document_id))
        counts = rows(self._table, ["char_count"], condition).column("char_count").to_pylist()
        if not counts:
            raise no_document(document_id)
        count = counts[0]
        if end > count:
            raise SettingsError(
                f"the span [{start}:{end}] is not in the document, which has {count:,} characters"
            )
        first, last = max(0, start - around), min(count, end + around)
        part = f"right(left(canonical_text, {last}), {last - first})"
        query: Any = self._table.search().where(condition).select({"part": part})
        text = query.to_arrow().column("part").to_pylist()[0] or ""
        return Context(
            document_id,
            text[: start - first],
            text[start - first : end - first],
            text[end - first :],
            start,
            end,
            count,
        )

    def _where(self, condition: Expr) -> list[StoredDocument]:
        present = set(self._table.schema.names)
        columns = [name for name in (*_COLUMNS, "canonical_text") if name in present]
        matching = rows(self._table, columns, _PUBLISHED & condition).to_pylist()
        return [StoredDocument.of(row) for row in matching]


def no_document(document_id: str) -> NotFound:
    """Return the error for a document that is not published, or that the caller may not see."""
    return NotFound(f"there is no document {document_id!r} in this state of the index")
