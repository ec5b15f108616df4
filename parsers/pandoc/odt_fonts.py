"""Which paragraphs of an OpenDocument text are set as code."""

import re
from collections.abc import Iterable

from vouch.parsers.common.xml_tree import Xml, attribute, name_of

_NAMED = re.compile(
    r"(?:html )?preformatted(?: text)?|source (?:text|code)|code(?: block)?|source_text|sourcecode|teletype"
)
_FIXED = re.compile(
    r"\b(?:courier|consolas|menlo|monaco|inconsolata|mono|monospaced?|fixedsys|lucida console)\b",
    re.IGNORECASE,
)
# What all others are made from: a text that is all in one font is a typescript.
_BASES = ("Standard", "Text_20_body", "Default_20_Style")
_MAX_PARENTS = 20


class Fonts:
    """Asked of `content.xml` and `styles.xml`, the latter first."""

    def __init__(self, roots: Iterable[Xml]) -> None:
        self._styles: dict[tuple[str, str], Xml] = {}
        self._fixed: set[str] = set()
        for one in (element for root in roots for element in root.iter()):
            name = attribute(one, "name") or ""
            if name_of(one) == "style":
                self._styles[attribute(one, "family") or "", name] = one
            elif name_of(one) == "font-face" and attribute(one, "font-pitch") == "fixed":
                self._fixed.add(name)
        self._known: dict[tuple[str, str], bool] = {}

    def made_from_itself(self) -> str | None:
        """The name of a style that inherits, over others or not, from itself."""
        done: set[tuple[str, str]] = set()
        for family, start in self._styles:
            name, passed = start, set[tuple[str, str]]()
            while (family, name) in self._styles and (family, name) not in done:
                if (family, name) in passed:
                    return name
                passed.add((family, name))
                name = attribute(self._styles[family, name], "parent-style-name") or ""
            done |= passed
        return None

    def is_code(self, paragraph: Xml) -> bool:
        """By the style of the paragraph, or because all that it says is set so."""
        if self._is_set("paragraph", attribute(paragraph, "style-name") or ""):
            return True
        loose = [paragraph.text, *(one.tail for one in paragraph)]
        spans = [one for one in paragraph if name_of(one) == "span"]
        if any((text or "").strip() for text in loose) or not any(
            "".join(one.itertext()).strip() for one in spans
        ):
            return False
        return all(
            self._is_set("text", attribute(one, "style-name") or "")
            for one in spans
            if "".join(one.itertext()).strip()
        )

    def _is_set(self, family: str, name: str) -> bool:
        if (family, name) not in self._known:
            self._known[family, name] = self._is_told(family, name)
        return self._known[family, name]

    def _is_told(self, family: str, name: str) -> bool:
        """By the name of a style or of one that it is made from, or by the font of the nearest that tells one."""
        for _ in range(_MAX_PARENTS):
            style = self._styles.get((family, name))
            if name in _BASES:
                return False
            if _NAMED.fullmatch(name.replace("_20_", " ").lower()):
                return True
            if style is None:
                return False
            font = self._font(style)
            if font is not None:
                return font in self._fixed or _FIXED.search(font) is not None
            name = attribute(style, "parent-style-name") or ""
        return False

    def _font(self, style: Xml) -> str | None:
        properties = next((one for one in style if name_of(one) == "text-properties"), None)
        return attribute(properties, "font-name") or attribute(properties, "font-family")
