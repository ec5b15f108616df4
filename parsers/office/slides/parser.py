"""Parse PowerPoint presentations (.pptx) with python-pptx: a page per slide, its title first."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.opc.package import PartFactory
from pptx.package import Package as PresentationPackage
from pptx.parts.presentation import PresentationPart
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide
from pptx.text.text import TextFrame

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import Linked, join_linked, on_one_line
from vouch.parsers.common.ocr.figures import FigureReader
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.package_entities import with_entities_filled_in
from vouch.parsers.common.xml.tree import Xml, child, name_of
from vouch.parsers.common.zip_safety import contained, open_office, open_zip
from vouch.parsers.office.ooxml_package import Package, add_damage, core_metadata
from vouch.parsers.office.pictures import OfficeFigures
from vouch.parsers.office.slides.comments import comments
from vouch.parsers.office.slides.frames import add_graphic, add_table
from vouch.parsers.office.slides.pictures import add_picture, is_picture, places
from vouch.parsers.office.slides.reading_order import in_reading_order
from vouch.parsers.office.slides.repair import without_damaged_parts
from vouch.parsers.office.slides.text import (
    AnyShape,
    add_text,
    click_target,
    list_styles,
    paragraph_texts,
)
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

# Characters. Longer titles are the slide's text, typed into the wrong placeholder.
MAX_TITLE = 200
# Which python-pptx does not know: the others are a presentation's in all but the name.
for _kind in ("slideshow", "template"):
    PartFactory.part_type_for.setdefault(
        f"application/vnd.ms-powerpoint.{_kind}.macroEnabled.main+xml", PresentationPart
    )
# Titles that programs write where the author gave none.
_DEFAULT_TITLES = {"powerpoint presentation", "presentation", "slide 1"}
# Relationships of a slide to parts with texts of it.
_TEXTS = ("notesSlide", "chart", "chartEx", "diagramData", "comments")
_MARGINS = {PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.DATE}
_BODIES = {
    PP_PLACEHOLDER.BODY,
    PP_PLACEHOLDER.OBJECT,
    PP_PLACEHOLDER.VERTICAL_BODY,
    PP_PLACEHOLDER.VERTICAL_OBJECT,
}


def parse(data: bytes, hint: Hint) -> Document:
    """Return slides with tables, charts, diagrams, picture descriptions, notes and comments.

    Hidden slides are read too, because decks keep reference material on them; `hidden_slides` of
    the metadata lists them. Raises `DocumentRejected`.
    """
    open_office(data, "PowerPoint (.pptx)").close()
    try:
        return _parse(data, {}, hint)
    except DocumentRejected as rejected:
        if rejected.reason != Reason.MALFORMED:
            raise
        repaired, damaged = without_damaged_parts(data)
        if not damaged:
            raise
        return _parse(repaired, damaged, hint)


def _parse(data: bytes, damaged: Mapping[str, DocumentRejected], hint: Hint) -> Document:
    builder = DocumentBuilder()
    reader = FigureReader(hint, builder.leave_out)
    hidden = []
    data = with_entities_filled_in(data)  # python-pptx leaves them out
    with open_zip(data) as archive, contained("PowerPoint"):
        package = Package(archive)
        metadata = core_metadata(package)
        slides = list(_slides(data))
        figures = OfficeFigures(reader, places(slide for _, slide in slides))
        for number, slide in slides:
            builder.page = number
            # A slide without a title does not belong under the title of the previous slide.
            builder.end_sections()
            _add_slide(builder, slide, figures)
            hidden += [number] if slide._element.get("show") in ("0", "false") else []
        _note_missing(package)
    package.damaged.update(damaged)
    for rejected in () if len(builder) else package.damaged.values():
        raise rejected
    add_damage(builder, package)
    if (metadata.title or "").lower() in _DEFAULT_TITLES:
        metadata = replace(metadata, title=None)
    if hidden:
        metadata = replace(metadata, extra=(*metadata.extra, ("hidden_slides", tuple(hidden))))
    metadata = replace(metadata, extra=(*metadata.extra, *reader.metadata_entries))
    return replace(builder.build(metadata), read_by="pptx_figures" if reader.has_figures else "")


def _note_missing(package: Package) -> None:
    """Note the missing parts with texts; python-pptx passes over them without a word."""
    main = next(iter(package.related("", "officeDocument")), "")
    slides = package.related(main, "slide")
    parts = [*slides, *(part for slide in slides for part in package.related(slide, *_TEXTS))]
    for part in parts:
        if not package.has(part):
            package.beside(part)


def _slides(data: bytes) -> Iterator[tuple[int, Slide]]:
    """Yield the slides of a presentation, a template or a slide show, each with its number."""
    main = PresentationPackage.open(io.BytesIO(data)).main_document_part
    if not isinstance(main, PresentationPart):
        raise DocumentRejected(
            Reason.MALFORMED, f"its main part is {main.content_type}, not a presentation"
        )
    listed = child(main._element, "sldIdLst")
    for number, node in enumerate(() if listed is None else listed, start=1):
        if node.rId in main.rels:  # not of a damaged one
            yield number, main.related_slide(node.rId)


def _add_slide(builder: DocumentBuilder, slide: Slide, figures: OfficeFigures) -> None:
    _choose_alternatives(slide._element)
    title = slide.shapes.title
    if title is not None:
        _add_title(builder, title.text_frame)
    # The slide's master defines how the text of bodies is set.
    body_style = child(slide.slide_layout.slide_master._element, "txStyles", "bodyStyle")
    for shape in _visible(slide.shapes):
        # Compared by id: python-pptx makes new objects for the same shape.
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(builder, shape, [] if body_style is None else [body_style])
            add_picture(builder, shape, figures)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        _add_notes(builder, slide.notes_slide.notes_text_frame)
    for author, text in comments(slide):
        builder.paragraph(f"Comment ({author}): {text}")


def _choose_alternatives(slide: Xml) -> None:
    """Replace shapes with alternative notations by the newer one.

    python-pptx does not look for shapes inside `AlternateContent`.
    """
    for alternative in [node for node in slide.iter() if name_of(node) == "AlternateContent"]:
        tree, choice = alternative.getparent(), child(alternative, "Choice")
        if tree is not None and name_of(tree) in ("spTree", "grpSp") and choice is not None:
            for shape in choice:
                alternative.addprevious(shape)
            tree.remove(alternative)


def _add_notes(builder: DocumentBuilder, frame: TextFrame) -> None:
    """Add the speaker notes, with a prefix that distinguishes them from the slide's text."""
    lines = [text for text in paragraph_texts(frame) if text.strip()]
    for number, line in enumerate(lines):
        builder.paragraph(line if number else join_linked(["Notes: ", line]))


