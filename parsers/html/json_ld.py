"""What a page says of itself in JSON-LD, within bounds: pages of any origin are read, and few of them write it well."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.html_visibility import Node

_MAX_SCRIPTS = 20
_MAX_LENGTH = 500_000  # characters of one script
_MAX_THINGS = 200
_MAX_DEPTH = 4
_MAX_VALUE = 500  # characters of a title or of a list of authors
_TEXT = (
    "Article",
    "Posting",
    "Report",
    "WebPage",
    "Page",
    "Book",
    "Recipe",
    "Product",
    "Event",
    "HowTo",
    "Course",
    "Review",
)


def linked_data(root: Node) -> dict[str, str]:
    """`headline`, `author`, `datepublished`, `datemodified` and `inlanguage`, as far as the page tells them of its subject."""
    things = [thing for script in _scripts(root) for thing in _things(_loaded(script))]
    found: dict[str, str] = {}
    for thing in sorted(islice(things, _MAX_THINGS), key=_rank):
        told = {
            "headline": _name(thing.get("headline")),
            "author": _name(thing.get("author")),
            "datepublished": _name(thing.get("datePublished")),
            "datemodified": _name(thing.get("dateModified")),
            "inlanguage": _name(thing.get("inLanguage")),
        }
        for name, value in told.items():
            if value and _rank(thing) < len(_TEXT):
                found.setdefault(name, value)
    return found


def _scripts(root: Node) -> Iterator[str]:
    scripts = (
        node
        for node in root.iter("script")
        if (node.get("type") or "").strip().lower() == "application/ld+json"
    )
    yield from (
        node.text
        for node in islice(scripts, _MAX_SCRIPTS)
        if node.text and len(node.text) <= _MAX_LENGTH
    )


def _loaded(script: str) -> object:
    try:
        return json.loads(script, strict=False)
    except (ValueError, RecursionError):
        return None  # many pages have it broken, and it says nothing that their text needs


def _things(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    """The objects at the top, in lists and in a graph; not those in other fields, which are about something else."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for one in value:
            yield from _things(one, depth + 1)
    elif isinstance(value, dict):
        yield value
        yield from _things(value.get("@graph"), depth + 1)
        yield from _things(value.get("mainEntity"), depth + 1)


def _rank(thing: Mapping[str, object]) -> int:
    """Texts come before pages and these before other things; what is neither comes last."""
    kinds = thing.get("@type")
    names = kinds[:_MAX_DEPTH] if isinstance(kinds, list) else [kinds]
    ends = [
        rank
        for rank, end in enumerate(_TEXT)
        for name in names
        if isinstance(name, str) and name.endswith(end)
    ]
    return min(ends, default=len(_TEXT))


def _name(value: object, depth: int = 0) -> str:
    """A value as text: things by their names, several of them with commas."""
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return ", ".join(
            dict.fromkeys(filter(None, (_name(one, depth + 1) for one in value[:20])))
        )[:_MAX_VALUE]
    if isinstance(value, dict):
        return _name(value.get("name"), depth + 1)
    return one_line(value) if isinstance(value, str) and len(value) <= _MAX_VALUE else ""
