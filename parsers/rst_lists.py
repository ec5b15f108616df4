"""How the items of reStructuredText's lists begin."""

import re

BULLET = re.compile(r"[-+*•‣⁃](?: +|$)")
_ENUMERATOR = re.compile(r"(\()?([0-9]+|[A-Za-z]|[ivxlcdm]+|[IVXLCDM]+|#)([.)])(?: +|$)")
_ROMAN = re.compile(r"m{0,4}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})", re.IGNORECASE)
FIELD = re.compile(r":(?![: ])((?:[^:\\]|\\.|:(?![ `]|$))+)(?<! ):(?: +|$)")
_ARGUMENT = r"(?:[A-Za-z][\w-]*|<[^<>]+>)"
_OPTION = rf"(?:[-+]\w(?: ?{_ARGUMENT})?|(?:--|/)\w[\w-]*(?:[ =]{_ARGUMENT})?)"
OPTIONS = re.compile(rf"({_OPTION}(?:, {_OPTION})*)(?:  +|$)")


def enumerated(line: str, following: str) -> re.Match[str] | None:
    """The number before an item; a line of running text that begins like one goes on at the margin, in `following`."""
    found = _ENUMERATOR.match(line)
    if found is None or bool(found[1]) != (found[0].startswith("(") and found[3] == ")"):
        return None
    number = found[2]
    if len(number) > 1 and number.isalpha() and not _ROMAN.fullmatch(number):
        return None
    if not following or following.startswith(" "):
        return found
    other = _ENUMERATOR.match(following)
    return found if other and (other[1], other[3]) == (found[1], found[3]) and _follows(number, other[2]) else None


def _follows(number: str, other: str) -> bool:
    if other == "#":
        return True
    if number.isdigit() and other.isdigit():
        return len(other) <= len(number) + 1 <= 10 and int(other) == int(number) + 1
    if len(number) == len(other) == 1 and ord(other) == ord(number) + 1:
        return True
    return all(_ROMAN.fullmatch(one) for one in (number, other))
