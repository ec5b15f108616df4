"""MDX as Markdown: components become text, and what only a program reads is removed.

A component's tags are removed, the attributes that a reader sees are kept, and its content is moved
to the margin, so that it is read as Markdown.
"""

import re
from collections.abc import Iterator

from vouch.parsers.markdown.code_fences import runs
from vouch.parsers.markdown.mdx_modules import without_modules
from vouch.parsers.markdown.mdx_tags import (
    ATTRIBUTE,
    BRACES,
    CODE_SPAN,
    TAG,
    as_markdown,
    is_field,
    is_tab,
    labels,
    tab_labels,
    target_of_tag,
    tip,
    value_of,
)

# Never past another opening: else each of many unclosed comments would be searched to the end.
_COMMENT = re.compile(r"\{/\*(?:(?!\{/\*).)*?\*/\}", re.DOTALL)
_ELEMENT = re.compile(r"<([A-Z][\w.]{0,60})(?:\s[^<>]{0,500})?>[^<>]{0,500}</\1>")
_LONG_LINE = 10_000  # characters; nobody writes components in longer lines
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
_LITERAL = re.compile(r"(?<!=)\{\s*(?:\"([^\"{}]*)\"|'([^'{}]*)')\s*\}")
_TEMPLATE = re.compile(r"(?<![=`])\{\s*`([^`{}$]*)`\s*\}(?!`)")


def plain_mdx(text: str, *, mdx: bool = False) -> str:
    """Return Markdown without components, comments and module lines; code stays as it is.

    With `mdx`, for files that are surely MDX, braces are expressions, and elements such as `div`
    contain Markdown.
    """
    # Two passes: statements that become code in the first are code in the second.
    text = "\n".join(run if is_code else _prepared(run, mdx) for run, is_code in runs(text))
    return "\n".join(_Lines(mdx).of(text))


def _prepared(text: str, mdx: bool) -> str:
    """Return prose with each tag on one line, and without comments and modules."""
    text = without_modules(_COMMENT.sub("", text), mdx=mdx)
    text = TAG.sub(lambda match: match[0].replace("\n", " "), text)
    return _CODE_OR_TAG.sub(_plain_html, text) if "={" in text else text


def _plain_html(match: re.Match[str]) -> str:
    """Return an HTML tag with its attributes in HTML notation, without computed ones."""
    is_code = match[1] is not None
    if is_code or "={" not in match[0]:
        return match[0]
    return _BRACED.sub("", _BRACED_TEXT.sub(r'="\2"', match[0]))


