"""Inline markup of reStructuredText, read as the text that a reader of the rendered page sees.

The rules are those of "Inline Markup" in the reStructuredText Markup Specification of docutils.
While a text is read, an escaped character has a null character before it, so that no markup begins
or ends with it. An end-string that is missing once is not searched for again, so that a text full
of start-strings takes linear time.
"""

import re
from collections import Counter

from vouch.parsers.rst.nodes import SIMPLE_NAME, Definitions, Node, normalize_name
from vouch.parsers.rst.roles import role_text

# "Inline markup recognition rules": the characters allowed before a start-string and after an
# end-string; a null character is an escape.
_BEFORE = r"(?:^|[\s'\"(\[{<\-/:]|[^\x00-\x7f\w])"
_AFTER = r"(?=\Z|[\s\x00'\")\]}>\-/\\:.,;!?]|[^\x00-\x7f\w])"
_OPENING = frozenset("'\"([{<-/:")
_CLOSING = {"'": "'", '"': '"', "(": ")", "[": "]", "{": "}", "<": ">"}
_START = re.compile(r"\*\*?|``?|_`|__?(?!\w)|\||\[(?=[#*\w])")
# Group 1 is the role after interpreted text, group 2 the sign of a hyperlink reference.
_ENDS = {
    "*": re.compile(rf"(?<![\s\x00])\*{_AFTER}"),
    "**": re.compile(rf"(?<![\s\x00])\*\*{_AFTER}"),
    "``": re.compile(rf"(?<!\s)``{_AFTER}"),
    "_`": re.compile(rf"(?<![\s\x00])`{_AFTER}"),
    "`": re.compile(rf"(?<![\s\x00])`(?::({SIMPLE_NAME}):|(__?)|){_AFTER}"),
    "|": re.compile(rf"(?<![\s\x00])\|_?_?{_AFTER}"),
}
_END = re.compile(_AFTER)
_ROLE = re.compile(rf"{_BEFORE}(:({SIMPLE_NAME}):)\Z")
_REFERENCE = re.compile(rf"{_BEFORE}({SIMPLE_NAME})\Z")
_NOTE = re.compile(rf"\[([0-9]+|#(?:{SIMPLE_NAME})?|\*|{SIMPLE_NAME})\]_{_AFTER}")
_EMBEDDED_TARGET = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
_MARKED = re.compile(r"[*`|_\\]")
_ESCAPE = re.compile(r"\\(.)?", re.DOTALL)
_UNESCAPE = re.compile(r"\x00\s?")
_MAX_NAME = 100  # characters of a role or of a reference that are looked at
# Characters that substitutions may add to a document; nested ones can grow exponentially.
_MAX_SUBSTITUTED = 1_000_000


class InlineParser:
    """Reads the texts of one document.

    Footnotes that these refer to for the first time are appended to `pending_notes`.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._open_substitutions: list[str] = []
        self._substituted = 0
        self._auto_numbered = Counter[str]()
        self.pending_notes: list[Node] = []

    def text(self, raw: str) -> str:
        """Return the text without its markup."""
        return self._parse(raw) if _MARKED.search(raw) else raw

    def _parse(self, raw: str) -> str:
        source = _ESCAPE.sub("\x00\\1", raw) if "\\" in raw else raw
        pieces: list[str] = []
        missing_ends: set[str] = set()
        done = 0
        start_string = _START.search(source)
        while start_string is not None:
            construct = self._construct(source, start_string, done, missing_ends)
            if construct is None:
                start_string = _START.search(source, start_string.end())
                continue
            start, end, text = construct
            pieces += [_unescaped(source[done:start]), text]
            done = end
            start_string = _START.search(source, done)
        return "".join([*pieces, _unescaped(source[done:])])

    def _construct(
        self, source: str, start_string: re.Match[str], done: int, missing_ends: set[str]
    ) -> tuple[int, int, str] | None:
        """Return start, end and text of the construct at a start-string; None where it is text.

        `done` is the end of the construct before. The start-string of a simple reference is the
        underscore at its end.
        """
        sign, inside = start_string[0], start_string.end()
        if sign in ("_", "__"):
            return self._reference(source, start_string, done)
        if sign == "[":
            return self._note_reference(source, start_string.start(), done)
        start = start_string.start()
        role = _ROLE.search(source[max(done, start - _MAX_NAME) : start]) if sign == "`" else None
        if role:
            start -= len(role[1])
        if sign in missing_ends or not _may_begin(source, start, inside):
            return None
        end = _ENDS[sign].search(source, inside)
        if end is None:
            missing_ends.add(sign)
            return None
        if end.start() == inside:
            return None
        content = source[inside : end.start()]
        return start, end.end(), self._content_text(sign, role[2] if role else None, content, end)

    def _content_text(self, sign: str, role: str | None, content: str, end: re.Match[str]) -> str:
        """Return the text between a start-string and its end."""
        if sign == "``":
            return content.replace("\x00", "\\")
        if sign == "|":
            return self._substitution(content)
        text = _unescaped(content)
        if sign != "`":
            return text
        if end[2] and (target := _EMBEDDED_TARGET.fullmatch(text)):
            return target[1] or target[2]
        role = role or end[1]
        return role_text(role, text) if role else text

    def _reference(
        self, source: str, underscore: re.Match[str], done: int
    ) -> tuple[int, int, str] | None:
        """Read a simple reference (`name_`) whose target exists; others are text with `_`."""
        start, end = underscore.span()
        name = _REFERENCE.search(source[max(done, start - _MAX_NAME) : start])
        if name is None or not _END.match(source, end):
            return None
        if underscore[0] == "__":
            has_target = self._definitions.has_anonymous_targets
        else:
            has_target = normalize_name(name[1]) in self._definitions.names
        return (start - len(name[1]), end, name[1]) if has_target else None

    def _note_reference(self, source: str, start: int, done: int) -> tuple[int, int, str] | None:
        """Read a footnote reference, which vanishes, or a citation reference, which is kept.

        The footnote itself is written after the block that refers to it.
        """
        match = _NOTE.match(source, start)
        if match is None:
            return None
        label = match[1]
        if label in ("#", "*"):
            self._auto_numbered[label] += 1
            label += str(self._auto_numbered[label])
        note = self._definitions.notes.get(normalize_name(label))
        if note is None:
            return start, match.end(), f"[{match[1]}]"
        self.pending_notes.append(note)
        while start > done and source[start - 1] == " ":
            start -= 1
        return start, match.end(), ""

    def _substitution(self, content: str) -> str:
        """Return the text of `|name|`; the reference itself where it is undefined or circular."""
        name = normalize_name(_unescaped(content))
        replacement = self._definitions.substitutions.get(name)
        if (
            replacement is None
            or name in self._open_substitutions
            or self._substituted > _MAX_SUBSTITUTED
        ):
            return f"|{_unescaped(content)}|"
        self._open_substitutions.append(name)
        text = self.text(replacement)
        self._open_substitutions.pop()
        self._substituted += len(text)
        return text


def _may_begin(source: str, start: int, inside: int) -> bool:
    """Return whether markup may begin at `start` with its content at `inside`.

    It begins after white space or an opening character and before a visible one. A start-string
    between matching quotes or brackets is text, as in `"*"`.
    """
    if inside >= len(source) or source[inside].isspace():
        return False
    before = source[start - 1] if start else " "
    if before.isspace():
        return True
    is_boundary = before in _OPENING or (not before.isascii() and not before.isalnum())
    return is_boundary and _CLOSING.get(before) != source[inside]


def _unescaped(text: str) -> str:
    return _UNESCAPE.sub("", text) if "\x00" in text else text
