"""What every canonical text has in common: one newline, no control characters, valid Unicode, composed characters."""

import re
import unicodedata

_NEWLINES = re.compile(r"\r\n?|\u2028|\u2029|\x0b|\x0c|\x85")
# C0 and C1 controls but tab and newline; lone surrogates, which UTF-8 and Arrow cannot hold; non-characters.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_ANY_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """`text` as it may stand in a canonical text. Idempotent."""
    text = _NEWLINES.sub("\n", text)
    text = _CONTROLS.sub("", text)
    text = _SURROGATES.sub("\ufffd", text)
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """`text` cleaned, all white space folded into single spaces."""
    return _ANY_SPACE.sub(" ", clean(text)).strip()


def fold_spaces(text: str) -> str:
    """`text` cleaned, with its lines kept and the spaces within each folded."""
    lines = (_SPACES.sub(" ", line).strip() for line in clean(text).split("\n"))
    return "\n".join(lines).strip("\n")
