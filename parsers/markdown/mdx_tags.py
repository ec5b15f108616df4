"""JSX tags: how they are found, and what of their attributes a reader would see."""

import re

# Braces in braces to a depth that components have; each alternative begins with another character, so none is tried twice.
BRACES = r"\{[^{}]*\}"
for _ in range(3):
    BRACES = rf"\{{(?:[^{{}}]|{BRACES})*\}}"
ATTRIBUTE = rf"[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|{BRACES}))?"
TAG = re.compile(rf"<(/?)([A-Z][\w.]*)((?:\s+(?:{ATTRIBUTE}|{BRACES}))*)\s*(/?)>")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")

_VALUE = re.compile(
    r"(?<![\w:-])([\w:-]+)(?:\s*=\s*(?:\{\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`$]*)`|([\w.-]+))\s*\}"
    rf"|\"([^\"]*)\"|'([^']*)'|{BRACES}))?"
)
_TITLES = ("title", "label", "header", "heading", "summary", "caption")
_FIELD = re.compile(r"(?:Field|Param|Parameter|Prop|Property|Attribute|Argument|Option)$")
_NAMED = re.compile(
    r"(?:Field|Param|Parameter|Prop|Property|Attribute|Argument|Option|File|Folder)$"
)
_NAMES = ("name", "path", "query", "body", "header", "param")
_MARKUP = re.compile(r"[\\*_\[\]<>~$]")


def is_field(name: str) -> bool:
    """Whether a component describes one field of an interface, so that what it holds belongs in the same paragraph."""
    return _FIELD.search(name) is not None


def labels(name: str, attributes: str) -> list[str]:
    """What a component's attributes say to a reader, as Markdown: its title or, of a field, name, type and default."""
    told = {
        found[1]: next((text for text in found.groups()[1:] if text is not None), "")
        for found in _VALUE.finditer(attributes)
    }
    if _NAMED.search(name):
        return [as_markdown(text) for text in (_field(told), told.get("description", "")) if text]
    title = next((told[one] for one in _TITLES if told.get(one)), "")
    return [as_markdown(text) for text in (title, told.get("description", "")) if text]


def _field(told: dict[str, str]) -> str:
    name = next((told[one] for one in _NAMES if told.get(one)), told.get("title", ""))
    marks = [
        told.get("type", ""),
        *(one for one in ("required", "deprecated") if told.get(one, "false") in ("", "true")),
    ]
    marks += [f"default {told['default']}"] if told.get("default") else []
    said = ", ".join(filter(None, marks))
    return f"{name} ({said})" if name and said else name


def as_markdown(text: str) -> str:
    """Plain text as Markdown that shows it; backticks, which many write in titles, still make code."""
    text = " ".join(text.split())
    parts: list[str] = []
    end = 0
    for code in CODE_SPAN.finditer(text):
        parts += [_MARKUP.sub(r"\\\g<0>", text[end : code.start()]), code[0]]
        end = code.end()
    parts.append(_MARKUP.sub(r"\\\g<0>", text[end:]))
    head = re.match(r"\d{0,9}", "".join(parts))
    shown = "".join(parts)
    cut = head.end() if head else 0
    return f"{shown[:cut]}\\{shown[cut:]}" if _block_begins(shown, cut) else shown


def _block_begins(text: str, cut: int) -> bool:
    """Whether Markdown would take a line's first characters for a list, a heading, a quotation, a rule or a table."""
    following = text[cut : cut + 1]
    return following in tuple(".)") if cut else following in tuple("-+#=|:")
