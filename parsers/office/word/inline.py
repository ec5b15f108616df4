"""Read the text of a Word paragraph, and what is anchored in it.

Anchored are notes, comments, text boxes, pictures and page breaks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from vouch.parsers.common.links import Linked, LinkedTextBuilder
from vouch.parsers.common.xml.tree import Xml, attribute, child, is_on, name_of
from vouch.parsers.office.omml import formula
from vouch.parsers.office.pictures import ShownPicture
from vouch.parsers.office.symbol_fonts import has_own_letters, symbol, symbols
from vouch.parsers.office.word.fields import Fields, Hyperlink, form_field
from vouch.parsers.office.word.pictures import shown_picture
from vouch.parsers.office.word.styles import Styles
from vouch.schemas.documents.records import LeftOutKind

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
_WATERMARK = "watermark"  # in the id that Word gives to the shape of one
_DRAWINGS = {"drawing", "pict", "object"}


@dataclass(frozen=True, slots=True)
class Context:
    """What the text of a paragraph depends on: styles, fields, and the labels of notes.

    `leave_out` counts what is no part of the text.
    """

    styles: Styles
    fields: Fields
    labels: Mapping[NoteKey, str]
    leave_out: Callable[[LeftOutKind, str], None]


@dataclass(slots=True)
class Inline:
    """The content of a paragraph or cell.

    Page breaks are counted before and after the first character. `graphics` are relationship ids
    of charts and diagrams, `drawings` the descriptions of pictures and the pictures, in order.
    """

    context: Context
    notes: list[NoteKey] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[Xml] = field(default_factory=list)
    drawings: list[str | ShownPicture] = field(default_factory=list)
    graphics: list[str] = field(default_factory=list)
    breaks_before: int = 0
    breaks_after: int = 0
    style_hides: bool = False  # that of the paragraph being read
    _pieces: LinkedTextBuilder = field(default_factory=LinkedTextBuilder)
    _link: Hyperlink | None = None
    _is_blank: bool = True

    @property
    def pictures(self) -> list[str]:
        """The descriptions of pictures."""
        return [drawing for drawing in self.drawings if isinstance(drawing, str)]

    def add(self, text: str, link: Hyperlink | None = None) -> None:
        """Append a piece of text; pieces of one link in a row are one link."""
        if link is not self._link:
            self._pieces.close()
            self._pieces.open(link.target if link else None)
            self._link = link
        self._pieces.add(text)
        self._is_blank = self._is_blank and not text.strip()

    def take(self) -> Linked:
        """Return the text so far, and begin with none again."""
        self._pieces.close()
        self._link, self._is_blank = None, True
        return self._pieces.take()

    def page_break(self) -> None:
        if self._is_blank:
            self.breaks_before += 1
        else:
            self.breaks_after += 1


def joined(paragraphs: Iterable[Xml], context: Context) -> Iterator[tuple[Xml, Inline]]:
    """Yield paragraphs with their content; one that continues includes the next."""
    inline, last = Inline(context), None
    for last in paragraphs:
        read_paragraph(last, inline)
        if not continues(last):
            yield last, inline
            inline = Inline(context)
    if last is not None and continues(last):
        yield last, inline


def continues(paragraph: Xml) -> bool:
    """Return whether a paragraph is one with the next.

    A tracked change deletes the mark between them, or the first is only the drop cap of the other.
    """
    properties = child(paragraph, "pPr")
    mark = child(properties, "rPr")
    if child(mark, "del") is not None or child(mark, "moveFrom") is not None:
        return True
    return attribute(child(properties, "framePr"), "dropCap") in ("drop", "margin")


def is_mark_hidden(paragraph: Xml) -> bool:
    """Return whether the end of a paragraph is hidden, and with it the number of an empty one."""
    return is_on(child(paragraph, "pPr", "rPr", "vanish"))


def read_paragraph(paragraph: Xml, inline: Inline) -> None:
    """Add the content of a paragraph to `inline`."""
    inline.style_hides = inline.context.styles.hides(paragraph)
    _read(paragraph, inline, None)


def _read(element: Xml, inline: Inline, link: Hyperlink | None) -> None:
    """Add the content of a paragraph, run or hyperlink, which is in `link`."""
    for node in element:
        name = name_of(node)
        if name == "r" and inline.context.styles.hides_run(node, is_hidden=inline.style_hides):
            inline.context.leave_out(LeftOutKind.HIDDEN, _words(node, "t"))
        elif name in _SKIPPED:
            if name == "ruby":
                _read_child(node, "rubyBase", inline, link)
            elif name == "del":
                inline.context.leave_out(LeftOutKind.DELETED, _words(node, "delText", "t"))
        elif name in _DRAWINGS:
            _read_drawing(node, inline)
        elif name == "AlternateContent":  # the same content in a new and an old notation
            has_choice = child(node, "Choice") is not None
            _read_child(node, "Choice" if has_choice else "Fallback", inline, link)
        elif name in {"oMath", "oMathPara"}:
            inline.add(f" {formula(node)} ", link)
        elif not _read_leaf(node, name, inline, inline.context.fields.links.get(node, link)):
            _read(node, inline, inline.context.fields.links.get(node, link))


def _words(element: Xml, *names: str) -> str:
    return "".join(node.text or "" for node in element.iter() if name_of(node) in names)


def _read_child(element: Xml, name: str, inline: Inline, link: Hyperlink | None) -> None:
    node = child(element, name)
    if node is not None:
        _read(node, inline, link)


def _read_leaf(node: Xml, name: str, inline: Inline, link: Hyperlink | None) -> bool:
    """Read an element that contains no others; return False for any other element."""
    match name:
        case _ if node in inline.context.fields.hidden:
            pass
        case "t":
            inline.add(_shown(node), link)
        case "tab" | "ptab":
            inline.add("\t", link)
        case "br" | "cr":
            inline.add("\n", link)
        case "noBreakHyphen":
            inline.add("-", link)
        case "sym":
            number = _hexadecimal(attribute(node, "char") or "")
            inline.add(symbol(number, attribute(node, "font")) if number else "", link)
        case "ffData":
            inline.add(form_field(node), link)
        case "lastRenderedPageBreak":
            inline.page_break()
        case "footnoteReference" | "endnoteReference":
            key = (name.removesuffix("Reference"), attribute(node, "id") or "")
            if key in inline.context.labels:
                inline.notes.append(key)
                inline.add(inline.context.labels[key], link)
        case "commentReference":
            inline.comments.append(attribute(node, "id") or "")
        case _:
            return False
    return True


def _shown(node: Xml) -> str:
    """Return a piece of text, which a symbol font shows as other characters."""
    text = node.text or ""
    fonts = child(node.getparent(), "rPr", "rFonts")
    if fonts is None:
        return text
    font = attribute(fonts, "ascii") or attribute(fonts, "hAnsi")
    return symbols(text, font) if has_own_letters(font) else text


def _hexadecimal(digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        return 0


def _read_drawing(element: Xml, inline: Inline) -> None:
    """Collect text boxes, descriptions of pictures, charts and diagrams.

    Text boxes inside a text box belong to its own text, and are not collected here.
    """
    for node in element:
        name = name_of(node)
        if name == "txbxContent":
            inline.boxes.append(node)
        elif name == "textpath":
            _read_word_art(node, inline)
        elif name == "AlternateContent":
            choice = child(node, "Choice")
            _read_drawing(choice if choice is not None else node, inline)
        elif name in {"blip", "imagedata"}:
            if (shown := shown_picture(node)) is not None:
                inline.drawings.append(shown)
        elif name in {"chart", "relIds"}:
            inline.graphics.append(attribute(node, "id" if name == "chart" else "dm") or "")
        else:
            description = attribute(node, "descr") if name in {"docPr", "cNvPr"} else None
            # The drawing and the picture in it carry the same description.
            if description and description not in inline.pictures:
                link = inline.context.fields.links.get(node)
                inline.drawings.append(_linked(description, link))
            _read_drawing(node, inline)


def _read_word_art(path: Xml, inline: Inline) -> None:
    """Read a text in the form of a drawing; behind the text it is a watermark."""
    text = attribute(path, "string") or ""
    shape = path.getparent()
    if _WATERMARK in (attribute(shape, "id") or "").lower():
        inline.context.leave_out(LeftOutKind.WATERMARK, text)
    elif text:
        inline.drawings.append(text)


def _linked(text: str, link: Hyperlink | None) -> Linked:
    return Linked(text, [(0, len(text), link.target)] if link else ())
