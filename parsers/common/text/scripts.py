"""Raised and lowered characters in plain text, so that no number changes.

`10` with a raised `6` is not `106`: it is written `10^6`, as in formulas; `CO` with a lowered `2`
is `CO2`, as everybody writes and searches it.
"""

import re

_POWER = re.compile(r"[+−–-]?(?:\d+(?:[.,/]\d+)*[+−–-]?|[a-zA-Zα-ω](?:[+−-]\d+)?|\d+[a-z])")
_ORDINAL = re.compile(
    r"st|nd|rd|th|e|er|re|es|nd[es]?|ère|ème|o|a|os|as|r[oa]|mo|ta|to|º|ª|tm|sm|r|c|\+|[−-]",
    re.IGNORECASE,
)
_LETTER_BEFORE = re.compile(r"(?<![^\W\d_])[^\W\d_]\Z")  # one letter, as variables are
_MARK = re.compile(r"\w{1,4}(?:\s?[,;–-]\s?\w{1,4}){0,9}")  # `1`, `a`, `1, 2`
_FRACTION_BAR = ("/", "⁄", "∕")


def raised(before: str, text: str, after: str = "") -> str:
    """Return what raised characters become between the texts `before` and `after` them.

    A power is `^6` or `^{-6}`; the upper part of a fraction is apart from the number before it;
    ordinals (`21st`), trademarks and words are as they are.
    """
    shown = text.strip()
    if not shown or not before or before[-1].isspace():
        return text
    if shown.isdecimal() and after.lstrip()[:1] in _FRACTION_BAR and after.strip():
        return f" {shown}" if before[-1].isdecimal() else shown
    is_power = _POWER.fullmatch(shown) is not None
    if is_power and shown[-1].isalpha():  # a letter: `2^n` and `x^n`, but `1er` and `No`
        is_base = before[-1].isdecimal() or _LETTER_BEFORE.search(before) is not None
        is_power = is_base and _ORDINAL.fullmatch(shown) is None
    if not is_power or not (before[-1].isalnum() or before[-1] in ")]}%°′'\"”’"):
        return text
    # Braces also where a digit or letter follows, which would be read as a part of the power.
    is_short = len(shown) == 1 and not after[:1].isalnum()
    return f"^{shown}" if is_short else f"^{{{shown}}}"


def lowered(before: str, text: str, after: str = "") -> str:
    """Return what lowered characters become between the texts `before` and `after` them.

    They follow letters as they are; a number stays apart from the numbers beside it, as in
    `1011_2` and `log_{2}8`.
    """
    shown = text.strip()
    if not shown or not before or before[-1].isspace() or not shown[0].isalnum():
        return text
    runs_on = shown[-1].isdecimal() and after[:1].isdecimal()
    if not runs_on and not (before[-1].isdecimal() and shown[0].isdecimal()):
        return text
    return f"_{{{shown}}}" if len(shown) > 1 or runs_on else f"_{shown}"


def note_mark(before: str, text: str) -> str:
    """Return the mark of a footnote apart from the word or number that it is raised behind."""
    shown = text.strip()
    return f"[{shown}]" if _MARK.fullmatch(shown) and before[-1:].isalnum() else text


def around(written: str, shown: str) -> tuple[str, str]:
    """Return what one of these functions wrote before and behind a text; neither where it did not.

    For texts that have links or elements in them.
    """
    before, _, after = written.partition(shown.strip())
    return before.replace("\n", " "), after