def _add_title(builder: DocumentBuilder, frame: TextFrame) -> None:
    """Add a title as one line; of a long one only the first paragraph is the title."""
    lines = [text for text in map(on_one_line, paragraph_texts(frame)) if text]
    if sum(map(len, lines)) <= MAX_TITLE:
        builder.title(join_linked(lines, " "))
        return
    if len(lines[0]) <= MAX_TITLE:
        builder.title(lines.pop(0))
    for line in lines:
        builder.paragraph(line)


def _visible(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """Yield visible shapes in reading order, the members of a group at the place of its box."""
    for shape in in_reading_order(shapes):
        if shape._element._nvXxPr.cNvPr.get("hidden") in ("1", "true"):
            continue
        if hasattr(shape, "shapes"):
            yield from _visible(shape.shapes)
        else:
            yield shape


def _add_shape(builder: DocumentBuilder, shape: AnyShape, body_style: list[Xml]) -> None:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    target = click_target(shape._element._nvXxPr.cNvPr, shape.part)
    if kind == PP_PLACEHOLDER.SLIDE_NUMBER:
        return
    if kind in _MARGINS:
        builder.footer(one_line(shape.text_frame.text) if shape.has_text_frame else "")
    elif shape.has_text_frame:
        styles = list_styles(shape) + (body_style if kind in _BODIES else [])
        add_text(builder, shape.text_frame, styles, bulleted=kind in _BODIES, target=target)
    elif isinstance(shape, GraphicFrame):
        if shape.has_table:
            add_table(builder, shape.table)
        else:
            add_graphic(builder, shape)
    description = one_line(shape._element._nvXxPr.cNvPr.get("descr", ""))
    links = [(0, len(description), target)] if target and description else ()
    add = builder.figure if is_picture(shape) else builder.paragraph
    add(Linked(description, links))
