"""Detect which lines of a Markdown text are code, for passes before the Markdown parser."""

import re
from collections.abc import Iterator

from vouch.schemas.documents.records import Span

# A fence may be in a list item or a quotation. Text after opening backticks has no backtick
# (CommonMark 4.5).
_OPENING = re.compile(r"(?:[ \t>]|[-*+:][ \t]|\d{1,9}[.)][ \t])*(?:(`{3,})[^`]*|(~{3,}).*)")
_FENCE = re.compile("```|~~~")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*")
_INDENTED_FENCE = re.compile(r"^ {4}.*(?:`{3}|~{3})", re.MULTILINE)
_ITEM = re.compile(r" *(?:[-*+]|\d{1,9}[.)]) +(?=\S)")


def fenced_lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it belongs to a fenced code block, including its fences."""
    return ((line, is_code) for run, is_code in runs(text) for line in run.split("\n"))


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each code block and each text between two of them; joined by newlines they are `text`.

    The second value is whether a run is code.
    """
    fence = ""
    run_start = 0
    for start, end in _possible_fences(text):
        line = text[start:end]
        if fence:
            closing = _CLOSING.fullmatch(line)
            if closing and closing[1].startswith(fence):
                yield text[run_start:end], True
                fence, run_start = "", end + 1
        elif opening := _OPENING.fullmatch(line):
            if start > run_start:
                yield text[run_start : start - 1], False
            fence, run_start = opening[1] or opening[2], start
    if run_start <= len(text):
        yield text[run_start:], bool(fence)


def _possible_fences(text: str) -> Iterator[Span]:
    """Yield the lines with three backticks or tildes."""
    place = 0
    while match := _FENCE.search(text, place):
        start = text.rfind("\n", place, match.start()) + 1 or place
        end = text.find("\n", match.end())
        place = (len(text) if end < 0 else end) + 1
        yield start, place - 1


def outdented(text: str, *, anywhere: bool) -> str:
    """Move fenced code that is indented by four spaces or more to the margin of the text above.

    Markdown would not see its fence. Done where it directly follows a line of text, with which
    Markdown would join it; with `anywhere` also elsewhere, for formats without indented code.
    """
    if not _INDENTED_FENCE.search(text):
        return text
    lines: list[str] = []
    margin = shift = 0
    inside = is_adjacent = False
    for line, is_code in fenced_lines(text):
        indent = len(line) - len(line.lstrip(" "))
        if is_code and not inside:
            is_moved = indent - margin >= 4 and (is_adjacent or anywhere)
            shift = indent - margin if is_moved else 0
        elif not is_code and line.strip():
            item = _ITEM.match(line)
            margin = item.end() if item else indent
        inside, is_adjacent = is_code, bool(line.strip())
        lines.append(line[min(indent, shift) :] if is_code else line)
    return "\n".join(lines)
