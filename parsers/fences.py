"""Which lines of a Markdown text are code, for passes over it that come before Markdown itself is read."""

import re
from collections.abc import Iterator

# A list item or a quotation may begin with a fence. What follows backticks on an opening line holds none.
_OPENING = re.compile(r"(?:[ \t>]|[-*+:][ \t]|\d{1,9}[.)][ \t])*(?:(`{3,})[^`]*|(~{3,}).*)")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*")
_FAR_IN = re.compile(r"^ {4}.*(?:`{3}|~{3})", re.MULTILINE)
_ITEM = re.compile(r" *(?:[-*+]|\d{1,9}[.)]) +(?=\S)")


def fenced_lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a fenced block of code, its fences included."""
    fence = ""
    for line in text.split("\n"):
        if fence:
            yield line, True
            closing = _CLOSING.fullmatch(line) if fence in line else None
            if closing and closing[1].startswith(fence):
                fence = ""
        elif ("```" in line or "~~~" in line) and (opening := _OPENING.fullmatch(line)):
            fence = opening[1] or opening[2]
            yield line, True
        else:
            yield line, False


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """As `fenced_lines`, with lines of one kind that follow one another put together."""
    run: list[str] = []
    kind = False
    for line, is_code in fenced_lines(text):
        if run and is_code != kind:
            yield "\n".join(run), kind
            run = []
        kind = is_code
        run.append(line)
    if run:
        yield "\n".join(run), kind


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
