"""Metadata that a page declares: title, author, times, language, description and address."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import unescape
from itertools import chain, islice

from lxml import etree

from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.html.landmarks import canonical_of
from vouch.parsers.common.html.visibility import Node, name_of
from vouch.parsers.common.links import target_of
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.html.json_ld import linked_data
from vouch.schemas.documents.records import Metadata
from vouch.schemas.documents.value_types import listed

# Names of `meta` elements (HTML, Open Graph, Dublin Core, Highwire Press, …), the best first.
_AUTHOR = (
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "parsely-author",
    "sailthru.author",
)
_CREATED = (
    "article:published_time",
    "datepublished",
    "og:published_time",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "citation_publication_date",
    "pubdate",
    "publish-date",
    "parsely-pub-date",
    "sailthru.date",
    "entry-date",
)
_MODIFIED = (
    "article:modified_time",
    "datemodified",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "updated",
)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
# What separates the parts of a page's title, such as the title of an article and the site's name.
_SEPARATOR = re.compile(r"\s+(?:[|·•»«›‹~/\u2013\u2014-]|::?)+\s+|:\s+")
# Titles that programs write where no author gave one.
_PLACEHOLDER_TITLE = re.compile(
    r"untitled\b.*|(?:new )?document\s?\d*|index|home|title|page \d+"
    r"|\S+\.(?:html?|docx?|php|aspx?)",
    re.IGNORECASE,
)
_AUTHOR_ELEMENTS = etree.XPath("descendant::*[@rel = 'author' or @itemprop = 'author']")
_ITEM_TYPES = etree.XPath("descendant::*/@itemtype")
# The microformats of a post (hAtom, h-entry); a page with several lists them.
_MAYBE_ENTRIES = etree.XPath("descendant::*[contains(@class, 'entry')]/@class")
# Types of schema.org. Encyclopedias and documentation declare the plain `Article`, too.
_ARTICLE = re.compile(
    r"(?:News|Satirical|Scholarly|Report|Advertiser).*Article$|(?:Blog|Media).*Posting$"
)
_BYLINE = re.compile(
    r"publi|posted|byline|dateline|pub-?date|post-?date|post-?meta|entry-meta", re.I
)
_EVENT = re.compile(
    r"event|comment|start-?date|end-?date|dt-?start|dt-?end|door|deadline|expir|valid|upcoming"
    r"|schedule|calendar|agenda|reply",
    re.IGNORECASE,
)
# What is written right before a time to come, or of something other than the page.
_DEADLINE = re.compile(
    r"\b(?:until|till|by|before|deadline|due|expires?|ends?|starts?|begins?|opens?|closes?|held|from"
    r"|takes? place|bis|ab|jusqu|hasta|fino|entro|tot|when)"
    r"(?:['’\s]+(?:on|at|the|au|le|el|al|zum|den))*"
    r"\s*:?\s*\Z",
    re.IGNORECASE,
)
_MAX_NAMES = 400  # characters of names and words around a time
_MAX_ELEMENTS = 50  # of a kind that are looked at
_MAX_ABOVE = 4  # elements above a time that may be its byline
_MAX_AUTHOR = 120  # characters; a longer text is more than a name


def declared_values(root: Node) -> dict[str, str]:
    """Return what a page declares about itself, by the names of `meta` elements in lower case.

    `meta` elements are preferred to JSON-LD, and JSON-LD to marked elements of the text.
    """
    values: dict[str, str] = {}
    for name, value in (*_times(root), *_authors(root)):
        values.setdefault(name, value)
    return values | linked_data(root) | _meta_elements(root)


def declares_article(root: Node, values: Mapping[str, str]) -> bool:
    """Return whether a page says that it is an article, as newspapers and blogs do.

    `values` are those of `declared_values`.
    """
    if values.get("og:type", "").lower() == "article" or "article:published_time" in values:
        return True
    kinds = (values.get("type") or "", *islice(_ITEM_TYPES(root), _MAX_ELEMENTS))
    entries = (set(names.split()) for names in _MAYBE_ENTRIES(root))
    is_single = sum(bool(names & {"hentry", "h-entry"}) for names in entries) == 1
    return is_single or any(map(_ARTICLE.search, kinds))


def metadata(root: Node, values: Mapping[str, str], heading: str | None, base: str) -> Metadata:
    """Return the metadata of a page.

    `values` are those of `declared_values`, `heading` is the first heading of the content, `base`
    the URL that links are relative to.
    """
    authors = (values[name] for name in _AUTHOR if name in values)
    extra = {
        "description": values.get("description") or values.get("og:description"),
        "canonical": target_of(canonical_of(root), base),
    }
    keywords = listed(one_line(values.get("keywords") or values.get("news_keywords") or ""))
    return Metadata(
        title=_title(page_title(root), values.get("og:title"), values.get("headline"), heading),
        author=next((author for author in authors if not author.startswith("http")), None),
        language=_language(root, values),
        created=_first_time(values, _CREATED),
        modified=_first_time(values, _MODIFIED),
        extra=(
            *((name, one_line(value)) for name, value in extra.items() if value),
            *((("keywords", keywords),) if keywords else ()),
        ),
    )


def page_title(root: Node) -> str | None:
    """Return the text of the page's `title` element; those inside `svg` are titles of drawings."""
    for node in islice(root.iter("title"), _MAX_ELEMENTS):
        if next(node.iterancestors("svg"), None) is None:
            return one_line("".join(node.itertext())) or None
    return None


