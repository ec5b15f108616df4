"""Which headings, list items, table cells, lines of code and links of a document are found in a page, each as what it is."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from urllib.parse import urljoin

from lxml import html

from benchmarks.reading.html_pages import Page
from vouch.schemas.records import Document, ElementType

KINDS = ("headings", "list items", "table cells", "lines of code", "links")
_ITEM = 60  # characters of an item that are compared: what comes after may be another block
_ASIDE = (ElementType.HEADER, ElementType.FOOTER)


def structure(parsed: Iterable[tuple[Page, Document]]) -> dict[str, tuple[int, int]]:
    """By kind: how many there are in the documents, and how many of them were found."""
    there, found = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for page, document in parsed:
        true, ours = _of_page(page), _of_document(document)
        for kind in KINDS:
            there[kind] += true[kind].total()
            found[kind] += (true[kind] & ours[kind]).total()
    return {kind: (there[kind], found[kind]) for kind in KINDS}


def _of_page(page: Page) -> dict[str, Counter[str]]:
    root = html.fromstring(f"<div>{page.content.html}</div>")
    lines = (line for pre in root.iter("pre") for line in (pre.text_content() or "").split("\n"))
    base = (re.findall('rel="canonical" href="([^"]*)', page.html) or [""])[0]
    links = (
        f"{_one(a.text_content())} {urljoin(base, a.get('href'))}"
        for a in root.iter("a")
        if _kept(a.get("href")) and _one(a.text_content())
    )
    return _counted(
        (head.text_content() for head in root.iter("h1", "h2", "h3", "h4", "h5", "h6")),
        (_own(item) for item in root.iter("li")),
        (cell.text_content() for cell in root.iter("td", "th")),
        lines,
        links,
    )


def _own(item: html.HtmlElement) -> str:
    """What an item says before any block in it; or its first paragraph."""
    if not (item.text or "").strip() and len(item) and item[0].tag == "p":
        return item[0].text_content()
    before = takewhile(
        lambda child: child.tag not in ("ul", "ol", "pre", "p", "div", "table"), item
    )
    return (item.text or "") + "".join(
        child.text_content() + (child.tail or "") for child in before
    )


def _of_document(document: Document) -> dict[str, Counter[str]]:
    def texts(kind: ElementType) -> Iterator[str]:
        return (
            document.text[one.char_start : one.char_end]
            for one in document.elements
            if one.type is kind
        )

    grids = (one.table for one in document.elements if one.table is not None)
    aside = [(one.char_start, one.char_end) for one in document.elements if one.type in _ASIDE]
    inside = (
        link
        for link in document.links
        if not any(start <= link.char_start < end for start, end in aside)
    )
    return _counted(
        texts(ElementType.TITLE),
        (text.strip().removeprefix("- ") for text in texts(ElementType.LIST_ITEM)),
        (document.text[start:end] for grid in grids for row in grid.rows for start, end in row),
        (line for text in texts(ElementType.CODE) for line in text.split("\n")),
        (
            f"{_one(document.text[link.char_start : link.char_end])} {link.target}"
            for link in inside
        ),
    )


def _counted(*kinds: Iterable[str]) -> dict[str, Counter[str]]:
    """White space does not count; and of a list item, its first words do."""
    counted = {
        kind: Counter(filter(None, map(_one, texts)))
        for kind, texts in zip(KINDS, kinds, strict=True)
    }
    counted["list items"] = Counter(item[:_ITEM] for item in counted["list items"].elements())
    return counted


def _one(text: str) -> str:
    return re.sub(r"[\s\u21a9\ufe0e]+", " ", text).strip()  # and not the arrows back from notes


def _kept(target: str | None) -> bool:
    return bool(target) and not str(target).startswith("#")
