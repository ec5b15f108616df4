"""Which attributes of XML are text that people read.

Several words are, whatever the attribute is called; a single word is where the name says that it is
shown. Beside words, a name or a date, figures are data too. Technical attributes are not read:
identifiers, addresses, types, styles, measures, and all that draws a shape.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from vouch.parsers.common.html.visibility import Node
from vouch.parsers.common.text.clean import one_line

# Names of attributes that are shown to people, by themselves or at the end of longer ones.
_SHOWN = re.compile(
    r"(?:^|.*[-_:])(?:text|title|label|alt|caption|heading|headline|summary|abstract|tooltip|hint|"
    r"placeholder|message|description|comment|note)$|.*(?:Text|Title|Label|Caption|Description|"
    r"Tooltip|ToolTip|Message|Comment)$"
)
_HEADINGS = ("title", "heading", "headline", "label", "caption", "name", "text", "subject")
_TECHNICAL = re.compile(
    r"(?:.*[-_:])?(?:id|ids|idref|idrefs|ref|refs|href|src|source|uri|url|link|class|style|type|rel|"
    r"role|lang|language|locale|dir|space|base|rend|rendition|encoding|mime|namespace|schema|"
    r"location|path|file|filename|select|test|match|xpath|expression|expr|pattern|regex|use|mode|"
    r"points|transform|viewbox|values|d|[xyz][12]?|c[xy]|d[xy]|r[xy]?|width|height|sizes|srcset|"
    r"media|fill|stroke|font|face|align|valign|bgcolor|border|margin|padding|layout|icon|image|"
    r"command|action|event|key|hash|digest|checksum|guid|uuid|visible|enabled|minoccurs|maxoccurs)"
    r"|.*(?:Id|ID|IDs|Ref|Uri|URI|Url|URL|Href|Src|Style|Class|Color|Colour|Location|Namespace|Path|"
    r"Type|Format|Family)|(?:fill|stroke|font|data)-.*|on(?:click|load|change|submit|error|mouse\w+)"
)
_DRAWINGS = frozenset(
    {"http://www.w3.org/2000/svg", "http://schemas.openxmlformats.org/drawingml/2006/main"}
)
_OF_XML = (
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2001/XMLSchema-instance",
)
# A word: letters, with apostrophes, hyphens, dots at its end or signs around it.
_WORD = re.compile(r"[(\[\"'“„«¿¡]*[^\W\d_]{2,}(?:['’.-][^\W\d_]+)*[.,;:!?)\]\"'”»…]*")
_IDENTIFIER = re.compile(r"[A-Z]?[a-z]+[A-Z]|[_\\/@#{}$%<>=:|~]|\.\w|^[\da-fA-F-]{8,}$|^\w*\d\w*$")
_NO_DATA = re.compile(r"(?:true|false|yes|no|auto|none|null|on|off|default)$|[#@${]|\w+://", re.I)
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}")
_MAX_TITLE = 300  # characters
_MIN_SHARE = 0.6  # of the pieces of a text that are words
_MIN_WORDS = 2


def heading(node: Node) -> str | None:
    """Return the attribute that is the title of an element with others in it, if there is one."""
    for key, value in _attributes(node):
        if key.lower() in _HEADINGS and len(value) < _MAX_TITLE and _is_shown("title", value):
            return value if key.lower() != "name" or _is_name(value) else None
    return None


def readable(node: Node, *, besides: str | None = None) -> str:
    """Return the attributes of an element that people read, as `name: value`, but for one value."""
    if not node.attrib:
        return ""
    pairs = [(key, value) for key, value in _attributes(node) if value != besides]
    if _is_drawn(node):
        pairs = [(key, value) for key, value in pairs if _has_shown_name(key)]
    else:
        pairs = [(key, value) for key, value in pairs if _is_data(key, value)]
        if not (besides or any(_is_said(value) for _, value in pairs)):
            pairs = [(key, value) for key, value in pairs if _is_shown(key, value)]
    return ", ".join(f"{key}: {value}" for key, value in pairs)


def _is_drawn(node: Node) -> bool:
    """Return whether an element is a part of a drawing."""
    return etree.QName(node).namespace in _DRAWINGS


def _attributes(node: Node) -> Iterator[tuple[str, str]]:
    """Yield local names and values, but for those of XML itself, and of programs that draw."""
    for key, value in node.attrib.items():
        name = etree.QName(key)
        is_known = name.namespace is None or not (_is_drawn(node) or name.namespace in _OF_XML)
        if is_known and value.strip():
            yield name.localname, one_line(value)


def _is_shown(name: str, value: str) -> bool:
    """Return whether a value is text for people, by its words or by the name of its attribute."""
    if _has_shown_name(name):
        return any(map(str.isalpha, value)) and not (" " not in value and "/" in value)
    return not _is_technical(name) and _is_phrase(value)


def _is_phrase(value: str) -> bool:
    """Return whether a value has several words, or is in a script that has no identifiers."""
    pieces = value.split()
    words = sum(_WORD.fullmatch(piece) is not None for piece in pieces)
    if words >= _MIN_WORDS:
        return words >= _MIN_SHARE * len(pieces) and "://" not in value
    return words == len(pieces) == 1 and not value.isascii()


def _is_name(value: str) -> bool:
    """Return whether a value names something to people rather than to programs."""
    return _is_phrase(value) or (value[0].isupper() and not _IDENTIFIER.search(value))


def _is_data(name: str, value: str) -> bool:
    """Return whether an attribute is a part of the data of an element, text or figures."""
    if _has_shown_name(name) or _is_phrase(value):
        return _is_shown(name, value)
    return not (_is_technical(name) or _NO_DATA.match(value))


@lru_cache(maxsize=4096)
def _has_shown_name(name: str) -> bool:
    return _SHOWN.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _is_technical(name: str) -> bool:
    return bool(_TECHNICAL.fullmatch(name) or _TECHNICAL.fullmatch(name.lower()))


def _is_said(value: str) -> bool:
    """Return whether a value is words, a name or a date: others beside it then mean something."""
    if _DATE.match(value):
        return True
    return _is_phrase(value) or (_WORD.fullmatch(value) is not None and _is_name(value))
