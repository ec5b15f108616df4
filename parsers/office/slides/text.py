"""Read the text frames of PowerPoint: paragraphs, and list items with the numbers drawn."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from pptx.opc.package import Part
from pptx.text.text import TextFrame, _Paragraph

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.common.links import Linked, LinkedTextBuilder, target_of
from vouch.parsers.common.xml.tree import Xml, attribute, child, name_of
from vouch.parsers.office.list_notations import in_notation
from vouch.parsers.office.omml import formula

AnyShape: TypeAlias = Any
"""A shape of python-pptx; its classes share no base with all that is read of them."""
_BULLETS = {"buNone", "buChar", "buAutoNum", "buBlip"}
_NO_BULLET = "buNone"
# How the names of notations begin, and what they are in Word; any others are digits.
_NOTATIONS = {
    "alpha": "lowerLetter",
    "roman": "lowerRoman",
    "circleNum": "decimalEnclosedCircle",
    "ea1": "chineseCounting",
}
_MAX_BASES = 3  # a slide's placeholder, its layout's, its master's


def add_text(
    builder: DocumentBuilder,
    frame: TextFrame,
    styles: Sequence[Xml] = (),
    *,
    bulleted: bool,
    target: str | None = None,
) -> None:
    """Add the paragraphs and list items of a frame.

    `styles` are its list styles, the nearest first; `bulleted` applies to paragraphs whose
    bullet neither they nor the styles define. `target` is where a click on the shape leads to.
    """
    numbers = _Numbers()
    for paragraph in frame.paragraphs:
        text = text_of(paragraph)
        if not text.strip():
            continue
        if target is not None and not text.links:
            text = Linked(text, [(0, len(text), target)])
        bullet = _bullet(paragraph, styles)
        is_item = bulleted if bullet is None else name_of(bullet) != _NO_BULLET
        label = numbers.label(bullet, paragraph.level)
        item = text if is_item else without_bullet(text)
        if item is None:
            builder.paragraph(text)
        else:
            builder.list_item(item, paragraph.level, label)


def list_styles(shape: AnyShape) -> list[Xml]:
    """Return the list styles of a shape and of the placeholders it inherits from, nearest first."""
    styles = []
    for _ in range(_MAX_BASES):
        if shape is None:
            break
        styles.append(child(shape._element, "txBody", "lstStyle"))
        shape = getattr(shape, "_base_placeholder", None)
    return [style for style in styles if style is not None]


def paragraph_texts(frame: TextFrame) -> list[Linked]:
    """Return the text of each paragraph."""
    return [text_of(paragraph) for paragraph in frame.paragraphs]


def text_of(paragraph: _Paragraph) -> Linked:
    """Return the runs, fields, line breaks and formulas of a paragraph as text with its links."""
    text, last = LinkedTextBuilder(), None
    for node in paragraph._p:
        target = click_target(child(node, "rPr"), paragraph.part)
        if target != last:  # a link may be of several runs, each in its own type
            text.open(target)
            last = target
        text.add(_text(node))
    text.close()
    return text.take()


def click_target(properties: Xml | None, part: Part) -> str | None:
    """Return where a click on a run or shape leads to, None for another slide or no link."""
    link = attribute(child(properties, "hlinkClick"), "id")
    relationship = part.rels.get(link) if link else None
    if relationship is None or not relationship.is_external:
        return None
    return target_of(relationship.target_ref)


def _text(element: Xml) -> str:
    match name_of(element):
        case "r" | "fld":
            run = child(element, "t")
            return (run.text or "") if run is not None else ""
        case "br":
            return "\n"
        case "oMath" | "oMathPara":
            return f" {formula(element)} "
        case "AlternateContent":
            choice = child(element, "Choice")
            return "".join(map(_text, choice)) if choice is not None else ""
        case "m":  # the wrapper that PowerPoint 2010 introduced around a formula
            return "".join(map(_text, element))
        case _:
            return ""


def _bullet(paragraph: _Paragraph, styles: Sequence[Xml]) -> Xml | None:
    """Return the bullet element of a paragraph, else of the nearest style with one at its level."""
    levels = (child(style, f"lvl{paragraph.level + 1}pPr") for style in styles)
    candidates = (
        element
        for properties in (child(paragraph._p, "pPr"), *levels)
        if properties is not None
        for element in properties
    )
    return next((element for element in candidates if name_of(element) in _BULLETS), None)


class _Numbers:
    """Counts the numbered items of one frame, in order."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[str, int]] = {}  # by level: notation and count

    def label(self, bullet: Xml | None, level: int) -> str:
        """Return `2.` or `b)`; for a paragraph without a number return "" and reset the count."""
        for deeper in [counted for counted in self._counts if counted > level]:
            del self._counts[deeper]
        # The count restarts after another paragraph of the level, and where the notation changes.
        if bullet is None or name_of(bullet) != "buAutoNum":
            self._counts.pop(level, None)
            return ""
        notation, start = attribute(bullet, "type") or "", attribute(bullet, "startAt") or ""
        last_notation, count = self._counts.get(level, ("", 0))
        if last_notation == notation:
            count += 1
        else:
            count = int(start) if start.isdigit() else 1
        self._counts[level] = (notation, count)
        return _formatted(notation, count)


def _formatted(notation: str, count: int) -> str:
    """Return a count in a notation such as `alphaLcParenR` (ISO/IEC 29500-1, 20.1.10.61)."""
    kind = next((word for word in _NOTATIONS if notation.startswith(word)), "")
    figure = in_notation(_NOTATIONS.get(kind, ""), count)
    figure = figure.upper() if "Uc" in notation else figure
    if notation.endswith("ParenBoth"):
        return f"({figure})"
    if notation.endswith("ParenR"):
        return f"{figure})"
    return f"{figure}." if notation.endswith("Period") else figure
