"""Word documents (.docx), read from their XML.

Pages are known only where Word has noted its own page breaks while saving; without those notes `page` stays None,
because a count of hard breaks alone would name wrong pages.
"""

from collections.abc import Iterator

from parsers.base import Hint
from parsers.builder import DocumentBuilder
from parsers.bullets import without_bullet
from parsers.clean import one_line
from parsers.containers import contained, open_office
from parsers.docx_inline import Inline, NoteKey, read_inline
from parsers.docx_numbering import Numbering
from parsers.docx_styles import Role, Styles
from parsers.docx_table import grid, header_rows, single_cell
from parsers.ooxml import Package, Xml, attribute, child, core_metadata, name_of
from schemas.errors import DocumentRejected
from schemas.records import Document, Reason

_DEFAULT_MAIN_PART = "word/document.xml"
# What only wraps other blocks: content controls, tracked insertions, custom markup.
_WRAPPERS = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "body", "Choice"}


def parse(data: bytes, hint: Hint) -> Document:
    """Headings, paragraphs, lists and tables in order, notes and comments where they are referred to."""
    with open_office(data, "Word (.docx)") as archive, contained("Word"):
        package = Package(archive)
        main = next(iter(package.related("", "officeDocument")), _DEFAULT_MAIN_PART)
        root = package.xml(main)
        body = child(root, "body")
        if root is None or body is None:
            raise DocumentRejected(Reason.MALFORMED, "the Word file holds no document part")
        builder = DocumentBuilder()
        _Reader(builder, package, main, root).read(body)
        return builder.build(core_metadata(package))


class _Reader:
    """Walks a document's blocks into a builder."""

    def __init__(self, builder: DocumentBuilder, package: Package, main: str, root: Xml) -> None:
        self._builder = builder
        self._styles = Styles(_related_xml(package, main, "styles"))
        self._numbering = Numbering(_related_xml(package, main, "numbering"))
        self._notes = _notes(package, main)
        self._labels = _labels(self._notes)
        self._comments = _by_id(_related_xml(package, main, "comments"), "comment")
        self._headers = _margins(package, main, root, "header")
        self._footers = _margins(package, main, root, "footer")
        if next((one for one in root.iter() if name_of(one) == "lastRenderedPageBreak"), None) is not None:
            builder.page = 1

    def read(self, body: Xml) -> None:
        for header in self._headers:
            self._builder.header(self._plain(header))
        self._blocks(body)
        for footer in self._footers:
            self._builder.footer(self._plain(footer))

    def _blocks(self, container: Xml) -> None:
        for block in container:
            match name_of(block):
                case "p":
                    self._paragraph(block)
                case "tbl":
                    self._table(block)
                case "AlternateContent":
                    self._blocks(block)
                case name if name in _WRAPPERS:
                    self._blocks(block)

    def _paragraph(self, paragraph: Xml) -> None:
        inline = Inline(self._labels)
        read_inline(paragraph, inline)
        self._turn_pages(inline.breaks_before)
        if inline.text.strip():
            self._write(inline.text, self._styles.role(paragraph))
        self._hangers_on(inline)
        self._turn_pages(inline.breaks_after)

    def _write(self, text: str, role: Role) -> None:
        label = self._numbering.label(role.number_id, role.list_depth or 0) if role.number_id else ""
        text = f"{label} {text.lstrip()}" if label else text
        if role.is_contents:
            self._builder.header(text)
        elif role.title_level is not None:
            self._builder.title(text, role.title_level)
        elif role.list_depth is not None:
            self._builder.list_item(text, role.list_depth)
        elif (item := without_bullet(text)) is not None:
            self._builder.list_item(item)
        else:
            self._builder.paragraph(text)

    def _table(self, table: Xml) -> None:
        if (cell := single_cell(table)) is not None:  # a frame around text
            self._blocks(cell)
            return
        inlines: list[Inline] = []
        rows = [[self._cell(cell, inlines) for cell in row] for row in grid(table)]
        self._turn_pages(sum(one.breaks_before for one in inlines[:1]))
        self._builder.table(rows, header_rows=header_rows(table))
        for inline in inlines:
            self._hangers_on(inline, pictures=False)
        self._turn_pages(sum(one.breaks_before for one in inlines[1:]) + sum(one.breaks_after for one in inlines))

    def _cell(self, cell: Xml | None, inlines: list[Inline]) -> str:
        """All text of a cell, that of tables in it included; None is a place that a merged cell covers."""
        if cell is None:
            return ""
        texts = []
        for paragraph in _paragraphs(cell):
            inline = Inline(self._labels)
            read_inline(paragraph, inline)
            inlines.append(inline)
            texts += [inline.text, *inline.pictures]
        return " ".join(one for one in map(one_line, texts) if one)

    def _hangers_on(self, inline: Inline, *, pictures: bool = True) -> None:
        for box in inline.boxes:
            self._blocks(box)
        for description in inline.pictures if pictures else ():
            self._builder.paragraph(one_line(description))
        for key in inline.notes:
            self._builder.paragraph(f"{self._labels[key]} {one_line(self._plain(self._notes[key]))}")
        for comment in (self._comments[one] for one in inline.comments if one in self._comments):
            author = attribute(comment, "author") or "unknown"
            self._builder.paragraph(f"Comment ({author}): {one_line(self._plain(comment))}")

    def _plain(self, container: Xml) -> str:
        """The paragraphs of a note, comment or page margin as lines."""
        lines = []
        for paragraph in _paragraphs(container):
            inline = Inline({})
            read_inline(paragraph, inline)
            lines += [inline.text, *inline.pictures, *map(self._plain, inline.boxes)]
        return "\n".join(line for line in map(one_line, lines) if line)

    def _turn_pages(self, count: int) -> None:
        if self._builder.page is not None:
            self._builder.page += count


