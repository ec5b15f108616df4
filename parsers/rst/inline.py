"""reStructuredText's inline markup to text.

An escaped character has a null before it while a text is read, so that no markup begins or ends with it. Each kind of end
that is not found once is not looked for again, so that a text without ends takes no longer than another.
"""

import re
from collections import Counter

from vouch.parsers.rst.markup_delimiters import ENDS, HIT, NOTE, REFERENCE, ROLE, begins, is_end
from vouch.parsers.rst.nodes import Definitions, Node, normal
from vouch.parsers.rst.roles import role_text

_MARKED = re.compile(r"[*`|_\\]")
_ESCAPE = re.compile(r"\\(.)?", re.DOTALL)
_UNESCAPE = re.compile(r"\x00\s?")
_EMBEDDED = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
_LONGEST = 100  # characters of a name, of a role or in running text
_MOST_SUBSTITUTED = 1_000_000  # characters in a document; no honest one has so many


class Inline:
    """Reads texts of one document. Footnotes that they refer to for the first time are put into `due`."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._substituting: list[str] = []
        self._substituted = 0
        self._counts = Counter[str]()
        self.due: list[Node] = []

    def text(self, raw: str) -> str:
        """What a reader sees."""
        return self._read(raw) if _MARKED.search(raw) else raw

    def _read(self, raw: str) -> str:
        source = _ESCAPE.sub("\x00\\1", raw) if "\\" in raw else raw
        pieces: list[str] = []
        dead: set[str] = set()
        done = 0
        hit = HIT.search(source)
        while hit is not None:
            found = self._construct(source, hit, done, dead)
            if found is not None:
                start, end, text = found
                pieces += [_unescaped(source[done:start]), text]
                done = end
            hit = HIT.search(source, hit.end() if found is None else done)
        return "".join([*pieces, _unescaped(source[done:])])

    def _construct(
        self, source: str, hit: re.Match[str], done: int, dead: set[str]
    ) -> tuple[int, int, str] | None:
        """Start, end and text of what begins (of a reference: ends) at a hit; None where that is text."""
        sign = hit[0]
        if sign in ("_", "__"):
            return self._reference(source, hit, done)
        if sign == "[":
            return self._note(source, hit.start(), done)
        role = (
            ROLE.search(source[max(done, hit.start() - _LONGEST) : hit.start()])
            if sign == "`"
            else None
        )
        start = hit.start() - len(role[1]) if role else hit.start()
        if sign in dead or not begins(source, start, hit.end()):
            return None
        end = ENDS[sign].search(source, hit.end())
        if end is None:
            dead.add(sign)
        if end is None or end.start() == hit.end():
            return None
        return (
            start,
            end.end(),
            self._inside(sign, role[2] if role else None, source[hit.end() : end.start()], end),
        )

    def _inside(self, sign: str, role: str | None, inside: str, end: re.Match[str]) -> str:
        if sign == "``":
            return inside.replace("\x00", "\\")
        if sign == "|":
            return self._substitution(inside)
        text = _unescaped(inside)
        if sign == "`" and end[2] and (embedded := _EMBEDDED.fullmatch(text)):
            return embedded[1] or embedded[2]
        if sign == "`" and (role or end[1]):
            return role_text(role or end[1], text)
        return text

    def _reference(self, source: str, hit: re.Match[str], done: int) -> tuple[int, int, str] | None:
        """A word with `_` behind it, where that leads somewhere."""
        found = REFERENCE.search(source[max(done, hit.start() - _LONGEST) : hit.start()])
        if found is None or not is_end(source, hit.end()):
            return None
        leads = (
            self._definitions.anonymous
            if hit[0] == "__"
            else normal(found[1]) in self._definitions.names
        )
        return (hit.start() - len(found[1]), hit.end(), found[1]) if leads else None

    def _note(self, source: str, start: int, done: int) -> tuple[int, int, str] | None:
        """A footnote follows what refers to it; a citation's name stays."""
        found = NOTE.match(source, start)
        if found is None:
            return None
        label = found[1]
        if label in ("#", "*"):
            self._counts[label] += 1
            label += str(self._counts[label])
        note = self._definitions.notes.get(normal(label))
        if note is None:
            return start, found.end(), f"[{found[1]}]"
        self.due.append(note)
        while start > done and source[start - 1] == " ":
            start -= 1
        return start, found.end(), ""

    def _substitution(self, inside: str) -> str:
        name = normal(_unescaped(inside))
        meant = self._definitions.substitutions.get(name)
        if meant is None or name in self._substituting or self._substituted > _MOST_SUBSTITUTED:
            return f"|{_unescaped(inside)}|"
        self._substituting.append(name)
        text = self.text(meant)
        self._substituting.pop()
        self._substituted += len(text)
        return text


def _unescaped(text: str) -> str:
    return _UNESCAPE.sub("", text) if "\x00" in text else text
