"""JSX tags: their syntax, and the attributes that a reader of the page sees."""

import re

# Nested braces to a depth that components have. Each alternative begins with another character, so
# that no text is tried twice.
BRACES = r"\{[^{}]*\}"
for _ in range(3):
    BRACES = rf"\{{(?:[^{{}}]|{BRACES})*\}}"
ATTRIBUTE = rf"[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|{BRACES}))?"
TAG = re.compile(rf"<(/?)([A-Z][\w.]*)((?:\s+(?:{ATTRIBUTE}|{BRACES}))*)\s*(/?)>")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")

_VALUE = re.compile(
    r"(?<![\w:-])([\w:-]+)"
    r"(?:\s*=\s*(?:\{\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`$]*)`|([\w.-]+))\s*\}"
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
    """Return whether a component describes a field of an interface.

    Its label and its content then belong in the same paragraph.
    """
    return _FIELD.search(name) is not None


def labels(name: str, attributes: str) -> list[str]:
    """Return the attributes that a reader sees, as Markdown: title and description.

    Of a field: name, type and default instead of a title.
    """
    values = {
        match[1]: next((text for text in match.groups()[1:] if text is not None), "")
        for match in _VALUE.finditer(attributes)
    }
    if _NAMED.search(name):
        title = _field(values)
    else:
        title = next((values[key] for key in _TITLES if values.get(key)), "")
    return [as_markdown(text) for text in (title, values.get("description", "")) if text]


def _field(values: dict[str, str]) -> str:
    name = next((values[key] for key in _NAMES if values.get(key)), values.get("title", ""))
    marks = [values.get("type", "")]
    marks += [key for key in ("required", "deprecated") if values.get(key, "false") in ("", "true")]
    marks += [f"default {values['default']}"] if values.get("default") else []
    details = ", ".join(filter(None, marks))
    return f"{name} ({details})" if name and details else name


def as_markdown(text: str) -> str:
    """Return plain text as Markdown that shows it.

    Backticks still make code, because many writers use them in titles.
    """
    text = " ".join(text.split())
    parts: list[str] = []
    end = 0
    for code in CODE_SPAN.finditer(text):
        parts += [_MARKUP.sub(r"\\\g<0>", text[end : code.start()]), code[0]]
        end = code.end()
    parts.append(_MARKUP.sub(r"\\\g<0>", text[end:]))
    shown = "".join(parts)
    digits = re.match(r"\d{0,9}", shown)
    cut = digits.end() if digits else 0
    return f"{shown[:cut]}\\{shown[cut:]}" if _begins_block(shown, cut) else shown


def _begins_block(text: str, cut: int) -> bool:
    """Return whether Markdown would read a line as a list, heading, rule, definition or table.

    `cut` is behind the digits that it begins with.
    """
    following = text[cut : cut + 1]
    return following in tuple(".)") if cut else following in tuple("-+#=|:")
