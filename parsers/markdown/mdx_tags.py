"""JSX tags: their syntax, and the attributes that a reader of the page sees."""

import re
from collections.abc import Iterable, Mapping

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
_TITLES = ("title", "label", "header", "heading", "summary", "caption", "text", "alt")
_TAB = re.compile(r"Tab(?:s\.)?(?:Item|Panel)?$|Tabs\.Tab$")
_TARGETS = ("href", "to", "url")
_TIPS = ("tip", "tooltip", "content")
# Data that a component draws: the fields of objects that are text, and bare strings in a list.
_STRING = r"(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|`([^`$]*)`)"
_DATA = re.compile(
    r"\b(?:question|answer|title|label|name|description|text|content|body|summary|heading|quote"
    rf"|caption)[\"']?\s*:\s*{_STRING}"
)
_DATA_ATTRIBUTE = re.compile(rf"(?<![\w:-])([\w:-]+)\s*=\s*({BRACES})")
_TAB_LABEL = re.compile(rf"\b(label|value)[\"']?\s*:\s*{_STRING}")
_ITEM = re.compile(_STRING)
_STYLES = ("style", "sx", "className", "css", "icon")
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
    """Return the attributes that a reader sees, as Markdown: title and description, then data.

    Of a field: name, type and default instead of a title. A title is a link where the component is.
    """
    values = _values(attributes)
    if _NAMED.search(name):
        title = _field(values)
    else:
        keys = (*_TITLES, "value") if is_tab(name) else _TITLES
        title = next((values[key] for key in keys if values.get(key)), "")
    target = _target(values)
    shown = as_markdown(title) if title else ""
    if shown and target:
        shown = f"[{shown}](<{target}>)"
    texts = [values.get("description", ""), *_data(attributes)]
    return [*([shown] if shown else []), *(as_markdown(text) for text in texts if text.strip())]


def is_tab(name: str) -> bool:
    """Return whether a component is one of several tabs."""
    return _TAB.fullmatch(name) is not None


def tab_labels(attributes: str) -> dict[str, str]:
    """Return the labels of the tabs that a component lists, by value or by number from 0."""
    listed: dict[str, str] = {}
    for attribute, braced in _DATA_ATTRIBUTE.findall(attributes):
        if attribute not in ("values", "items"):
            continue
        fields = [(match[1], _first(match.groups()[1:])) for match in _TAB_LABEL.finditer(braced)]
        names = [text for key, text in fields if key == "label"]
        tab_values = [text for key, text in fields if key == "value"]
        if not fields:
            names = [_first(match.groups()) for match in _ITEM.finditer(braced)]
        listed |= {str(number): name for number, name in enumerate(names)}
        if len(names) == len(tab_values):
            listed |= dict(zip(tab_values, names, strict=True))
    return listed


def value_of(attributes: str, name: str) -> str:
    """Return the text of an attribute, "" where it has none."""
    return _values(attributes).get(name, "")


def target_of_tag(attributes: str) -> str:
    """Return where a component without a title leads to, "" for nowhere."""
    return _target(_values(attributes))


def tip(attributes: str) -> str:
    """Return the explanation that a component shows beside its content, "" for none."""
    values = _values(attributes)
    return next((as_markdown(values[key]) for key in _TIPS if values.get(key)), "")


def _values(attributes: str) -> dict[str, str]:
    return {match[1]: _first(match.groups()[1:]) for match in _VALUE.finditer(attributes)}


def _first(texts: Iterable[str | None]) -> str:
    return next((text for text in texts if text is not None), "")


def _target(values: Mapping[str, str]) -> str:
    target = next((values[key] for key in _TARGETS if values.get(key)), "")
    return target if target.isprintable() and not set(target) & set("<> ") else ""


def _data(attributes: str) -> list[str]:
    """Return the texts in lists and objects that a component draws."""
    return [
        _first(match.groups())
        for attribute, braced in _DATA_ATTRIBUTE.findall(attributes)
        if attribute not in (*_STYLES, "values") and braced[1:].lstrip()[:1] in ("[", "{")
        for match in _DATA.finditer(braced)
    ]


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
