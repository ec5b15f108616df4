"""Parse OpenDocument presentations and drawings (.odp, .odg): a page per slide, its title first."""

from collections.abc import Iterator
from dataclasses import replace

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import join_linked, on_one_line
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, child
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.office.odf_lists import ListNumbers, ListStyles, is_item, style_of
from vouch.parsers.office.opendocument import (
    ANNOTATION,
    DRAW,
    PRESENTATION,
    STYLE,
    SVG,
    TABLE,
    TEXT,
    XLINK,
    OpenDocument,
    comment_of,
    paragraph_text,
)
from vouch.parsers.office.sheets.ods import rows_of
from vouch.parsers.office.sheets.tables import tables
from vouch.parsers.office.sheets.writer import add_tables
from vouch.schemas.documents.records import Document

_CLASS = f"{PRESENTATION}class"
_MARGINS = {"header", "footer", "date-time", "page-number"}
_PARAGRAPHS = {f"{TEXT}p", f"{TEXT}h"}
_FALLBACKS = {f"{DRAW}image", f"{DRAW}object-ole", f"{DRAW}plugin"}


def parse(data: bytes, hint: Hint) -> Document:
    """Return slides with lists, tables, charts, picture descriptions, notes and comments.

    Hidden slides are read too; `hidden_slides` of the metadata lists them. Raises
    `DocumentRejected`.
    """
    with contained("OpenDocument presentation"):
        document = OpenDocument(data)
        metadata = document.metadata()
        root = document.tree()
        hidden_styles = {
            style.get(f"{STYLE}name")
            for style in root.iter(f"{STYLE}style")
            if any(node.get(f"{PRESENTATION}visibility") == "hidden" for node in style)
        }
        builder = DocumentBuilder()
        lists = ListStyles(document.part("styles.xml"), root)
        hidden = []
        for number, page in enumerate(_pages(root), start=1):
            builder.page = number
            # A slide without a title does not belong under the title of the previous slide.
            builder.end_sections()
            _Slide(builder, document, lists).add(page)
            hidden += [number] if page.get(f"{DRAW}style-name") in hidden_styles else []
        document.add_damage(builder)
    if hidden:
        metadata = replace(metadata, extra=(*metadata.extra, ("hidden_slides", tuple(hidden))))
    return builder.build(metadata)


def _pages(root: Xml) -> Iterator[Xml]:
    body = child(root, "body")
    return iter(()) if body is None else body.iter(f"{DRAW}page")


class _Slide:
    """Writes a slide into a builder: its title, its shapes, then its notes and comments."""

    def __init__(self, builder: DocumentBuilder, document: OpenDocument, lists: ListStyles) -> None:
        self._builder = builder
        self._document = document
        self._lists = lists

    def add(self, page: Xml) -> None:
        title = next((shape for shape in page if shape.get(_CLASS) == "title"), None)
        if title is not None:
            lines = (on_one_line(paragraph_text(node)) for node in title.iter(*_PARAGRAPHS))
            self._builder.title(join_linked(filter(None, lines), " "))
        for shape in page:
            if shape is not title and shape.tag not in (ANNOTATION, f"{PRESENTATION}notes"):
                self._add_shape(shape)
        for notes in page.iterchildren(f"{PRESENTATION}notes"):
            self._add_notes(notes)
        for annotation in page.iterchildren(ANNOTATION):
            author, text = comment_of(annotation)
            self._builder.paragraph(f"Comment ({author}): {text}" if text else "")

    def _add_shape(self, shape: Xml) -> None:
        """Add a shape, a frame, or the shapes of a group."""
        kind = shape.get(_CLASS)
        if kind in _MARGINS:
            texts = (one_line(paragraph_text(node)) for node in shape.iter(*_PARAGRAPHS))
            self._builder.footer(" ".join(filter(None, texts)) if kind != "page-number" else "")
            return
        parts = list(shape)
        # A frame may hold a chart or a table and, for programs that do not know it, its picture.
        if any(part.tag in (f"{DRAW}object", f"{TABLE}table") for part in parts):
            parts = [part for part in parts if part.tag not in _FALLBACKS]
        numbers = ListNumbers(self._lists)
        for part in parts:
            if part.tag in _PARAGRAPHS:
                numbers.paragraph()
                self._builder.paragraph(paragraph_text(part))
            elif part.tag == f"{TEXT}list":
                self._add_list(part, 0, numbers)
            elif part.tag == f"{TABLE}table":
                self._add_table(part)
            elif part.tag == f"{DRAW}object":
                self._add_object(part)
            elif part.tag in (f"{SVG}title", f"{SVG}desc"):
                self._builder.paragraph(one_line(part.text or ""))
            elif str(part.tag).startswith(DRAW):
                self._add_shape(part)

    def _add_list(self, items: Xml, depth: int, numbers: ListNumbers, inherited: str = "") -> None:
        style = style_of(items, inherited)
        for item in items:
            is_first = True
            for part in item:
                if part.tag == f"{TEXT}list":
                    self._add_list(part, depth + 1, numbers, style)
                elif part.tag in _PARAGRAPHS and is_first and is_item(item):
                    if text := on_one_line(paragraph_text(part)):
                        self._builder.list_item(text, depth, numbers.label(item, style, depth))
                    is_first = False
                elif part.tag in _PARAGRAPHS:
                    self._builder.paragraph(paragraph_text(part))

    def _add_table(self, table: Xml) -> None:
        rows = rows_of(table)
        add_tables(self._builder, tables(rows.padded(), rows.merges))

    def _add_object(self, part: Xml) -> None:
        """Add the title and the data of an embedded chart, or the cells of an embedded sheet."""
        root = self._document.embedded(part.get(f"{XLINK}href", ""))
        body = part if root is None else root
        for title in body.iter("{urn:oasis:names:tc:opendocument:xmlns:chart:1.0}title"):
            self._builder.paragraph(one_line(" ".join(map(str, title.itertext()))))
        for table in body.iter(f"{TABLE}table"):
            self._add_table(table)

    def _add_notes(self, notes: Xml) -> None:
        """Add the speaker notes, with a prefix that distinguishes them from the slide's text."""
        for frame in notes:
            if frame.get(_CLASS) == "notes":
                lines = [paragraph_text(node) for node in frame.iter(*_PARAGRAPHS)]
                for number, line in enumerate(filter(str.strip, lines)):
                    self._builder.paragraph(line if number else join_linked(["Notes: ", line]))
