"""JSON whose end is missing, as after a copy that was interrupted: what is whole can be read."""

import re

# A string may lack its end: it is then the last token.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_CLOSERS = {"[": "]", "{": "}"}
_MIN_RECORDS = 2  # below that, a text that is no JSON at all looks like one that is cut


def completed(text: str) -> tuple[str, int] | None:
    """Return a text cut off within an array or object, closed behind its last whole value.

    Beside it is the place of the cut. None where the text is not cut, or has too little that is
    whole. The text may still be no JSON before that place.
    """
    opened: list[str] = []
    records = 0
    cut, depth = 0, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in _CLOSERS:
            opened.append(mark)
        elif mark == ",":
            cut, depth = token.start(), len(opened)
        elif mark in "]}":
            if not opened or _CLOSERS[opened.pop()] != mark:
                return None
            records += 1
            cut, depth = token.end(), len(opened)
    if not depth or records < _MIN_RECORDS:
        return None
    return text[:cut] + "".join(_CLOSERS[mark] for mark in reversed(opened[:depth])), cut
