"""MDX within a line: components and braces in running text."""

import re

from vouch.parsers.markdown.mdx_tags import CODE_SPAN, TAG, as_markdown, labels

_LITERAL = re.compile(r"(?<!=)\{\s*(?:\"([^\"{}]*)\"|'([^'{}]*)')\s*\}")
_TEMPLATE = re.compile(r"(?<![=`])\{\s*`([^`{}$]*)`\s*\}(?!`)")


def prose(line: str, *, mdx: bool) -> tuple[str, int]:
    """A line without the components in its text, its code as it is; and how many that were opened before it closes."""
    if mdx:
        line = _TEMPLATE.sub(_literal, line)
    pieces: list[str] = []
    end = 0
    inline = _Inline(mdx)
    for code in CODE_SPAN.finditer(line):
        pieces += [inline.plain(line[end : code.start()]), code[0]]
        end = code.end()
    pieces.append(inline.plain(line[end:]))
    return "".join(pieces), inline.closed


class _Inline:
    """Components within a line. What may be a plain HTML tag, or no tag at all, is left to Markdown."""

    def __init__(self, mdx: bool) -> None:
        self._mdx = mdx
        self._opened = 0
        self.closed = 0  # components that were opened in lines before

    def plain(self, text: str) -> str:
        text = TAG.sub(self._replaced, text)
        return _LITERAL.sub(_literal, text) if self._mdx and "{" in text else text

    def _replaced(self, match: re.Match[str]) -> str:
        closing, name, attributes, alone = match.groups()
        if closing and not self._opened:
            self.closed += 1
        elif not alone:
            self._opened += -1 if closing else 1
        said = " ".join(labels(name, attributes))
        return said or ("" if closing or "{" in attributes else match[0])


def _literal(match: re.Match[str]) -> str:
    text = next(text for text in match.groups() if text is not None)
    return as_markdown(text) if text.strip() else " "
