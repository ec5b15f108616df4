"""The running text of a Word paragraph, and what hangs on it: notes, comments, text boxes, pictures, page breaks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from vouch.parsers.common.xml_tree import Xml, attribute, child, is_on, name_of
from vouch.parsers.office.omml import formula

NoteKey: TypeAlias = tuple[str, str]
"""`footnote` or `endnote`, and its id."""
# Deleted and moved-away text, field instructions, properties, and the markers around ranges.
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
    """What one paragraph (or cell) says. Page breaks are counted before and after its first character."""

    labels: Mapping[NoteKey, str]
    parts: list[str] = field(default_factory=list)
    notes: list[NoteKey] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[Xml] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    graphics: list[str] = field(
        default_factory=list
    )  # charts and diagrams, as ids of relationships
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
    """Each paragraph and what it says; one whose end is deleted goes on in the next."""
    inline, last = Inline(labels), None
    for last in paragraphs:
        read_inline(last, inline)
        if not end_is_deleted(last):
            yield last, inline
            inline = Inline(labels)
    if last is not None and end_is_deleted(last):
        yield last, inline


def end_is_deleted(paragraph: Xml) -> bool:
    """Does a tracked change take a paragraph's end away, so that it and the next become one?"""
    mark = child(paragraph, "pPr", "rPr")
    return child(mark, "del") is not None or child(mark, "moveFrom") is not None


def read_inline(element: Xml, inline: Inline) -> None:
    """Add the content of a paragraph, run or hyperlink to `inline`."""
    for one in element:
        name = name_of(one)
        if name in _SKIPPED or (name == "r" and is_on(child(one, "rPr", "vanish"))):
            if name == "ruby":  # the base text without the reading above it
                _read_child(one, "rubyBase", inline)
        elif name in _DRAWINGS:
            _read_drawing(one, inline)
        elif name == "AlternateContent":  # the same thing in a new and an old notation
            _read_child(one, "Choice" if child(one, "Choice") is not None else "Fallback", inline)
        elif name in {"oMath", "oMathPara"}:
            inline.parts.append(f" {formula(one).strip()} ")
        elif not _read_mark(one, name, inline):
            read_inline(one, inline)


def _read_child(element: Xml, name: str, inline: Inline) -> None:
    found = child(element, name)
    if found is not None:
        read_inline(found, inline)


def _read_mark(one: Xml, name: str, inline: Inline) -> bool:
    """Read an element that holds no others; False where it is not one of these."""
    match name:
        case "t":
            inline.parts.append(one.text or "")
        case "tab" | "ptab":
            inline.parts.append("\t")
        case "br" | "cr":
            inline.parts.append("\n")
        case "noBreakHyphen":
            inline.parts.append("-")
        case "sym":
            inline.parts.append(_symbol(attribute(one, "char") or ""))
        case "lastRenderedPageBreak":
            inline.page_break()
        case "footnoteReference" | "endnoteReference":
            kind = name.removesuffix("Reference")
            _read_note((kind, attribute(one, "id") or ""), inline)
        case "commentReference":
            inline.comments.append(attribute(one, "id") or "")
        case _:
            return False
    return True


def _read_note(key: NoteKey, inline: Inline) -> None:
    if key in inline.labels:
        inline.notes.append(key)
        inline.parts.append(inline.labels[key])


def _symbol(code: str) -> str:
    """A character of a symbol font; those have no meaning of their own past the private-use border."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return chr(number) if 31 < number < 0xD800 else ""


def _read_drawing(element: Xml, inline: Inline) -> None:
    """Text boxes (not those inside others), what pictures are said to show, charts and diagrams."""
    for one in element:
        name = name_of(one)
        if name == "txbxContent":
            inline.boxes.append(one)
        elif name == "AlternateContent":
            chosen = child(one, "Choice")
            _read_drawing(chosen if chosen is not None else one, inline)
        elif name in {"chart", "relIds"}:
            inline.graphics.append(attribute(one, "id" if name == "chart" else "dm") or "")
        else:
            description = attribute(one, "descr") if name in {"docPr", "cNvPr"} else None
            if description and description not in inline.pictures:
                inline.pictures.append(description)
            _read_drawing(one, inline)
