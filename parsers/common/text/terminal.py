"""Read what programs wrote for a terminal: the text that a person saw there.

Control functions (ECMA-48) go as a whole: colours, moves of the cursor, titles of windows. The text
of a hyperlink stays. A letter that is printed twice, or over an underscore, is bold or underlined.
"""

import re
from itertools import pairwise

_ESCAPES = re.compile(
    # Control sequences, also in eight bits: there with a figure, as `›` has the same code, and not
    # behind what a wrong conversion leaves.
    "\x1b\\[[0-?]*[ -/]*[@-~]|(?<![\x80-\xff])\x9b[0-9?][0-9;:]*[@-Za-z]"
    # Commands to the terminal, which end with a bell or a string terminator.
    "|\x1b\\][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)"
    # Strings for devices and programs, such as pictures; titles of screen.
    "|\x1b[PX^_][^\x1b\x9c]*(?:\x1b\\\\|\x9c)|\x1bk[^\x1b\n]*\x1b\\\\"
    # Character sets, keypads, saved cursors, resets.
    "|\x1b[ -/]+[0-~]|\x1b[=>78cDEHMNOVWZ\\\\]"
)
# The same colours where the escape itself was lost: switched on before a word and off behind it.
_RESET = r"\[(?:0|39|22)?m"
_COLOURED = re.compile(
    rf"(?<![\\\w^\[])(?:\[(?!0*m)\d{{1,3}}(?:;\d{{1,3}}){{0,8}}m){{1,4}}(?=\S)"
    rf"([^\n]{{0,500}}?)(?<=\S){_RESET}"
)
_COLOUR = re.compile(r"\[\d{1,3}(?:;\d{1,3}){0,8}m")
_TWICE = re.compile("([^\n\b])(?:\b\\1)+")
_UNDERLINED = re.compile("_\b([^\n\b])|([^\n\b])\b_")
_BULLET = re.compile("\\+\bo|o\b\\+")
_RETURN = re.compile("\r(?=[^\r\n])")
_STATE = re.compile(r"(\d+(?:[.,]\d+)?) ?%")
_CHANGING = re.compile(r"\d[\d.,:]*\s?[^\W\d_]{0,4}(?:/[^\W\d_]{1,4})?|[\W_]|\?[^\W\d_]{1,4}/s")


def without_escapes(text: str) -> str:
    """Return `text` without control functions, and of each progress bar its last state only."""
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    if "%" in text and "\r" in text and _RETURN.search(text):
        text = "\n".join(map(_last_states, text.split("\n")))
    return text


def without_overstrikes(text: str) -> str:
    """Return `text` with letters once that are printed over one another, as manual pages have."""
    if "\b" not in text:
        return text
    text = _BULLET.sub("•", text)
    text = _TWICE.sub(r"\1", text)
    text = _UNDERLINED.sub(lambda match: match[1] or match[2], text)
    return _TWICE.sub(r"\1", text)


def without_bare_colours(text: str) -> str:
    """Return `text` without colours whose escapes were lost: `[31mERROR[0m`."""
    if "[0m" not in text and "[39m" not in text:
        return text
    return _COLOURED.sub(lambda match: _COLOUR.sub("", match[1]), text)


def _last_states(line: str) -> str:
    """Return a line without the states of a progress bar that later ones were written over."""
    if not _RETURN.search(line):
        return line
    states = line.split("\r")
    kept = [state for state, after in pairwise(states) if not _is_earlier(state, after)]
    return "\r".join([*kept, states[-1]])


def _is_earlier(state: str, after: str) -> bool:
    """Return whether two texts differ in figures and bars only, and the second is no less done."""
    before, now = _STATE.search(state), _STATE.search(after)
    if not (before and now):
        return False
    is_later = float(before[1].replace(",", ".")) <= float(now[1].replace(",", "."))
    return is_later and _CHANGING.sub("", state) == _CHANGING.sub("", after)