class _Lines:
    """Replaces tags by their labels, line by line, and moves their content to the margin."""

    def __init__(self, mdx: bool) -> None:
        self._mdx = mdx
        # Open components by name, with the margin of their content as soon as it is known.
        self._open: list[tuple[str, int | None]] = []
        self._tabs: list[tuple[dict[str, str], int]] = []  # of open lists of tabs: labels, and next
        self._label = ""  # of a field, waiting for the paragraph that it will begin

    def of(self, text: str) -> Iterator[str]:
        for run, is_code in runs(text):
            # Most runs are plain as a whole.
            for line in [run] if self._is_plain(run, is_code) else run.split("\n"):
                if self._is_plain(line, is_code):
                    yield line
                else:
                    yield from self._line(line, is_code)
        yield from self._waiting_label()

    def _is_plain(self, text: str, is_code: bool) -> bool:
        """Return whether a text neither has components nor is in one."""
        if self._open or self._label:
            return False
        return is_code or not ("<" in text or "{" in text)

    def _line(self, line: str, is_code: bool) -> Iterator[str]:
        line = self._dedented(line)
        if is_code:
            yield from self._waiting_label()
            yield self._with_tab_title(line)
        elif len(line) > _LONG_LINE or not ("<" in line or "{" in line):
            yield from self._labelled(line)
        elif self._mdx and (container := _CONTAINER.fullmatch(line)):
            self._opened_or_closed("div", closing=bool(container[1]))
            yield from [*self._waiting_label(), ""]
        elif (tag := TAG.match(line.lstrip())) and not _is_in_prose(tag):
            yield from self._block(line)
        else:
            yield from self._labelled(self._prose(line))

    def _dedented(self, line: str) -> str:
        """Remove the margin of the innermost component, which its first line with text sets."""
        if not self._open or not line.strip():
            return line
        indent = len(line) - len(line.lstrip())
        name, margin = self._open[-1]
        if margin is None:
            margin = indent
            self._open[-1] = (name, margin)
        return line[min(indent, margin) :]

    def _with_tab_title(self, line: str) -> str:
        """In a group of code tabs, turn the text behind the language into the tab's title."""
        if not self._open or self._open[-1][0] != "CodeGroup":
            return line
        tab = _TAB.fullmatch(line)
        title = _FLAGS.sub("", tab[2]).strip().replace('"', "") if tab else ""
        return f'{tab[1]} title="{title}"' if tab and title else line

    def _opened_or_closed(self, name: str, *, closing: bool) -> None:
        if closing:
            del self._open[-1:]
        else:
            self._open.append((name, None))

    def _waiting_label(self) -> list[str]:
        """Return the label that no paragraph has begun with, as a paragraph."""
        label, self._label = self._label, ""
        return [label, ""] if label else []

    def _labelled(self, line: str) -> list[str]:
        """Return a line of prose, behind the label that waits for it.

        Two spaces make Markdown break the line between them.
        """
        if not self._label:
            return [line]
        if not line.strip():
            return []
        label, self._label = self._label, ""
        return [f"{label}  ", line]

    def _prose(self, line: str) -> str:
        text, closed = _prose(line, mdx=self._mdx)
        del self._open[len(self._open) - min(closed, len(self._open)) :]
        return text

    def _block(self, line: str) -> Iterator[str]:
        """Yield the labels of a line that a component begins, and the rest of the line."""
        line_labels: list[str] = []
        has_field = False

        def replace(match: re.Match[str]) -> str:
            nonlocal has_field
            closing, name, attributes, alone = match.groups()
            if not alone:
                self._opened_or_closed(name, closing=bool(closing))
            if name.endswith(("Tabs", "TabGroup")) and not alone:
                self._tabs = (
                    self._tabs[:-1] if closing else [*self._tabs, (tab_labels(attributes), 0)]
                )
            if tag_labels := [] if closing else self._labels(name, attributes):
                line_labels.extend(tag_labels)
                has_field = is_field(name)
            return ""

        rest = TAG.sub(replace, line).strip()
        yield from [*self._waiting_label(), ""]
        for label in line_labels[:-1] if has_field else line_labels:
            yield from (label, "")
        self._label = line_labels[-1] if has_field else ""
        if rest:
            yield from [*self._labelled(self._prose(rest)), ""]

    def _labels(self, name: str, attributes: str) -> list[str]:
        """Return the labels of a tag; those of a tab may be listed where the tabs begin."""
        if not is_tab(name) or not self._tabs:
            return labels(name, attributes)
        listed, number = self._tabs[-1]
        self._tabs[-1] = listed, number + 1
        if any(value_of(attributes, key) for key in ("label", "title")):
            return labels(name, attributes)
        label = listed.get(value_of(attributes, "value")) or listed.get(str(number))
        return [as_markdown(label)] if label else labels(name, attributes)


def _is_in_prose(tag: re.Match[str]) -> bool:
    """Return whether a component that begins a line is a part of a text, or a link, not a block."""
    closing, name, attributes, alone = tag.groups()
    content, end, after = tag.string[tag.end() :].partition(f"</{name}>")
    if closing or (not alone and not end):
        return False
    beside = TAG.sub("", _ELEMENT.sub("", content if alone else after)).strip()
    is_link = bool(content.strip()) and bool(target_of_tag(attributes))
    return bool(beside) or (is_link and not labels(name, attributes))


def _prose(line: str, *, mdx: bool) -> tuple[str, int]:
    """Return a line without its components, and how many earlier components it closes.

    Code spans stay as they are.
    """
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
    """Components within a line. What may be an HTML tag, or no tag at all, is left to Markdown."""

    def __init__(self, mdx: bool) -> None:
        self._mdx = mdx
        self._opened = 0
        self._ends: list[str] = []  # what follows the content of each open component
        self.closed = 0  # components that were opened in earlier lines

    def plain(self, text: str) -> str:
        text = TAG.sub(self._replaced, text)
        return _LITERAL.sub(_literal, text) if self._mdx and "{" in text else text

    def _replaced(self, match: re.Match[str]) -> str:
        closing, name, attributes, alone = match.groups()
        if closing and not self._opened:
            self.closed += 1
        elif not alone:
            self._opened += -1 if closing else 1
        if closing:
            return self._ends.pop() if self._ends else ""
        label = "" if tip(attributes) else " ".join(labels(name, attributes))
        target = "" if label or alone else target_of_tag(attributes)
        if not alone:
            explained = f" ({tip(attributes)})" if tip(attributes) else ""
            self._ends.append("</a>" if target else explained)
        if label or target:
            return label or f'<a href="{target}">'
        return "" if "{" in attributes else match[0]


def _literal(match: re.Match[str]) -> str:
    """Return the text of a string in braces."""
    text = next(text for text in match.groups() if text is not None)
    return as_markdown(text) if text.strip() else " "
