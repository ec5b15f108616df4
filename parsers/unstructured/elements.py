"""Elements of unstructured to ours: one mapping, for what the library returns and for its files.

An element is a dictionary of `type`, `element_id`, `text` and `metadata`, as the library writes it.
Its unit of depth is a `category_depth` from 0 (of titles), or from 0 or 1 (of list items, by
format).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.common.html.tables import table_rows
from vouch.parsers.common.html.tree import parse_html
from vouch.parsers.common.html.visibility import name_of
from vouch.parsers.common.links import Anchor, Linked, target_of
from vouch.parsers.common.table_headers import header_rows
from vouch.parsers.unstructured.metadata import metadata_of
from vouch.schemas.documents.records import Document, LeftOutKind
from vouch.schemas.errors import DocumentRejected

ElementDict: TypeAlias = Mapping[str, Any]

_TITLES = frozenset({"Title", "Headline", "Subheadline", "Section-header", "Field-Name"})
_ITEMS = frozenset({"ListItem", "BulletedText", "List-item", "List"})
_HEADERS = frozenset({"Header", "Page-header"})
_FOOTERS = frozenset({"Footer", "Page-footer"})
_TABLES = frozenset({"Table", "TableChunk"})
_WORD = re.compile(r"\w+")
_MARKS = {True: "[x]", False: "[ ]"}
_MAX_LINK_TEXT = 500  # characters of a link's text that are looked for whatever their white space
# Share of a table's text that its cells must have, to be read instead of it.
_MIN_SHARE = 0.5


def document_of(elements: Sequence[ElementDict], omitted: frozenset[str] = frozenset()) -> Document:
    """Return the document that the elements are.

    `omitted` are keys of their metadata that say nothing about the document.
    """
    reading = _Reading(elements)
    for element in elements:
        reading.add(element)
    metadata = metadata_of(
        [_metadata(element) for element in elements], reading.builder.first_title, omitted
    )
    return reading.builder.build(metadata)


class _Reading:
    """Adds elements one by one; `part` is the sheet or attached file that they are in."""

    def __init__(self, elements: Sequence[ElementDict]) -> None:
        self.builder = DocumentBuilder()
        self._types = {element["element_id"]: element["type"] for element in elements}
        self._levels: dict[str, int] = {}  # of titles, by id
        self._items: list[int] = []  # depths of the open list items, as the library counts them
        self._part: str | None = None

    def add(self, element: ElementDict) -> None:
        kind, metadata = element["type"], _metadata(element)
        words = element["text"] or ""
        if kind in _ITEMS:
            item = without_bullet(words)
            words = words if item is None else item
        text = linked_text(words, metadata)
        self.builder.page = _number(metadata.get("page_number")) or None
        self._begin_part(metadata, title=words if kind in _TITLES else None)
        if kind not in _ITEMS and self._types.get(_parent(metadata)) not in _ITEMS:
            self._items = []
        if kind in _TITLES:
            self.builder.title(text, self._level(element, metadata))
        elif kind in _ITEMS:
            self.builder.list_item(text, self._depth(metadata))
        elif kind in _TABLES:
            self._add_table(text, metadata)
        elif kind == "CodeSnippet":
            self.builder.code(text)
        elif kind in _HEADERS:
            self.builder.header(text)
        elif kind in _FOOTERS:
            self.builder.footer(text)
        elif kind == "PageNumber":
            self.builder.footer(text, LeftOutKind.PAGE_NUMBER)
        elif kind == "CheckBox":
            self.builder.paragraph(f"{_MARKS[element.get('checked') is True]} {text}")
        elif kind == "FormKeysValues" and not text.strip():
            self.builder.table(_keys_and_values(metadata))
        else:
            self.builder.paragraph(text)

    def _begin_part(self, metadata: Mapping[str, Any], title: str | None) -> None:
        """Give a sheet or an attached file its name as a title, where it has not such a title."""
        attached = metadata.get("attached_to_filename") is not None
        part = metadata.get("filename") if attached else metadata.get("page_name")
        if isinstance(part, str) and part != self._part:
            self.builder.end_sections()
            self._part = part
            if title != part:
                self.builder.title(part)

    def _level(self, element: ElementDict, metadata: Mapping[str, Any]) -> int:
        """Return a title's level from 1: by its own depth, else one below the title it is in."""
        depth = _number(metadata.get("category_depth"))
        above = self._levels.get(_parent(metadata), 0)
        level = above + 1 if depth is None else depth + 1
        # Below the name of its sheet, if it is not that name itself.
        below = self._part is not None and element["text"] != self._part
        self._levels[element["element_id"]] = level
        return level + below

    def _depth(self, metadata: Mapping[str, Any]) -> int:
        """Return a list item's depth from 0: by how many open items are less deep than it is."""
        own = _number(metadata.get("category_depth")) or 0
        while self._items and self._items[-1] >= own:
            self._items.pop()
        self._items.append(own)
        return len(self._items) - 1

    def _add_table(self, text: str, metadata: Mapping[str, Any]) -> None:
        rows, headers = _rows(metadata.get("text_as_html"))
        missing = _missing(rows, text)
        if len(missing) > (1 - _MIN_SHARE) * len(text.split()):
            self.builder.paragraph(text)
        else:
            self.builder.table(_with_links(rows, metadata), headers)
            # Models that find the cells of a picture overlook some.
            self.builder.paragraph(" ".join(missing))


