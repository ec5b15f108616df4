"""Text frames of PowerPoint: which paragraphs are list items."""

from pptx.text.text import TextFrame, _Paragraph

from parsers.builder import DocumentBuilder
from parsers.bullets import without_bullet
from parsers.docx_math import formula
from parsers.ooxml import Xml, child, name_of


def add_text(builder: DocumentBuilder, frame: TextFrame, *, bulleted: bool) -> None:
    """Paragraphs and list items of a frame; `bulleted` says what its paragraphs are that say nothing themselves."""
    for paragraph in frame.paragraphs:
        text = text_of(paragraph)
        item = text if _has_bullet(paragraph, bulleted) else without_bullet(text)
        if item is None:
            builder.paragraph(text)
        else:
            builder.list_item(item, paragraph.level)


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


def _has_bullet(paragraph: _Paragraph, inherited: bool) -> bool:
    properties = child(paragraph._p, "pPr")
    own = set(map(name_of, properties)) if properties is not None else set()
    if "buNone" in own:
        return False
    return inherited or bool(own & {"buChar", "buAutoNum", "buBlip"})
