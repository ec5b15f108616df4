"""Metadata of a page in JSON-LD (schema.org), read within bounds, because few pages write it well.

The bounds keep a crafted page from costing time or memory: scripts, objects, depth and lengths.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from vouch.parsers.common.html.visibility import Node
from vouch.parsers.common.text.clean import one_line

_MAX_SCRIPTS = 20
_MAX_SCRIPT_LENGTH = 500_000  # characters
_MAX_OBJECTS = 200
_MAX_DEPTH = 4
_MAX_NAMES = 20  # authors in one list
_MAX_VALUE = 500  # characters of a title or of a list of authors
# Ends of the schema.org types that describe the page or its subject, the most specific first.
_SUBJECT_TYPES = (
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
# Keys of the result, and the properties of schema.org that they come from.
_PROPERTIES = {
    "type": "@type",
    "headline": "headline",
    "author": "author",
    "datepublished": "datePublished",
    "datemodified": "dateModified",
    "inlanguage": "inLanguage",
}


def linked_data(root: Node) -> dict[str, str]:
    """Return the properties of the page's subject that JSON-LD declares, keyed in lower case.

    The keys are `type`, `headline`, `author`, `datepublished`, `datemodified` and `inlanguage`.
    """
    objects = (item for script in _scripts(root) for item in _objects(_parsed(script)))
    values: dict[str, str] = {}
    for candidate in sorted(islice(objects, _MAX_OBJECTS), key=_rank):
        if _rank(candidate) == len(_SUBJECT_TYPES):
            break
        for key, property_name in _PROPERTIES.items():
            if value := _text(candidate.get(property_name)):
                values.setdefault(key, value)
    return values


def _scripts(root: Node) -> Iterator[str]:
    scripts = (
        node
        for node in root.iter("script")
        if (node.get("type") or "").strip().lower() == "application/ld+json"
    )
    for node in islice(scripts, _MAX_SCRIPTS):
        if node.text and len(node.text) <= _MAX_SCRIPT_LENGTH:
            yield node.text


def _parsed(script: str) -> object:
    try:
        return json.loads(script, strict=False)
    except (ValueError, RecursionError):
        return None  # many pages have broken JSON-LD; the text of the page does not need it


def _objects(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    """Yield the objects at the top, in lists, in a graph, and the main entity of each.

    Objects in other properties are about something else, such as the comments on an article.
    """
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph"), depth + 1)
        yield from _objects(value.get("mainEntity"), depth + 1)


def _rank(candidate: Mapping[str, object]) -> int:
    """Return the place of the object's type in `_SUBJECT_TYPES`; their number for another type."""
    declared = candidate.get("@type")
    names = declared[:_MAX_DEPTH] if isinstance(declared, list) else [declared]
    ranks = [
        rank
        for rank, ending in enumerate(_SUBJECT_TYPES)
        for name in names
        if isinstance(name, str) and name.endswith(ending)
    ]
    return min(ranks, default=len(_SUBJECT_TYPES))


def _text(value: object, depth: int = 0) -> str:
    """Return a value as text: objects by their names, lists with commas, without repetitions."""
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        names = filter(None, (_text(item, depth + 1) for item in value[:_MAX_NAMES]))
        return ", ".join(dict.fromkeys(names))[:_MAX_VALUE]
    if isinstance(value, dict):
        return _text(value.get("name"), depth + 1)
    return one_line(value) if isinstance(value, str) and len(value) <= _MAX_VALUE else ""