def _title(page: str | None, *alternatives: str | None) -> str | None:
    """Return the page's title without the name of its site.

    Another title of the page shows which part of it is the page's own.
    """
    candidates = [one_line(title or "") for title in alternatives]
    if page is None or _PLACEHOLDER_TITLE.fullmatch(page):
        return next(filter(None, candidates), page)
    at_start = (title for title in candidates if title and _begins_with_part(page, title))
    # What a page's title ends with is mostly the site's name. It is the page's own title only
    # where the first heading, the last candidate, is the same.
    at_end = (title for title in candidates[-1:] if title and _ends_with_part(page, title))
    return next(chain(at_start, at_end), page)


def _begins_with_part(page: str, title: str) -> bool:
    has_start = page[: len(title)].casefold() == title.casefold()
    return has_start and _SEPARATOR.match(page, len(title)) is not None


def _ends_with_part(page: str, title: str) -> bool:
    if not page.endswith(title):
        return False
    start = len(page) - len(title)
    return any(match.end() == start for match in _SEPARATOR.finditer(page[:start]))


def _meta_elements(root: Node) -> dict[str, str]:
    """Return the content of the `meta` elements by name or property, the first of each."""
    values: dict[str, str] = {}
    for node in root.iter("meta"):
        name = (
            node.get("name")
            or node.get("property")
            or node.get("itemprop")
            or node.get("http-equiv")
        )
        content = one_line(node.get("content") or "")
        if name and content:
            values.setdefault(name.lower(), content)
    return values


def _times(root: Node) -> Iterator[tuple[str, str]]:
    """Yield the times that `time` elements of the text declare, by the name of a `meta` element."""
    times = [(node, _time_of(node)) for node in islice(root.iter("time"), _MAX_ELEMENTS)]
    times = [(node, time) for node, time in times if time]
    for node, time in times:
        marks = f"{node.get('itemprop') or ''} {node.get('class') or ''}".lower()
        if "modified" in marks or "updated" in marks:
            yield "datemodified", time
        elif (
            node.get("pubdate") is not None
            or "publish" in marks
            or "entry-date" in marks
            or (len(times) == 1 and _is_in_byline(node) and not _is_of_event(node, marks))
        ):
            yield "datepublished", time


def _time_of(node: Node) -> str:
    """Return what a `time` element declares: its attribute, or its text where it has none."""
    text = "".join(islice(node.itertext(), _MAX_ELEMENTS))
    return node.get("datetime") or one_line(text[:_MAX_AUTHOR])


def _is_of_event(time: Node, marks: str) -> bool:
    """Return whether a time is that of an event, a deadline or a comment, not of the page."""
    above = list(islice(time.iterancestors(), _MAX_ABOVE))
    names = " ".join(
        f"{node.get('class') or ''} {node.get('id') or ''} {node.get('itemtype') or ''}"[
            :_MAX_NAMES
        ]
        for node in above
    )
    previous = time.getprevious()
    before = (previous.tail if previous is not None else above[0].text if above else "") or ""
    return bool(_EVENT.search(marks) or _EVENT.search(names) or _DEADLINE.search(before[-40:]))


def _is_in_byline(time: Node) -> bool:
    """Return whether a time is where pages say when they were published.

    Any other may be that of what the text is about.
    """
    above = list(islice(time.iterancestors(), _MAX_ABOVE))
    return any(
        name_of(node) in ("header", "address")
        or _BYLINE.search(f"{node.get('class') or ''} {node.get('id') or ''}"[:_MAX_AUTHOR])
        for node in above
    )


def _authors(root: Node) -> Iterator[tuple[str, str]]:
    """Yield the authors that elements of the text declare."""
    marked = (
        node
        for node in _AUTHOR_ELEMENTS(root)
        if name_of(node) in ("a", "span", "div", "p", "address")
    )
    for node in islice(marked, _MAX_ELEMENTS):
        names = (below for below in node.iterdescendants() if below.get("itemprop") == "name")
        text = "".join(islice(next(names, node).itertext(), _MAX_ELEMENTS))
        author = one_line(unescape(text)[: 2 * _MAX_AUTHOR])
        if 0 < len(author) <= _MAX_AUTHOR:
            yield "author", author


def _language(root: Node, values: Mapping[str, str]) -> str | None:
    """Return the first well-formed language tag that the page declares, with `-` for `_`."""
    declared = (
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or root.get("xml:lang"),
        values.get("content-language"),
        values.get("og:locale"),
        values.get("dc.language"),
        values.get("inlanguage"),
    )
    tags = (one_line(tag or "").replace("_", "-") for tag in declared)
    return next((tag for tag in tags if _LANGUAGE_TAG.fullmatch(tag)), None)


def _first_time(values: Mapping[str, str], names: tuple[str, ...]) -> datetime | None:
    return next(
        (time for name in names if (time := parse_time(values.get(name, ""))) is not None), None
    )
