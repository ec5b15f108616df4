"""Write any strings as documents of text formats, each string escaped as its format demands.

`raw` does not escape them, so that they are markup.
"""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from typing import TypeAlias

Write: TypeAlias = Callable[[Sequence[str]], bytes]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029\x1c-\x1e]+")


def encoded(text: str) -> bytes:
    """Return UTF-8, in which lone surrogates are encoded although it does not allow them."""
    return text.encode("utf-8", "surrogatepass")


def xml_characters(text: str) -> str:
    """Return the text without characters that XML does not allow."""
    return _NOT_XML.sub("", text)


def xml(text: str) -> str:
    """Return the text as that of an element."""
    return html.escape(xml_characters(text))


def backslashed(text: str) -> str:
    """Return the text as a line of Markdown or reStructuredText.

    Without NUL: the document would be detected as binary.
    """
    return _PUNCTUATION.sub(r"\\\g<0>", _BREAKS.sub(" ", text.replace("\0", ""))).strip()


def raw(pieces: Sequence[str]) -> bytes:
    return encoded("\n\n".join(pieces))


def markdown(pieces: Sequence[str]) -> bytes:
    return ("\n\n".join(map(backslashed, pieces)) + "\n").encode("utf-8", "replace")


def _html(pieces: Sequence[str]) -> bytes:
    # HTML has no way to write a control character or a lone surrogate.
    items = "".join(f"<li>{xml(piece)}</li>" for piece in pieces)
    cells = "".join(f"<tr><td>{xml(piece)}</td><td>x</td></tr>" for piece in pieces)
    body = f"<h1>Head</h1><ul>{items}</ul><table>{cells}</table>"
    return f"<!doctype html><html><body>{body}</body></html>".encode()


def _xhtml(pieces: Sequence[str]) -> bytes:
    body = "".join(f"<p>{xml(piece)}</p>" for piece in pieces)
    page = f"<head><title>t</title></head><body>{body}</body>"
    root = f'<html xmlns="http://www.w3.org/1999/xhtml">{page}</html>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{root}'.encode()


def _xml(pieces: Sequence[str]) -> bytes:
    items = "".join(
        f'<item note="{xml(piece)}"><name>{xml(piece)}</name></item>' for piece in pieces
    )
    return f"<?xml version='1.0'?><list>{items}</list>".encode()


def _ndjson(pieces: Sequence[str]) -> bytes:
    return "\n".join(json.dumps({"text": piece, "more": [piece]}) for piece in pieces).encode()


def _separated(delimiter: str) -> Write:
    def write(pieces: Sequence[str]) -> bytes:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([["name", "note"], *([piece.replace("\0", ""), "x"] for piece in pieces)])
        return stream.getvalue().encode("utf-8", "replace")

    return write


def _notebook(pieces: Sequence[str]) -> bytes:
    kinds = ("code", "raw")
    cells = [
        {"cell_type": kinds[number % 2], "source": piece, "outputs": []}
        for number, piece in enumerate(pieces)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def rtf(pieces: Sequence[str]) -> bytes:
    return (
        "{\\rtf1\\ansi "
        + "\\par\n".join("".join(map(_rtf_character, piece)) for piece in pieces)
        + "\\par}"
    ).encode("ascii")


_RTF = {"\n": "\\line ", "\r": "", "\t": "\\tab "} | dict.fromkeys(
    (chr(code) for code in range(32) if code not in (9, 10)), ""
)


def _rtf_character(character: str) -> str:
    if character in _RTF:
        return _RTF[character]
    if character in "\\{}":
        return "\\" + character
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-le", "surrogatepass")
    numbers = (
        int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2)
    )
    return "".join(f"\\u{number}?" for number in numbers)


def mail(pieces: Sequence[str]) -> bytes:
    message = EmailMessage()
    message["From"] = "a@example.org"
    message["To"] = "b@example.org"
    message["Date"] = "Mon, 6 May 2024 07:08:09 +0000"
    message.set_content("\n\n".join(pieces).encode("utf-8", "replace").decode())
    return message.as_bytes()


def _calendar(pieces: Sequence[str]) -> bytes:
    """Return a calendar with one event, in whose description each piece is a paragraph."""
    lines = (
        re.sub(r"([\\\\;,])", r"\\\1", _BREAKS.sub(" ", xml_characters(piece))) for piece in pieces
    )
    description = "\\n\\n".join(lines)
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:{description}\r\nEND:VEVENT\r\n"
    return encoded(text + "END:VCALENDAR\r\n")


TEXT_WRITERS: dict[str, Write] = {
    "txt": raw,
    "py": raw,
    "yaml": lambda pieces: "\n".join(
        f"- {json.dumps(piece, ensure_ascii=False)}" for piece in pieces
    ).encode("utf-8", "replace"),
    "md": markdown,
    "mdx": markdown,
    "rst": markdown,
    "html": _html,
    "xhtml": _xhtml,
    "xml": _xml,
    "json": lambda pieces: json.dumps([{"text": piece} for piece in pieces]).encode(),
    "ndjson": _ndjson,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "ipynb": _notebook,
    "rtf": rtf,
    "eml": mail,
    "ics": _calendar,
}
