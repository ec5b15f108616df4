"""Clean text: one kind of newline, no control characters, valid Unicode in composed form (NFC).

C1 controls stand for what Windows-1252 has at their place, as in browsers: in texts they come from
a wrong conversion. What programs write for terminals, and invisible characters, go where they are
no part of the text.
"""

import re
import sys
import unicodedata
from functools import cache

from vouch.parsers.common.text.invisible import INVISIBLE, without_invisible
from vouch.parsers.common.text.terminal import (
    without_bare_colours,
    without_escapes,
    without_overstrikes,
)

_NEWLINES = re.compile(r"\r\n?|\u2028|\u2029|\x0b|\x0c")
_C1 = re.compile("[\x80-\x9f]")
_NEXT_LINE = "\x85"  # a newline on mainframes, and an ellipsis in Windows-1252
# C0 and C1 controls except tab and newline, byte order marks, and non-characters.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")  # lone ones, which UTF-8 and Arrow cannot represent
# All of the above in one expression: most texts have none of it.
_UNCLEAN = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff{INVISIBLE}]"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def clean(text: str) -> str:
    """Return `text` in the form of canonical texts. Idempotent."""
    if _UNCLEAN.search(text):
        text = without_escapes(text)
        text = _NEWLINES.sub("\n", text)
        if _NEXT_LINE in text and "\n" not in text:
            text = text.replace(_NEXT_LINE, "\n")
        text = _C1.sub(lambda match: match[0].encode("latin-1").decode("cp1252", "ignore"), text)
        text = without_overstrikes(text)
        text = _CONTROLS.sub("", text)
        text = _SURROGATES.sub("\ufffd", text)
        if _INVISIBLE.search(text):
            text = without_invisible(text)
    return composed(without_bare_colours(text))


def composed(text: str) -> str:
    """Return a text in composed form (NFC), in linear time.

    Python moves each combining mark to its place one by one: a run of thousands takes minutes.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _long_runs_of_marks().sub(_in_order, text))


@cache
def _long_runs_of_marks() -> re.Pattern[str]:
    """Return what no language writes: more combining marks than Unicode's stream-safe form has."""
    marks = (code for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code)))
    return re.compile(f"[{''.join(map(chr, marks))}]{{31,}}")


def _in_order(run: re.Match[str]) -> str:
    """Return marks in canonical order (Unicode 3.11, D109): by class, equal ones as they were."""
    marks = "".join(unicodedata.normalize("NFD", mark) for mark in run[0])
    return "".join(sorted(marks, key=unicodedata.combining))


def one_line(text: str) -> str:
    """Return `text` cleaned, all white space folded into single spaces."""
    return " ".join(clean(text).split())


def fold_spaces(text: str) -> str:
    """Return `text` cleaned, with its lines kept and the white space within each folded."""
    text = clean(text)
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join([" ".join(line.split()) for line in text.split("\n")]).strip("\n")
