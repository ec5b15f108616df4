"""Text frames of PowerPoint: which paragraphs are list items, and what numbers are drawn before them."""

from collections.abc import Sequence
from typing import Any

from pptx.text.text import TextFrame, _Paragraph

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of
from vouch.parsers.office.docx_numbering import letters, roman
from vouch.parsers.office.omml import formula

_BULLETS = {"buNone", "buChar", "buAutoNum", "buBlip"}
_NO_BULLET = "buNone"
_MAX_BASES = 3  # a slide's placeholder, its layout's, its master's


def add_text(
    builder: DocumentBuilder, frame: TextFrame, styles: Sequence[Xml] = (), *, bulleted: bool
) -> None:
    """Paragraphs and list items of a frame.

    `styles` are its list styles, the nearest first; `bulleted` says what paragraphs are of which nothing is told.
    """
    numbers = _Numbers()
    for paragraph in frame.paragraphs:
        text = text_of(paragraph)
        if not text.strip():
            continue
        bullet = _bullet(paragraph, styles)
        is_item = bulleted if bullet is None else name_of(bullet) != _NO_BULLET
        label = numbers.label(bullet, paragraph.level)
        item = f"{label} {text}".strip() if is_item else without_bullet(text)
        if item is None:
            builder.paragraph(text)
        else:
            builder.list_item(item, paragraph.level)


def list_styles(shape: Any) -> list[Xml]:  # noqa: ANN401 - which of its classes has what differs
    """The list styles of a shape and of the placeholders that it stands for, the nearest first."""
    found = []
    for _ in range(_MAX_BASES):
        if shape is None:
            break
        found.append(child(shape._element, "txBody", "lstStyle"))
        shape = getattr(shape, "_base_placeholder", None)
    return [style for style in found if style is not None]


def paragraph_texts(frame: TextFrame) -> list[str]:
    """The text of each paragraph."""
    return [text_of(paragraph) for paragraph in frame.paragraphs]


def text_of(paragraph: _Paragraph) -> str:
    """Runs, fields, line breaks and formulas of a paragraph."""
    return "".join(map(_text, paragraph._p))


def _text(element: Xml) -> str:
    match name_of(element):
        case "r" | "fld":
            run = child(element, "t")
            return (run.text or "") if run is not None else ""
        case "br":
            return "\n"
        case "oMath" | "oMathPara":
            return f" {formula(element).strip()} "
        case "AlternateContent":
            chosen = child(element, "Choice")
            return "".join(map(_text, chosen)) if chosen is not None else ""
        case "m":  # the 2010 wrapper around a formula
            return "".join(map(_text, element))
        case _:
            return ""


def _bullet(paragraph: _Paragraph, styles: Sequence[Xml]) -> Xml | None:
    """What says whether a paragraph has a bullet: its own properties, else the nearest style that tells its level."""
    levels = (child(style, f"lvl{paragraph.level + 1}pPr") for style in styles)
    told = (
        one
        for properties in (child(paragraph._p, "pPr"), *levels)
        if properties is not None
        for one in properties
    )
    return next((one for one in told if name_of(one) in _BULLETS), None)


class _Numbers:
    """Counts the numbered items of one frame as they come."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[str, int]] = {}

    def label(self, bullet: Xml | None, level: int) -> str:
        """`2.` or `b)`; empty, and the count at an end, where the paragraph is not numbered."""
        for deeper in [one for one in self._counts if one > level]:
            del self._counts[deeper]
        if bullet is None or name_of(bullet) != "buAutoNum":
            self._counts.pop(level, None)
            return ""
        notation, start = attribute(bullet, "type") or "", attribute(bullet, "startAt") or ""
        before, count = self._counts.get(level, ("", 0))
        count = count + 1 if before == notation else int(start) if start.isdigit() else 1
        self._counts[level] = (notation, count)
        return _drawn(notation, count)


def _drawn(notation: str, count: int) -> str:
    figure = str(count)
    if notation.startswith("alpha"):
        figure = letters(count)
    elif notation.startswith("roman"):
        figure = roman(count)
    figure = figure.upper() if "Uc" in notation else figure
    if notation.endswith("ParenBoth"):
        return f"({figure})"
    return figure + (
        ")" if notation.endswith("ParenR") else "." if notation.endswith("Period") else ""
    )
