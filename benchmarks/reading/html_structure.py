"""Counts of headings, items, cells, code lines and links that keep their kind on a page."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from urllib.parse import urljoin

from lxml import html

from benchmarks.reading.html_pages import Page
from vouch.schemas.documents.records import Document, ElementType

KINDS = ("headings", "list items", "table cells", "lines of code", "links")
_MARKER = re.compile(r"^(?:-|\w{1,4}[.)]) ")  # the bullet or number of an item
_ITEM = 60  # compared characters of an item: what follows may be another block
_ASIDE = (ElementType.HEADER, ElementType.FOOTER)


def structure(parsed: Iterable[tuple[Page, Document]]) -> dict[str, tuple[int, int]]:
    """Return, by kind, how many the documents have and how many of these the parser kept."""
    expected, kept = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for page, document in parsed:
        page_counts, document_counts = _of_page(page), _of_document(document)
        for kind in KINDS:
            expected[kind] += page_counts[kind].total()
            kept[kind] += (page_counts[kind] & document_counts[kind]).total()
    return {kind: (expected[kind], kept[kind]) for kind in KINDS}


def _of_page(page: Page) -> dict[str, Counter[str]]:
    root = html.fromstring(f"<div>{page.content.html}</div>")
    lines = (line for pre in root.iter("pre") for line in (pre.text_content() or "").split("\n"))
    base = (re.findall('rel="canonical" href="([^"]*)', page.html) or [""])[0]
    links = (
        f"{_collapsed(a.text_content())} {urljoin(base, a.get('href'))}"
        for a in root.iter("a")
        if _kept(a.get("href")) and _collapsed(a.text_content())
    )
    return _counted(
        (head.text_content() for head in root.iter("h1", "h2", "h3", "h4", "h5", "h6")),
        (_own(item) for item in root.iter("li")),
        (cell.text_content() for cell in root.iter("td", "th")),
        lines,
        links,
    )


def _own(item: html.HtmlElement) -> str:
    """Return the text of an item before any block in it, or its first paragraph."""
    if not (item.text or "").strip() and len(item) and item[0].tag == "p":
        return item[0].text_content()
    leading = takewhile(
        lambda child: child.tag not in ("ul", "ol", "pre", "p", "div", "table"), item
    )
    return (item.text or "") + "".join(
        child.text_content() + (child.tail or "") for child in leading
    )


def _of_document(document: Document) -> dict[str, Counter[str]]:
    def texts(kind: ElementType) -> Iterator[str]:
        return (
            document.text[element.char_start : element.char_end]
            for element in document.elements
            if element.type is kind
        )

    grids = (element.table for element in document.elements if element.table is not None)
    aside = [
        (element.char_start, element.char_end)
        for element in document.elements
        if element.type in _ASIDE
    ]
    inside = (
        link
        for link in document.links
        if not any(start <= link.char_start < end for start, end in aside)
    )
    return _counted(
        texts(ElementType.TITLE),
        (_MARKER.sub("", text.strip()) for text in texts(ElementType.LIST_ITEM)),
        (document.text[start:end] for grid in grids for row in grid.rows for start, end in row),
        (line for text in texts(ElementType.CODE) for line in text.split("\n")),
        (
            f"{_collapsed(document.text[link.char_start : link.char_end])} {link.target}"
            for link in inside
        ),
    )


def _counted(*kinds: Iterable[str]) -> dict[str, Counter[str]]:
    """Count texts by kind, without white space at their ends, and of items the beginnings."""
    counted = {
        kind: Counter(filter(None, map(_collapsed, texts)))
        for kind, texts in zip(KINDS, kinds, strict=True)
    }
    counted["list items"] = Counter(item[:_ITEM] for item in counted["list items"].elements())
    return counted


def _collapsed(text: str) -> str:
    # Arrows that lead back from footnotes are markup, not text.
    return re.sub(r"[\s\u21a9\ufe0e]+", " ", text).strip()


def _kept(target: str | None) -> bool:
    return bool(target) and not str(target).startswith("#")
