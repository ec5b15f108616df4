"""MDX: what is left of its components when they become text, not noise.

A component's tags go, what its attributes say to a reader stays, and what it holds is moved to the margin, so that
Markdown reads it.
"""

import re
from collections.abc import Iterator, Sequence

from vouch.parsers.markdown.code_fences import runs
from vouch.parsers.markdown.mdx_inline import prose
from vouch.parsers.markdown.mdx_modules import without_modules
from vouch.parsers.markdown.mdx_tags import ATTRIBUTE, BRACES, TAG, is_field, labels

# Never over another opening: else each of many that are not closed would be looked at to the end of the text.
_COMMENT = re.compile(r"\{/\*(?:(?!\{/\*).)*?\*/\}", re.DOTALL)
_LONG_LINE = 10_000  # characters; no one writes components in a line longer than that
_CODE_OR_TAG = re.compile(
    rf"(?<!`)(`+)(?!`).{{0,1000}}?(?<!`)\1(?!`)|<[a-z][\w-]*(?:\s+{ATTRIBUTE})+\s*/?>"
)
_BRACED_TEXT = re.compile(r"=\s*\{\s*([\"'`])([^\"'`{}]*)\1\s*\}")
_BRACED = re.compile(rf"\s[\w:-]+\s*=\s*{BRACES}")
_CONTAINER = re.compile(
    rf"\s*<(/?)(?:div|section|article|aside|main|center|figure)(?:\s+{ATTRIBUTE})*\s*>\s*"
)
_TAB = re.compile(r"(\s*(?:`{3,}|~{3,})[\w+#.-]+)[ \t]+([^\s{=\[][^{=\[]*)$")
_FLAGS = re.compile(r"\b(?:wrap|lines|expandable|showLineNumbers|copy|nocopy|twoslash)\b")


def plain_mdx(text: str, *, mdx: bool = False) -> str:
    """Markdown without components, comments and module lines; code stays as it is.

    With `mdx`, for what is surely MDX, braces are expressions and elements like `div` hold Markdown.
    """
    text = "\n".join(run if is_code else _prepared(run, mdx) for run, is_code in runs(text))
    return "\n".join(_Lines(mdx).of(text))


def _prepared(text: str, mdx: bool) -> str:
    """Prose with each tag on one line, and without comments and modules."""
    text = without_modules(_COMMENT.sub("", text), mdx=mdx)
    text = TAG.sub(lambda match: match[0].replace("\n", " "), text)
    return _CODE_OR_TAG.sub(_plain_html, text) if "={" in text else text


def _plain_html(found: re.Match[str]) -> str:
    """An HTML tag with its attributes as HTML writes them; what a script computes goes. Code stays as it is."""
    if found[1] or "={" not in found[0]:
        return found[0]
    return _BRACED.sub("", _BRACED_TEXT.sub(r'="\2"', found[0]))


class _Lines:
    """Line by line: tags replaced by their labels, and what is inside a component moved to the margin."""

    def __init__(self, mdx: bool) -> None:
        self._mdx = mdx
        self._open: list[
            tuple[str, int | None]
        ] = []  # components, and the margin of what each holds
        self._label = ""  # of a field, waiting for the paragraph that it begins

    def of(self, text: str) -> Iterator[str]:
        for run, is_code in runs(text):
            if self._stays(run, is_code):
                yield run
            else:
                yield from self._read(run.split("\n"), is_code)
        yield from self._before_block()

    def _read(self, lines: Sequence[str], is_code: bool) -> Iterator[str]:
        for line in lines:
            if self._stays(line, is_code):
                yield line
            else:
                yield from self._line(line, is_code)

    def _stays(self, text: str, is_code: bool) -> bool:
        """Whether a text without components stands in none."""
        return not (self._open or self._label) and (is_code or not ("<" in text or "{" in text))

    def _line(self, line: str, is_code: bool) -> Iterator[str]:
        line = self._dedented(line)
        if is_code:
            yield from self._before_block()
            yield self._tab(line)
        elif len(line) > _LONG_LINE or not ("<" in line or "{" in line):
            yield from self._shown(line)
        elif self._mdx and (container := _CONTAINER.fullmatch(line)):
            self._opened_or_closed("div", closing=bool(container[1]))
            yield from [*self._before_block(), ""]
        elif TAG.match(line.lstrip()):
            yield from self._block(line)
        else:
            yield from self._shown(self._prose(line))

    def _dedented(self, line: str) -> str:
        """Without the margin of the innermost component; its first line with text sets it."""
        if not self._open or not line.strip():
            return line
        indent = len(line) - len(line.lstrip())
        name, margin = self._open[-1]
        self._open[-1] = (name, indent if margin is None else margin)
        return line[min(indent, indent if margin is None else margin) :]

    def _tab(self, line: str) -> str:
        """In a group of tabs of code, what stands behind the language is a tab's title."""
        found = _TAB.fullmatch(line) if self._open and self._open[-1][0] == "CodeGroup" else None
        title = _FLAGS.sub("", found[2]).strip().replace('"', "") if found else ""
        return f'{found[1]} title="{title}"' if found and title else line

    def _opened_or_closed(self, name: str, *, closing: bool) -> None:
        if closing:
            del self._open[-1:]
        else:
            self._open.append((name, None))

    def _before_block(self) -> list[str]:
        """The label that no paragraph has taken up, by itself."""
        label, self._label = self._label, ""
        return [label, ""] if label else []

    def _shown(self, line: str) -> list[str]:
        """A line of prose, behind the label that waits for it: two spaces make Markdown break the line there."""
        if not self._label:
            return [line]
        if not line.strip():
            return []
        label, self._label = self._label, ""
        return [f"{label}  ", line]

    def _prose(self, line: str) -> str:
        text, closed = prose(line, mdx=self._mdx)
        del self._open[len(self._open) - min(closed, len(self._open)) :]
        return text

    def _block(self, line: str) -> Iterator[str]:
        """A line that a component begins: its labels, and what else the line holds, each on its own."""
        said: list[str] = []
        field = False

        def replace(match: re.Match[str]) -> str:
            nonlocal field
            closing, name, attributes, alone = match.groups()
            if not alone:
                self._opened_or_closed(name, closing=bool(closing))
            if found := [] if closing else labels(name, attributes):
                said.extend(found)
                field = is_field(name)
            return ""

        rest = TAG.sub(replace, line).strip()
        yield from [*self._before_block(), ""]
        for label in said[:-1] if field else said:
            yield from (label, "")
        self._label = said[-1] if field else ""
        if rest:
            yield from [*self._shown(self._prose(rest)), ""]
