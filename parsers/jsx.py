"""MDX: what is left of its components when they become text, not noise.

A component's tags go, its title or label stays, and what it holds is moved to the margin, so that Markdown reads it.
"""

import re
from collections.abc import Iterator

_ATTRIBUTE = r"[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\}))?"
_TAG = re.compile(rf"<(/?)([A-Z][\w.]*)((?:\s+(?:{_ATTRIBUTE}|\{{[^{{}}]*\}}))*)\s*(/?)>")
_TITLE = re.compile(r"\b(?:title|label|header|summary)\s*=\s*\{?\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`)")
# Never over another opening: else each of many that are not closed would be looked at to the end of the text.
_COMMENT = re.compile(r"\{/\*(?:(?!\{/\*).)*?\*/\}", re.DOTALL)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_LONG_LINE = 10_000  # characters; no one writes components in a line longer than that
_MODULE = re.compile(
    r"(?:import\s.*?\bfrom\s+['\"].*['\"];?|import\s+['\"].*['\"];?|export\s+(?:default|const|let|function)\b.*)"
)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def plain_mdx(text: str) -> str:
    """Markdown without components, comments and module lines; code stays as it is."""
    return "\n".join(_lines(_fenced(text)))


def _fenced(text: str) -> str:
    """The text outside of code fences with tags on one line each and comments gone."""
    parts: list[str] = []
    prose: list[str] = []
    fence: str | None = None
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence is None and not mark:
            prose.append(line)
            continue
        if fence is None and mark:
            parts += [_one_line_tags("\n".join(prose))] if prose else []
            prose, fence = [], mark[1]
        elif mark and fence and mark[1].startswith(fence[0]) and len(mark[1]) >= len(fence):
            fence = None
        parts.append(line)
    return "\n".join([*parts, *([_one_line_tags("\n".join(prose))] if prose else [])])


def _one_line_tags(text: str) -> str:
    return _TAG.sub(lambda match: match[0].replace("\n", " "), _COMMENT.sub("", text))


def _lines(text: str) -> Iterator[str]:
    """Line by line: tags replaced by their titles, and what is inside a component moved to the margin."""
    margins: list[int | None] = []
    fence: str | None = None
    for line in text.split("\n"):
        line, margins = _dedent(line, margins)
        mark = _FENCE.match(line)
        if mark and (fence is None or (mark[1].startswith(fence[0]) and len(mark[1]) >= len(fence))):
            fence = mark[1] if fence is None else None
            yield line
        elif fence is not None:
            yield line
        elif not _MODULE.fullmatch(line):
            yield from _without_tags(line, margins)


def _dedent(line: str, margins: list[int | None]) -> tuple[str, list[int | None]]:
    """Take off the margin of the innermost component; its first line with text sets it."""
    indent = len(line) - len(line.lstrip())
    if not margins or not line.strip():
        return line, margins
    margin = indent if margins[-1] is None else margins[-1]
    margins[-1] = margin
    return line[min(indent, margin) :], margins


def _without_tags(line: str, margins: list[int | None]) -> Iterator[str]:
    if len(line) > _LONG_LINE:
        yield line
    elif _TAG.match(line.lstrip()):
        yield from _block(line, margins)
    else:
        yield _prose(line, margins)


def _prose(line: str, margins: list[int | None]) -> str:
    """A line with components in its text. What may be a plain HTML tag, or no tag at all, is left to Markdown."""
    opened = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal opened
        closing, _, attributes, alone = match.groups()
        if closing and not opened:
            del margins[-1:]
        elif not alone:
            opened += -1 if closing else 1
        title = _title(attributes)
        return title or ("" if closing or "{" in attributes else match[0])

    pieces: list[str] = []
    end = 0
    for code in _CODE_SPAN.finditer(line):
        pieces += [_TAG.sub(replace, line[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*pieces, _TAG.sub(replace, line[end:])])


def _title(attributes: str) -> str:
    found = _TITLE.search(attributes)
    return next((text for text in found.groups() if text is not None), "") if found else ""


def _block(line: str, margins: list[int | None]) -> Iterator[str]:
    """A line that a component begins: its titles, and what else the line holds, each on its own."""
    titles: list[str] = []

    def replace(match: re.Match[str]) -> str:
        closing, _, attributes, alone = match.groups()
        if closing:
            del margins[-1:]
        elif not alone:
            margins.append(None)
        if title := _title(attributes):
            titles.append(title)
        return ""

    rest = _TAG.sub(replace, line)
    yield ""
    for title in titles:
        yield from (title, "")
    if rest.strip():
        yield from (rest.strip(), "")