def _related_xml(package: Package, main: str, kind: str) -> Xml | None:
    parts = package.related(main, kind)
    return package.xml(parts[0]) if parts else None


def _by_id(root: Xml | None, name: str) -> dict[str, Xml]:
    found = [one for one in root if name_of(one) == name] if root is not None else []
    return {attribute(one, "id") or "": one for one in found}


def _notes(package: Package, main: str) -> dict[NoteKey, Xml]:
    """Footnotes and endnotes, without the lines that part them from the text."""
    found = {}
    for kind in ("footnote", "endnote"):
        notes = _by_id(_related_xml(package, main, f"{kind}s"), kind)
        found.update({(kind, key): note for key, note in notes.items() if attribute(note, "type") in {None, "normal"}})
    return found


def _labels(notes: dict[NoteKey, Xml]) -> dict[NoteKey, str]:
    """Footnotes are counted [1], [2], endnotes [e1], [e2], as they come."""
    feet = [key for key in notes if key[0] == "footnote"]
    ends = [key for key in notes if key[0] == "endnote"]
    numbered = {key: f"[{number}]" for number, key in enumerate(feet, start=1)}
    return numbered | {key: f"[e{number}]" for number, key in enumerate(ends, start=1)}


def _margins(package: Package, main: str, root: Xml, kind: str) -> list[Xml]:
    """The page headers (or footers) that sections refer to, each text once."""
    targets = package.relationships(main)
    ids = (attribute(one, "id") or "" for one in root.iter() if name_of(one) == f"{kind}Reference")
    parts = dict.fromkeys(targets[one][1] for one in ids if one in targets)
    roots = [found for found in map(package.xml, parts) if found is not None]
    return list({one_line("".join(map(str, found.itertext()))): found for found in roots}.values())


def _paragraphs(container: Xml) -> Iterator[Xml]:
    """Paragraphs at any depth of tables and wrappers, without those in the text boxes of others."""
    for one in container:
        if name_of(one) == "p":
            yield one
        elif name_of(one) != "Fallback":
            yield from _paragraphs(one)
