"""Determine which paragraphs of an OpenDocument text are set as code."""

import re
from collections.abc import Iterable

from vouch.parsers.common.xml.tree import Xml, attribute, name_of

_CODE_NAME = re.compile(
    r"(?:html )?preformatted(?: text)?|source (?:text|code)|code(?: block)?|source_text"
    r"|sourcecode|teletype"
)
_FIXED_PITCH = re.compile(
    r"\b(?:courier|consolas|menlo|monaco|inconsolata|mono|monospaced?|fixedsys|lucida console)\b",
    re.IGNORECASE,
)
# The styles that all others inherit from: a fixed-pitch font there makes a typescript, not code.
_BASES = ("Standard", "Text_20_body", "Default_20_Style")
_MAX_PARENTS = 20  # also ends a circle of styles, which is reported elsewhere


class CodeStyles:
    """The styles and fonts of a document; `roots` are styles.xml and content.xml, in this order."""

    def __init__(self, roots: Iterable[Xml]) -> None:
        self._styles: dict[tuple[str, str], Xml] = {}  # by family and name
        self._fixed_fonts: set[str] = set()
        for node in (node for root in roots for node in root.iter()):
            name = attribute(node, "name") or ""
            if name_of(node) == "style":
                self._styles[attribute(node, "family") or "", name] = node
            elif name_of(node) == "font-face" and attribute(node, "font-pitch") == "fixed":
                self._fixed_fonts.add(name)
        self._cache: dict[tuple[str, str], bool] = {}

    def circular_style(self) -> str | None:
        """Return the name of a style that inherits from itself, directly or through others."""
        checked: set[tuple[str, str]] = set()
        for family, start in self._styles:
            name, chain = start, set[tuple[str, str]]()
            while (family, name) in self._styles and (family, name) not in checked:
                if (family, name) in chain:
                    return name
                chain.add((family, name))
                name = attribute(self._styles[family, name], "parent-style-name") or ""
            checked |= chain
        return None

    def is_code(self, paragraph: Xml) -> bool:
        """Return whether a paragraph, or each span of its text, has a style for code."""
        if self._is_code_style("paragraph", attribute(paragraph, "style-name") or ""):
            return True
        outside_spans = [paragraph.text, *(node.tail for node in paragraph)]
        if any((text or "").strip() for text in outside_spans):
            return False
        spans = [
            node
            for node in paragraph
            if name_of(node) == "span" and "".join(node.itertext()).strip()
        ]
        return bool(spans) and all(
            self._is_code_style("text", attribute(span, "style-name") or "") for span in spans
        )

    def _is_code_style(self, family: str, name: str) -> bool:
        if (family, name) not in self._cache:
            self._cache[family, name] = self._inherits_code(family, name)
        return self._cache[family, name]

    def _inherits_code(self, family: str, name: str) -> bool:
        """Return whether a style or a parent is named as code, or the nearest font is fixed."""
        for _ in range(_MAX_PARENTS):
            style = self._styles.get((family, name))
            if name in _BASES:
                return False
            if _CODE_NAME.fullmatch(name.replace("_20_", " ").lower()):
                return True
            if style is None:
                return False
            properties = next((node for node in style if name_of(node) == "text-properties"), None)
            font = attribute(properties, "font-name") or attribute(properties, "font-family")
            if font is not None:
                return font in self._fixed_fonts or _FIXED_PITCH.search(font) is not None
            name = attribute(style, "parent-style-name") or ""
        return False
