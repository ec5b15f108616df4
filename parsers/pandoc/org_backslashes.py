r"""Take backslashes that begin nothing through pandoc, whose reader of Org fails at them.

It ends with an error at `\` before a space, a digit or the end of a line, and does not end at all
where that is in a table. Such a backslash goes through it as a private-use character.
"""

import re

# What a backslash begins in Org: a line break, an entity or command, a soft hyphen, a formula.
# Bounded, so that formulas which are never closed do not take quadratic time.
_SPAN = r"(?:[^\\\n]|\\[^)\]]|\n(?![^\S\n]*\n)){0,300}"
_BACKSLASH = re.compile(
    rf"(\\\\(?=[^\S\n]*$)|\\[A-Za-z-]|\\\({_SPAN}\\\)|\\\[{_SPAN}\\\])|\\", re.MULTILINE
)
_ROW = re.compile(r"^[^\S\n]*\|.*$", re.MULTILINE)
_IN_ROW = re.compile(r"(\\[A-Za-z]{1,30}(?![A-Za-z{\[]))|\\")  # only entities
_PRIVATE_USE = range(0xE000, 0xF8FF)


def stand_in_for_backslash(text: str) -> str:
    """Return a character that a text does not have."""
    return next(chr(code) for code in _PRIVATE_USE if chr(code) not in text)


def protect_backslashes(text: str, stand_in: str) -> str:
    """Return the text with another character for the backslashes that begin nothing."""

    def protected(match: re.Match[str]) -> str:
        return match[1] or stand_in

    text = _ROW.sub(lambda row: _IN_ROW.sub(protected, row[0]), text)
    return _BACKSLASH.sub(protected, text)


def restore_backslashes(output: str, stand_in: str) -> str:
    """Return pandoc's JSON with the backslashes, which JSON writes twice."""
    return output.replace(stand_in, r"\\")
