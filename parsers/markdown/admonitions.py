"""Admonitions of several kinds of Markdown as plain Markdown: a title, then the content.

`:::note` of Docusaurus, VuePress and MyST, `!!! note` and `=== "Tab"` of MkDocs, `> [!NOTE]` of
GitHub and Obsidian.
"""

import re
from collections.abc import Iterator

from vouch.parsers.markdown.code_fences import fenced_lines

_QUOTED = re.compile(r"((?:[ \t]*>)+[ \t]?)\[!(\w[\w-]*)\][+-]?[ \t]*(.*)")
_COLONS = re.compile(
    r"([ \t]*):{3,}[ \t]*"
    # A dotted name is the argument of another tool, and stays as it is written.
    r"(?:(?:\{([^{}]*)\}|([A-Za-z][\w-]*)(?![^\s\[{:]))"
    r"(?:\[([^\]]*)\])?[ \t]*(?:\{([^{}]*)\})?[ \t]*(.*?))?"
    r":*[ \t]*"
)
_WORD = re.compile(r"[A-Za-z][\w-]*")
_OPTION = re.compile(r"[ \t]*:[\w-]+:(?:[ \t].*)?")
_BANGS = re.compile(
    r"([ \t]*)(?:!!!|\?\?\?\+?)[ \t]+([\w-]+)(?:[ \t]+[\w-]+)*[ \t]*(?:\"(.*)\")?[ \t]*"
)
_TAB = re.compile(r"([ \t]*)===[!+]{0,2}[ \t]+()\"(.+)\"[ \t]*")
_TITLE = re.compile(r"title\s*=\s*\"([^\"]*)\"")
_LONG_LINE = 1000  # characters; no admonition begins with more
# Kinds that a page shows as a title. Other containers only lay out a page.
_KINDS = frozenset(
    "note tip info warning danger caution important success question failure bug example quote "
    "abstract summary tldr hint error attention seealso todo faq help check done fail missing cite "
    "secondary deprecated definition theorem proof".split()
)


def plain_admonitions(text: str) -> str:
    """Return Markdown whose admonitions are paragraphs that begin with their title.

    Code stays as it is.
    """
    if not any(mark in text for mark in (":::", "!!!", "???", "===", "[!")):
        return text
    return "\n".join(_Lines().of(text))


class _Lines:
    def __init__(self) -> None:
        self._margins: list[int] = []  # of the content of open blocks that indent it
        self._indent = 0
        self._colons = 0  # open blocks between lines of colons
        self._options = False

    def of(self, text: str) -> Iterator[str]:
        for line, is_code in fenced_lines(text):
            line = self._dedented(line, is_code)
            options, self._options = self._options, False
            if is_code or len(line) > _LONG_LINE:
                yield line
            elif options and _OPTION.fullmatch(line):
                self._options = True
            else:
                yield from self._line(line)

    def _line(self, line: str) -> Iterator[str]:
        # The first character rules out most lines faster than the expressions do.
        head = line.lstrip()[:1]
        if head == ">" and (quoted := _QUOTED.fullmatch(line)):
            yield f"{quoted[1]}{quoted[3] or _name(quoted[2])}  "
        elif head == ":" and (colons := _COLONS.fullmatch(line)):
            yield from self._fenced(colons)
        elif head in ("!", "?", "=") and (block := _BANGS.fullmatch(line) or _TAB.fullmatch(line)):
            self._margins.append(self._indent + 4)
            yield from self._titled(block[1], _name(block[2]) if block[3] is None else block[3])
        else:
            yield line

    def _fenced(self, match: re.Match[str]) -> Iterator[str]:
        margin, braced, bare, bracketed, attributes, rest = match.groups()
        if braced is None and bare is None:
            # A line of colons alone ends an open block, and is text elsewhere.
            yield "" if self._colons else match[0]
            self._colons = max(0, self._colons - 1)
            return
        self._colons += 1
        self._options = braced is not None
        kind = _WORD.search(bare or braced or "")
        title = _TITLE.search(attributes or braced or "")
        if not any(character.isalpha() for character in rest):
            rest = ""  # a number of columns
        shown = bracketed or (title[1] if title else rest) or _name(kind[0] if kind else "")
        yield from self._titled(margin, shown)

    def _titled(self, margin: str, title: str) -> Iterator[str]:
        yield ""
        if title:
            yield f"{margin}{title}  "

    def _dedented(self, line: str, is_code: bool) -> str:
        """Remove the indent of open blocks; a line that is indented less ends them."""
        if not self._margins or not line.strip():
            self._indent = len(line) - len(line.lstrip(" "))
            return line
        line = line.replace("\t", "    ") if line.startswith("\t") else line
        self._indent = len(line) - len(line.lstrip(" "))
        while not is_code and self._margins and self._indent < self._margins[-1]:
            self._margins.pop()
        return line[min(self._indent, 4 * len(self._margins)) :]


def _name(kind: str) -> str:
    """Return what a page shows above an admonition without a title."""
    return kind.replace("-", " ").capitalize() if kind.lower() in _KINDS else ""
