"""Callouts of many kinds of Markdown, as Markdown: their title, or what they are called, and then what they hold.

`:::note` of Docusaurus, VuePress and MyST, `!!! note` and `=== "Tab"` of MkDocs, `> [!NOTE]` of GitHub and Obsidian.
"""

import re
from collections.abc import Iterator

from vouch.parsers.markdown.code_fences import fenced_lines

_QUOTED = re.compile(r"((?:[ \t]*>)+[ \t]?)\[!(\w[\w-]*)\][+-]?[ \t]*(.*)")
_COLONS = re.compile(
    r"([ \t]*):{3,}[ \t]*(?:(?:\{([^{}]*)\}|([A-Za-z][\w-]*))(?:\[([^\]]*)\])?[ \t]*(?:\{([^{}]*)\})?[ \t]*(.*?))?:*[ \t]*"
)
_WORD = re.compile(r"[A-Za-z][\w-]*")
_OPTION = re.compile(r"[ \t]*:[\w-]+:(?:[ \t].*)?")
_BANGS = re.compile(
    r"([ \t]*)(?:!!!|\?\?\?\+?)[ \t]+([\w-]+)(?:[ \t]+[\w-]+)*[ \t]*(?:\"(.*)\")?[ \t]*"
)
_TAB = re.compile(r"([ \t]*)===[!+]{0,2}[ \t]+()\"(.+)\"[ \t]*")
_TITLE = re.compile(r"title\s*=\s*\"([^\"]*)\"")
_LONG_LINE = 1000  # characters; no callout begins with more
# Containers that only lay out a page have no name that a reader sees.
_CALLOUTS = frozenset(
    "note tip info warning danger caution important success question failure bug example quote abstract summary tldr hint "
    "error attention seealso todo faq help check done fail missing cite secondary deprecated definition theorem proof".split()
)


def plain_admonitions(text: str) -> str:
    """Markdown whose callouts are paragraphs that begin with their title. Code stays as it is."""
    if not (":::" in text or "!!!" in text or "???" in text or "===" in text or "[!" in text):
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
        head = line.lstrip()[:1]
        if head == ">" and (found := _QUOTED.fullmatch(line)):
            yield f"{found[1]}{found[3] or _name(found[2])}  "
        elif head == ":" and (found := _COLONS.fullmatch(line)):
            yield from self._fenced(found)
        elif head in ("!", "?", "=") and (found := _BANGS.fullmatch(line) or _TAB.fullmatch(line)):
            self._margins.append(self._indent + 4)
            yield from self._titled(found[1], _name(found[2]) if found[3] is None else found[3])
        else:
            yield line

    def _fenced(self, found: re.Match[str]) -> Iterator[str]:
        margin, braced, bare, bracketed, attributes, rest = found.groups()
        if braced is None and bare is None:
            # A line of colons alone ends what one has begun, and is what it is elsewhere.
            yield "" if self._colons else found[0]
            self._colons = max(0, self._colons - 1)
            return
        self._colons += 1
        self._options = braced is not None
        kind = _WORD.search(bare or braced or "")
        title = _TITLE.search(attributes or braced or "")
        rest = rest if any(one.isalpha() for one in rest) else ""  # a number of columns
        yield from self._titled(
            margin, bracketed or (title[1] if title else rest) or _name(kind[0] if kind else "")
        )

    def _titled(self, margin: str, title: str) -> Iterator[str]:
        yield ""
        if title:
            yield f"{margin}{title}  "

    def _dedented(self, line: str, is_code: bool) -> str:
        """Without what open blocks indent their content by; a line that is not so far in ends them."""
        if not self._margins or not line.strip():
            self._indent = len(line) - len(line.lstrip(" "))
            return line
        line = line.replace("\t", "    ") if line.startswith("\t") else line
        self._indent = len(line) - len(line.lstrip(" "))
        while not is_code and self._margins and self._indent < self._margins[-1]:
            self._margins.pop()
        return line[min(self._indent, 4 * len(self._margins)) :]


def _name(kind: str) -> str:
    """What a page shows above a callout without a title; nothing for a container that is none."""
    return kind.replace("-", " ").capitalize() if kind.lower() in _CALLOUTS else ""
