"""Parse Word documents (.docx) from their XML, as they read once tracked changes are accepted.

Pages are known only where Word noted its own page breaks when it saved the file. Without those
notes `page` stays None, because a count of hard page breaks alone would be wrong.
"""

from collections import Counter
from dataclasses import replace
from functools import partial

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import base_name, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.common.links import Linked, join_linked, linked_from, on_one_line
from vouch.parsers.common.merged_cells import filled_down
from vouch.parsers.common.ocr.figures import FigureReader
from vouch.parsers.common.table_headers import rows_above_columns_of_figures
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, attribute, child, name_of
from vouch.parsers.common.zip_safety import contained, open_office
from vouch.parsers.office.charts import add_chart, diagram_texts
from vouch.parsers.office.ooxml_package import Package, add_damage, core_metadata
from vouch.parsers.office.pictures import OfficeFigures, ShownPicture
from vouch.parsers.office.word.inline import (
    Context,
    Inline,
    continues,
    is_mark_hidden,
    joined,
    read_paragraph,
)
from vouch.parsers.office.word.notes import (
    Parts,
    comments,
    labels,
    margins,
    notes,
    unanchored_comments,
)
from vouch.parsers.office.word.numbering import Numbering
from vouch.parsers.office.word.styles import Role, Styles
from vouch.parsers.office.word.table import (
    grid,
    has_section,
    header_rows,
    paragraphs,
    rows_left_out,
    single_cell,
)
from vouch.schemas.documents.records import Attachment, Document, LeftOutKind, Reason
from vouch.schemas.errors import DocumentRejected

_DEFAULT_MAIN_PART = "word/document.xml"
# Elements that only wrap other blocks: content controls, tracked insertions, custom markup. Deleted
# blocks are left out, as is `Fallback`, the content of `Choice` in an older notation.
_WRAPPERS = {
    "sdt",
    "sdtContent",
    "ins",
    "moveTo",
    "customXml",
    "smartTag",
    "body",
    "Choice",
    "AlternateContent",
}


def parse(data: bytes, hint: Hint) -> Document:
    """Return headings, paragraphs, lists and tables in order, notes at their references.

    Raises `DocumentRejected`: encrypted, malformed or unsafe.
    """
    with open_office(data, "Word (.docx)") as archive, contained("Word"):
        package = Package(archive)
        # Some writers leave out the relationships of the package.
        main = next(iter(package.related("", "officeDocument")), _DEFAULT_MAIN_PART)
        root = package.xml(main)
        body = child(root, "body")
        if root is None or body is None:
            raise DocumentRejected(Reason.MALFORMED, "the Word file holds no document part")
        builder = DocumentBuilder()
        figures = FigureReader(hint, builder.leave_out)
        reader = _Reader(builder, package, main, root, figures)
        reader.read(body)
        metadata = core_metadata(package)
        metadata = metadata if metadata.title else replace(metadata, title=reader.title)
        metadata = replace(metadata, extra=(*metadata.extra, *figures.metadata_entries))
        add_damage(builder, package)
        document = builder.build(metadata, with_unique_names(reader.attachments))
        return replace(document, read_by="docx_figures" if figures.has_figures else "")


