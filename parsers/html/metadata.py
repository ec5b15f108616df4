"""What a page says of itself: title, author, times, language, and where it stands."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import unescape
from itertools import chain, islice

from lxml import etree

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.html_landmarks import canonical_of
from vouch.parsers.common.html_visibility import Node, name_of
from vouch.parsers.common.links import target_of
from vouch.parsers.html.json_ld import linked_data
from vouch.schemas.records import Metadata

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
    "article:published_time", "datepublished", "og:published_time", "date", "dc.date", "dc.date.issued", "dcterms.created",
    "dcterms.issued", "citation_publication_date", "pubdate", "publish-date", "parsely-pub-date", "sailthru.date", "entry-date",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time",
    "datemodified",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "updated",
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_BORDER = re.compile(r"\s+(?:[|·•»«›‹~/\u2013\u2014-]|::?)+\s+|:\s+")
# What programs write where nobody gave a title.
_NO_TITLE = re.compile(
    r"untitled\b.*|(?:new )?document\s?\d*|index|home|title|page \d+|\S+\.(?:html?|docx?|php|aspx?)",
    re.IGNORECASE,
)
_OF_AUTHORS = etree.XPath("descendant::*[@rel = 'author' or @itemprop = 'author']")
_MOST = 50  # elements of a kind that are looked at
_LONGEST = 120  # characters of an author's name


def metadata(root: Node, heading: str | None, base: str) -> Metadata:
    """`heading` is the first one of the content, `base` what the page's links are relative to."""
    told = linked_data(root)
    told = _marked(root) | told | _metas(root)
    extra = {
        "description": told.get("description") or told.get("og:description"),
        "canonical": target_of(canonical_of(root), base),
    }
    return Metadata(
        title=_title(page_title(root), told.get("og:title"), told.get("headline"), heading),
        author=next(
            (told[name] for name in _AUTHOR if not told.get(name, "http").startswith("http")), None
        ),
        language=_language(root, told),
        created=_first_time(told, _CREATED),
        modified=_first_time(told, _MODIFIED),
        extra=tuple((name, one_line(value)) for name, value in extra.items() if value),
    )


def page_title(root: Node) -> str | None:
    """What the `title` element says; drawings have elements of that name, too."""
    titles = (
        node
        for node in islice(root.iter("title"), _MOST)
        if next(node.iterancestors("svg"), None) is None
    )
    node = next(titles, None)
    return None if node is None else one_line("".join(node.itertext())) or None


def _title(page: str | None, *others: str | None) -> str | None:
    """The page's title without the name of its site, where another one of the page's shows which part of it that is."""
    candidates = [one_line(other or "") for other in others]
    if page is None or _NO_TITLE.fullmatch(page):
        return next(filter(None, candidates), page)
    # What a page's title ends with is mostly the site's name, and its own only where its first heading says so, too.
    begun = (
        one for one in candidates if one and _begins(page, one) and _BORDER.match(page, len(one))
    )
    ended = (
        one for one in candidates[-1:] if one and page.endswith(one) and _ends_so(page[: -len(one)])
    )
    return next(chain(begun, ended), page)


def _begins(page: str, title: str) -> bool:
    return page[: len(title)].casefold() == title.casefold()


def _ends_so(text: str) -> bool:
    """Whether a text ends with a border."""
    return any(border.end() == len(text) for border in _BORDER.finditer(text))


def _metas(root: Node) -> dict[str, str]:
    """The `meta` elements by name or property, the first of each."""
    found: dict[str, str] = {}
    for node in root.iter("meta"):
        name = (
            node.get("name")
            or node.get("property")
            or node.get("itemprop")
            or node.get("http-equiv")
        )
        content = one_line(node.get("content") or "")
        if name and content:
            found.setdefault(name.lower(), content)
    return found


def _marked(root: Node) -> dict[str, str]:
    """What elements of the page's text are marked as."""
    found: dict[str, str] = {}
    for name, value in (*_times(root), *_authors(root)):
        found.setdefault(name, value)
    return found


def _times(root: Node) -> Iterator[tuple[str, str]]:
    times = [node for node in islice(root.iter("time"), _MOST) if node.get("datetime")]
    for node in times:
        marks = f"{node.get('itemprop') or ''} {node.get('class') or ''}".lower()
        if "modified" in marks or "updated" in marks:
            yield "datemodified", node.get("datetime") or ""
        elif (
            node.get("pubdate") is not None
            or "publish" in marks
            or "entry-date" in marks
            or len(times) == 1
        ):
            yield "datepublished", node.get("datetime") or ""


def _authors(root: Node) -> Iterator[tuple[str, str]]:
    marked = (
        node for node in _OF_AUTHORS(root) if name_of(node) in ("a", "span", "div", "p", "address")
    )
    for node in islice(marked, _MOST):
        named = (below for below in node.iterdescendants() if below.get("itemprop") == "name")
        node = next(islice(named, 1), node)
        text = one_line(unescape("".join(islice(node.itertext(), _MOST)))[: 2 * _LONGEST])
        if 0 < len(text) <= _LONGEST:
            yield "author", text


def _language(root: Node, told: Mapping[str, str]) -> str | None:
    lang = (
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or root.get("xml:lang")
    )
    written = (
        lang,
        told.get("content-language"),
        told.get("og:locale"),
        told.get("dc.language"),
        told.get("inlanguage"),
    )
    tags = (one_line(one or "").replace("_", "-") for one in written)
    return next((tag for tag in tags if _LANGUAGE.fullmatch(tag)), None)


def _first_time(told: Mapping[str, str], names: tuple[str, ...]) -> datetime | None:
    return next((time for name in names if name in told and (time := parse_time(told[name]))), None)