def linked_text(text: str, metadata: Mapping[str, Any]) -> Linked:
    """Return an element's text with its links, each at its place in the text.

    The library states starts that count in another text, or -1: then a link is looked for.
    """
    links: list[Anchor] = []
    position = 0
    stated = list(_stated_links(metadata))
    if all(start >= 0 for _, _, start in stated):
        stated.sort(key=itemgetter(2))
    for words, url, start in stated:
        target = target_of(url)
        place = _place(text, words.strip(), start, position)
        if place is None and len(stated) == 1:
            place = (0, len(text))
        if target and place and place[0] < place[1]:
            links.append((*place, target))
            position = place[1]
    return Linked(text, links)


def _stated_links(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Yield text, URL and start of each link, in the newer or the older notation."""
    if links := _list(metadata.get("links")):
        stated = [
            (link.get("text"), link.get("url"), link.get("start_index"))
            for link in links
            if isinstance(link, dict)
        ]
    else:
        names = ("link_texts", "link_urls", "link_start_indexes")
        texts, urls, starts = (_list(metadata.get(name)) for name in names)
        starts = starts if len(starts) == len(urls) else [-1] * len(urls)
        stated = list(zip(texts, urls, starts, strict=False))
    for text, url, start in stated:
        if isinstance(url, str):
            yield str(text or ""), url, start if isinstance(start, int) else -1


def _place(text: str, words: str, start: int, position: int) -> tuple[int, int] | None:
    """Return where the words of a link are, from `position` on; None where they are not."""
    if not words:
        return None
    if start >= position and text.startswith(words, start):
        return start, start + len(words)
    if (place := text.find(words, position)) >= 0:
        return place, place + len(words)
    visible = "".join(words[:_MAX_LINK_TEXT].split())
    match = re.compile(r"\s*".join(map(re.escape, visible))).search(text, position)
    return match.span() if match else None


def _rows(text_as_html: object) -> tuple[list[list[str]], int]:
    """Return the cells of a table that is written as HTML, and the number of its header rows."""
    if not isinstance(text_as_html, str) or "<" not in text_as_html:
        return [], 0
    try:
        table = next(parse_html(text_as_html).iter("table"), None)
    except DocumentRejected:
        return [], 0  # nested beyond reading
    if table is None:
        return [], 0
    # Some models write header cells without a row. Cells of an inner table are in its outer cell.
    rows, headers = table_rows(
        [
            node
            for node in table.iter("tr", "thead", "tbody")
            if any(name_of(cell) in ("td", "th") for cell in node)
            and next(node.iterancestors("table")) is table
        ]
    )
    return rows, headers or header_rows(rows)


def _with_links(
    rows: Sequence[Sequence[str]], metadata: Mapping[str, Any]
) -> Sequence[Sequence[str]]:
    """Return the cells with the links that the metadata states, for HTML that has none itself."""
    stated = [(words.strip(), target_of(url)) for words, url, _ in _stated_links(metadata)]
    if not stated or any(getattr(cell, "links", ()) for row in rows for cell in row):
        return rows
    linked = [list(row) for row in rows]
    places = [(row, column) for row in linked for column in range(len(row))]
    for words, target in stated:
        for row, column in places:
            place = _place(row[column], words, -1, 0)
            if place and target and not getattr(row[column], "links", ()):
                row[column] = Linked(row[column], [(*place, target)])
                break
    return linked


def _missing(rows: Sequence[Sequence[str]], text: str) -> list[str]:
    """Return the pieces of a table's text, between white space, of which no cell has the words."""
    left = Counter(_WORD.findall(" ".join(cell for row in rows for cell in row)))
    missing = []
    for piece in text.split():
        words = Counter(_WORD.findall(piece))
        if all(left[word] >= count for word, count in words.items()):
            left.subtract(words)
        else:
            missing.append(piece)
    return missing


def _keys_and_values(metadata: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for pair in _list(metadata.get("key_value_pairs")):
        sides = [pair.get(side) for side in ("key", "value")] if isinstance(pair, dict) else []
        rows.append(
            [str(side.get("text") or "") if isinstance(side, dict) else "" for side in sides]
        )
    return rows


def _number(value: object) -> int | None:
    """Return a whole number from 0, None for anything else."""
    return value if type(value) is int and value >= 0 else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _parent(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("parent_id"))


def _metadata(element: ElementDict) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = element["metadata"]
    return metadata