class _Reader:
    """Walks the blocks of a document into a builder.

    After `read`, `title` is the text in the Title style, and `attachments` are the files that the
    document includes.
    """

    def __init__(
        self,
        builder: DocumentBuilder,
        package: Package,
        main: str,
        root: Xml,
        figures: FigureReader,
    ) -> None:
        self._builder = builder
        self._package = package
        self._targets = package.relationships(main)
        self._figures = OfficeFigures(figures, self._places(root))
        self._parts = Parts(package, main)
        self._parts.fields.read(root, package.external_targets(main))
        self._styles = Styles(self._parts.of_kind("styles"))
        self._numbering = Numbering(self._parts.of_kind("numbering"))
        self._notes = notes(self._parts)
        self._labels = labels(self._notes, root)
        self._context = Context(self._styles, self._parts.fields, self._labels, builder.leave_out)
        self._comments = comments(self._parts)
        self._unanchored = list(unanchored_comments(self._comments, root))
        self._headers = margins(self._parts, root, "header")
        self._footers = margins(self._parts, root, "footer")
        self._open: tuple[Xml, Inline] | None = None  # a paragraph whose end is deleted
        self._code: list[Linked] = []
        self.title: str | None = None
        self.attachments: list[Attachment] = []
        # Without these notes no page is known: then `page` stays None.
        if next(root.iter("{*}lastRenderedPageBreak"), None) is not None:
            builder.page = 1

    def read(self, body: Xml) -> None:
        for header in self._headers:
            self._builder.header(self._plain(header))
        self._story(body)
        self._add_comments(self._unanchored)
        for footer in self._footers:
            self._builder.footer(self._plain(footer))

    def _story(self, container: Xml) -> None:
        """Read the blocks of a body, text box or frame; nothing continues past its end."""
        self._blocks(container)
        self._close_paragraph()
        self._close_code()

    def _blocks(self, container: Xml) -> None:
        for block in container:
            match name_of(block):
                case "p":
                    self._paragraph(block)
                case "tbl":
                    # A paragraph with a deleted end cannot continue in a table.
                    self._close_paragraph()
                    self._close_code()
                    self._table(block)
                case "altChunk":
                    self._attach(attribute(block, "id") or "")
                case name if name in _WRAPPERS:
                    self._blocks(block)

    def _attach(self, link: str) -> None:
        """Attach a file that Word would include when it opens the document, such as HTML."""
        name = base_name(self._targets[link][1]) if link in self._targets else ""
        if not name:
            return
        stem, _, suffix = name.rpartition(".")
        if suffix.lower() in ("mht", "mhtml"):
            name = f"{stem}.eml"  # a web archive is a MIME message (RFC 2557)
        if data := self._package.data_beside(self._targets[link][1]):
            self.attachments.append(Attachment(name, data))

    def _paragraph(self, paragraph: Xml) -> None:
        inline = self._open[1] if self._open else Inline(self._context)
        read_paragraph(paragraph, inline)
        self._open = (paragraph, inline)
        if not continues(paragraph):
            self._close_paragraph()

    def _close_paragraph(self) -> None:
        if self._open is None:
            return
        (paragraph, inline), self._open = self._open, None
        self._turn_pages(inline.breaks_before)
        role = self._styles.role(paragraph)
        if (text := inline.take()).strip():
            self._write(text, role)
        elif not is_mark_hidden(paragraph):
            self._label(role)  # an empty item is counted too
        self._add_anchored(inline)
        self._turn_pages(inline.breaks_after)

    def _write(self, text: Linked, role: Role) -> None:
        if role.is_code:
            self._code.append(text)
            return
        self._close_code()
        if role.is_contents:
            self._builder.header(text, LeftOutKind.REPEATED)
        elif role.title_level is not None:
            text = self._labelled(text, role)
            self._builder.title(text, role.title_level)
            self.title = self.title or (one_line(text) if role.names_document else None)
        elif role.list_depth is not None:
            marker = self._label(role)
            self._builder.list_item(text, self._depth(role), marker)
        elif (item := without_bullet(text)) is not None:
            self._builder.list_item(item)
        else:
            self._builder.paragraph(text)

    def _close_code(self) -> None:
        """Write the lines of code so far, which are paragraphs in Word, as one block."""
        lines, self._code = self._code, []
        self._builder.code(join_linked(lines, "\n"))

    def _labelled(self, text: Linked, role: Role) -> Linked:
        label = self._label(role)
        words = linked_from(text, len(text) - len(text.lstrip()))
        return join_linked([label, words], " ") if label else text

    def _label(self, role: Role) -> str:
        """Return the number of the next paragraph of a role, "" where it has none."""
        return self._numbering.label(role.number_id, self._depth(role)) if role.number_id else ""

    def _depth(self, role: Role) -> int:
        depth = self._numbering.depth_of_style(role.number_id or "", role.number_style)
        return (role.list_depth or 0) if depth is None else depth

    def _table(self, table: Xml) -> None:
        for row, kind in rows_left_out(table):
            self._builder.leave_out(kind, one_line(" ".join(map(str, row.itertext()))))
        if (frame := single_cell(table)) is not None:
            self._story(frame)
            return
        places = grid(table)
        cells = [cell for row in places.rows for cell in row if cell is not None]
        if any(has_section(cell, self._is_title) for cell in cells):
            for cell in cells:
                self._story(cell)
            return
        inlines: list[Inline] = []
        inner: list[Xml] = []
        rows = [[self._cell(cell, inlines, inner) for cell in row] for row in places.rows]
        # A break before the first text precedes the table; any other counts once it is over.
        self._turn_pages(sum(inline.breaks_before for inline in inlines[:1]))
        filled = filled_down(rows, places.merges)
        marked = header_rows(table, places.merges)
        self._builder.table(filled, marked or rows_above_columns_of_figures(filled))
        for inline in inlines:
            self._add_anchored(inline, is_in_cell=True)
        self._turn_pages(
            sum(inline.breaks_before for inline in inlines[1:])
            + sum(inline.breaks_after for inline in inlines)
        )
        for inner_table in inner:
            self._table(inner_table)

    def _is_title(self, paragraph: Xml) -> bool:
        return self._styles.role(paragraph).title_level is not None

    def _cell(self, cell: Xml | None, inlines: list[Inline], inner: list[Xml]) -> Linked:
        """Return the text of a cell, "" for a place that a merged cell covers.

        Tables in it that have rows and columns are added to `inner`.
        """
        texts: list[str] = []
        nodes = paragraphs(cell, inner) if cell is not None else ()
        for paragraph, inline in joined(nodes, self._context):
            inlines.append(inline)
            if (text := inline.take()).strip():
                texts.append(self._labelled(text, self._styles.role(paragraph)))
            texts += inline.pictures
        return join_linked(filter(None, map(on_one_line, texts)), " ")

    def _add_anchored(self, inline: Inline, *, is_in_cell: bool = False) -> None:
        """Add text boxes, pictures, graphics, notes and comments after their paragraph.

        What describes a picture in a cell is part of its text.
        """
        # They come after their line of code, and so after all the lines before it.
        if inline.boxes or inline.drawings or inline.graphics or inline.notes or inline.comments:
            self._close_code()
        for box in inline.boxes:
            self._story(box)
        for drawing in inline.drawings:
            if isinstance(drawing, ShownPicture):
                self._add_picture(drawing)
            elif not is_in_cell:
                self._builder.figure(on_one_line(drawing))
        for link in inline.graphics:
            self._add_graphic(self._parts.linked(link))
        for key in inline.notes:
            text = on_one_line(self._plain(self._notes[key]))
            self._builder.paragraph(join_linked([self._labels[key], text], " "))
        self._add_comments(inline.comments)

    def _places(self, root: Xml) -> Counter[str]:
        """Return how often each picture is shown, by its part."""
        links = (attribute(node, "embed") for node in root.iter("{*}blip"))
        return Counter(self._targets[link][1] for link in links if link in self._targets)

    def _add_picture(self, shown: ShownPicture) -> None:
        kind, part = self._targets.get(shown.part, ("", ""))
        if kind == "image" and self._package.has(part):
            data = partial(self._package.data_beside, part)
            self._builder.figure_read(self._figures.read(replace(shown, part=part), data))

    def _add_graphic(self, root: Xml | None) -> None:
        if root is not None and name_of(root) == "chartSpace":
            add_chart(self._builder, root)
        elif root is not None and name_of(root) == "dataModel":
            for text in diagram_texts(root):
                self._builder.list_item(text)

    def _add_comments(self, ids: list[str]) -> None:
        for comment in (self._comments[key] for key in ids if key in self._comments):
            author = attribute(comment, "author") or "unknown"
            text = on_one_line(self._plain(comment))
            self._builder.paragraph(join_linked([f"Comment ({author}):", text], " "))

    def _plain(self, container: Xml) -> Linked:
        """Return the paragraphs of a note, comment or page margin as lines."""
        lines: list[str] = []
        for _, inline in joined(paragraphs(container), replace(self._context, labels={})):
            lines += [inline.take(), *inline.pictures, *map(self._plain, inline.boxes)]
        return join_linked(filter(None, map(on_one_line, lines)), "\n")

    def _turn_pages(self, count: int) -> None:
        if self._builder.page is not None:
            self._builder.page += count
