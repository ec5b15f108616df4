"""Plain text that a mail marks up: flowed lines (RFC 3676), enriched text, files in uuencode."""

import binascii
import re
from collections.abc import Iterator

from vouch.parsers.common.attachment_names import base_name

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]{0,59})>")
_UNSEEN = re.compile(r"<(param|comment)>[^<]*</\1>", re.IGNORECASE)
_ESCAPED = "\0"  # for `<<`, which stands for a bracket
_RICH_TEXT = {"<nl>": "\n", "<np>": "\n\n", "<lt>": "<"}
_RUN_OF_NEWLINES = re.compile(r"\n+")
_UU_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S.{0,199})\r?\n", re.MULTILINE)
_UU_END = re.compile(r"^(?:[ `]\r?\n)?end[ \t]*\r?(?:\n|\Z)", re.MULTILINE)


def unflowed(text: str, *, delete_space: bool) -> str:
    """Join lines that end in a space with the next one of the same quote depth (RFC 3676).

    With `delete_space` (DelSp) the space is no part of the text.
    """
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        is_signature_mark = content == "-- "
        is_flowed = content.endswith(" ") and not is_signature_mark
        kept = content[:-1] if is_flowed and delete_space else content
        if open_depth == depth and not is_signature_mark:
            lines[-1] += kept
        else:
            lines.append(">" * depth + (" " if depth else "") + kept)
        open_depth = depth if is_flowed else None
    return "\n".join(lines)


def unenriched(text: str) -> str:
    """Return the text of text/enriched (RFC 1896): a newline in it is a space, two are one."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("<<", _ESCAPED))
    text = _RUN_OF_NEWLINES.sub(lambda run: "\n" * (len(run[0]) - 1) or " ", text)
    return _TAG.sub("", text).replace(_ESCAPED, "<")


def unrich(text: str) -> str:
    """Return the text of text/richtext (RFC 1341), whose commands stand for line breaks too."""
    text = _UNSEEN.sub("", text.replace("\r\n", " ").replace("\n", " "))
    text = text.replace("<lt>", _ESCAPED)
    text = _TAG.sub(lambda tag: _RICH_TEXT.get(tag[0].lower(), ""), text)
    return text.replace(_ESCAPED, "<")


def without_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a text without the files that are in it as uuencode, and these: name and bytes.

    A block with a line that is none stays text, and so does one without an end.
    """
    pieces, files, position = [], [], 0
    for begin, end in _blocks(text):
        data = _uudecoded(text[begin.end() : end.start()])
        if data:
            pieces.append(text[position : begin.start()])
            files.append((base_name(begin[1]), data))
            position = end.end()
    return "".join([*pieces, text[position:]]), files


def _blocks(text: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    position = 0
    while begin := _UU_BEGIN.search(text, position):
        end = _UU_END.search(text, begin.end())
        if end is None:
            return
        yield begin, end
        position = end.end()


def _uudecoded(block: str) -> bytes:
    """Return the bytes of the lines between `begin` and `end`; none where a line is damaged."""
    try:
        return b"".join(binascii.a2b_uu(line) for line in block.splitlines() if line.strip("`"))
    except (binascii.Error, ValueError):
        return b""
