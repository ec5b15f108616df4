"""Which lines of a Markdown text are code, for passes over it that come before Markdown itself is read."""

import re
from collections.abc import Iterator

from vouch.schemas.records import Span

# A list item or a quotation may begin with a fence. What follows backticks on an opening line holds none.
_OPENING = re.compile(r"(?:[ \t>]|[-*+:][ \t]|\d{1,9}[.)][ \t])*(?:(`{3,})[^`]*|(~{3,}).*)")
_FENCE = re.compile("```|~~~")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*")
_FAR_IN = re.compile(r"^ {4}.*(?:`{3}|~{3})", re.MULTILINE)
_ITEM = re.compile(r" *(?:[-*+]|\d{1,9}[.)]) +(?=\S)")


def fenced_lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a fenced block of code, its fences included."""
    return ((line, is_code) for run, is_code in runs(text) for line in run.split("\n"))


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """As `fenced_lines`, each block and what stands between two of them as one; with newlines between they are the text."""
    fence = ""
    begun = 0
    for start, end in _with_fences(text):
        line = text[start:end]
        if fence:
            closing = _CLOSING.fullmatch(line)
            if closing and closing[1].startswith(fence):
                yield text[begun:end], True
                fence, begun = "", end + 1
        elif opening := _OPENING.fullmatch(line):
            if start > begun:
                yield text[begun : start - 1], False
            fence, begun = opening[1] or opening[2], start
    if begun <= len(text):
        yield text[begun:], bool(fence)


def _with_fences(text: str) -> Iterator[Span]:
    """The lines that may be fences."""
    place = 0
    while found := _FENCE.search(text, place):
        start = text.rfind("\n", place, found.start()) + 1 or place
        end = text.find("\n", found.end())
        place = (len(text) if end < 0 else end) + 1
        yield start, place - 1


def outdented(text: str, *, anywhere: bool) -> str:
    """Fenced code that is indented like indented code at the margin of the text above, so that Markdown sees the fence.

    Where it follows a line of text at once, else Markdown would make one paragraph of both; with `anywhere` also
    elsewhere, for formats without indented code.
    """
    if not _FAR_IN.search(text):
        return text
    lines: list[str] = []
    margin = shift = 0
    inside = adjacent = False
    for line, is_code in fenced_lines(text):
        indent = len(line) - len(line.lstrip(" "))
        if is_code and not inside:
            shift = indent - margin if indent - margin >= 4 and (adjacent or anywhere) else 0
        elif not is_code and line.strip():
            item = _ITEM.match(line)
            margin = item.end() if item else indent
        inside, adjacent = is_code, bool(line.strip())
        lines.append(line[min(indent, shift) :] if is_code else line)
    return "\n".join(lines)
