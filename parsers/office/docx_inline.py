"""Read the text of a Word paragraph, and what is anchored in it.

Anchored are notes, comments, text boxes, pictures and page breaks.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from vouch.parsers.common.xml_tree import Xml, attribute, child, is_on, name_of
from vouch.parsers.office.omml import formula

NoteKey: TypeAlias = tuple[str, str]
"""`footnote` or `endnote`, and its id."""
# Deleted and moved-away text, field instructions, properties, and the reading above a ruby text.
_SKIPPED = {
    "del",
    "moveFrom",
    "delText",
    "instrText",
    "delInstrText",
    "pPr",
    "rPr",
    "sdtPr",
    "ruby",
    "rt",
}
_DRAWINGS = {"drawing", "pict", "object"}


@dataclass(slots=True)
class Inline:
    """The content of a paragraph or cell.

    `labels` are those that stand for notes in the text. Page breaks are counted before and after
    the first character. `graphics` are relationship ids of charts and diagrams.
    """

    labels: Mapping[NoteKey, str]
    parts: list[str] = field(default_factory=list)
    notes: list[NoteKey] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[Xml] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    graphics: list[str] = field(default_factory=list)
    breaks_before: int = 0
    breaks_after: int = 0

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def page_break(self) -> None:
        if self.text.strip():
            self.breaks_after += 1
        else:
            self.breaks_before += 1


def joined(
    paragraphs: Iterable[Xml], labels: Mapping[NoteKey, str]
) -> Iterator[tuple[Xml, Inline]]:
    """Yield paragraphs with their content; one with a deleted end includes the next."""
    inline, last = Inline(labels), None
    for last in paragraphs:
        read_inline(last, inline)
        if not end_is_deleted(last):
            yield last, inline
            inline = Inline(labels)
    if last is not None and end_is_deleted(last):
        yield last, inline


def end_is_deleted(paragraph: Xml) -> bool:
    """Return whether a tracked change deletes the paragraph mark, which joins it to the next."""
    mark = child(paragraph, "pPr", "rPr")
    return child(mark, "del") is not None or child(mark, "moveFrom") is not None


def read_inline(element: Xml, inline: Inline) -> None:
    """Add the content of a paragraph, run or hyperlink to `inline`."""
    for node in element:
        name = name_of(node)
        if name in _SKIPPED or (name == "r" and is_on(child(node, "rPr", "vanish"))):
            if name == "ruby":
                _read_child(node, "rubyBase", inline)
        elif name in _DRAWINGS:
            _read_drawing(node, inline)
        elif name == "AlternateContent":  # the same content in a new and an old notation
            has_choice = child(node, "Choice") is not None
            _read_child(node, "Choice" if has_choice else "Fallback", inline)
        elif name in {"oMath", "oMathPara"}:
            inline.parts.append(f" {formula(node).strip()} ")
        elif not _read_leaf(node, name, inline):
            read_inline(node, inline)


def _read_child(element: Xml, name: str, inline: Inline) -> None:
    node = child(element, name)
    if node is not None:
        read_inline(node, inline)


def _read_leaf(node: Xml, name: str, inline: Inline) -> bool:
    """Read an element that contains no others; return False for any other element."""
    match name:
        case "t":
            inline.parts.append(node.text or "")
        case "tab" | "ptab":
            inline.parts.append("\t")
        case "br" | "cr":
            inline.parts.append("\n")
        case "noBreakHyphen":
            inline.parts.append("-")
        case "sym":
            inline.parts.append(_symbol(attribute(node, "char") or ""))
        case "lastRenderedPageBreak":
            inline.page_break()
        case "footnoteReference" | "endnoteReference":
            key = (name.removesuffix("Reference"), attribute(node, "id") or "")
            if key in inline.labels:
                inline.notes.append(key)
                inline.parts.append(inline.labels[key])
        case "commentReference":
            inline.comments.append(attribute(node, "id") or "")
        case _:
            return False
    return True


def _symbol(code: str) -> str:
    """Return a character of a symbol font, empty where only the font gives it a meaning.

    Symbol fonts map their own characters to the private-use area from U+F000.
    """
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return chr(number) if 31 < number < 0xD800 else ""


def _read_drawing(element: Xml, inline: Inline) -> None:
    """Collect text boxes, descriptions of pictures, charts and diagrams.

    Text boxes inside a text box belong to its own text, and are not collected here.
    """
    for node in element:
        name = name_of(node)
        if name == "txbxContent":
            inline.boxes.append(node)
        elif name == "AlternateContent":
            choice = child(node, "Choice")
            _read_drawing(choice if choice is not None else node, inline)
        elif name in {"chart", "relIds"}:
            inline.graphics.append(attribute(node, "id" if name == "chart" else "dm") or "")
        else:
            description = attribute(node, "descr") if name in {"docPr", "cNvPr"} else None
            # The drawing and the picture in it carry the same description.
            if description and description not in inline.pictures:
                inline.pictures.append(description)
            _read_drawing(node, inline)
