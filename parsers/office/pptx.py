"""PowerPoint presentations (.pptx) by python-pptx: one page a slide, its title first, shapes as they are read."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide
from pptx.text.text import TextFrame

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import fold_spaces, one_line
from vouch.parsers.common.xml_tree import Xml, child, name_of
from vouch.parsers.common.zip_safety import contained, open_office
from vouch.parsers.office.ooxml_package import Package, core_metadata
from vouch.parsers.office.pptx_comments import comments
from vouch.parsers.office.pptx_frames import add_graphic, add_table
from vouch.parsers.office.pptx_reading_order import in_reading_order
from vouch.parsers.office.pptx_text import add_text, list_styles, paragraph_texts
from vouch.schemas.records import Document

MAX_TITLE = 200
# What programs write where the author gave no title.
_DEFAULT_TITLES = {"powerpoint presentation", "presentation", "slide 1"}
_MARGINS = {PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.DATE}
_IN_LISTS = {
    PP_PLACEHOLDER.BODY,
    PP_PLACEHOLDER.OBJECT,
    PP_PLACEHOLDER.VERTICAL_BODY,
    PP_PLACEHOLDER.VERTICAL_OBJECT,
}


def parse(data: bytes, hint: Hint) -> Document:
    """Slides with their tables, charts, diagrams, picture descriptions, notes and comments; raises `DocumentRejected`.

    Hidden slides are read too, as they are kept to be looked up; `hidden_slides` of the metadata names them.
    """
    with open_office(data, "PowerPoint (.pptx)") as archive, contained("PowerPoint"):
        metadata = core_metadata(Package(archive))
        builder = DocumentBuilder()
        hidden = []
        for number, slide in enumerate(pptx.Presentation(io.BytesIO(data)).slides, start=1):
            builder.page = number
            builder.end_sections()
            _add_slide(builder, slide)
            hidden += [str(number)] if slide._element.get("show") in ("0", "false") else []
    if (metadata.title or "").lower() in _DEFAULT_TITLES:
        metadata = replace(metadata, title=None)
    if hidden:
        metadata = replace(metadata, extra=(*metadata.extra, ("hidden_slides", ", ".join(hidden))))
    return builder.build(metadata)


def _add_slide(builder: DocumentBuilder, slide: Slide) -> None:
    _choose_alternatives(slide._element)
    title = slide.shapes.title
    if title is not None:
        _add_title(builder, title.text_frame)
    body_style = _body_style(slide)
    for shape in _opened(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(builder, shape, body_style)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        _add_notes(builder, slide.notes_slide.notes_text_frame)
    for author, text in comments(slide):
        builder.paragraph(f"Comment ({author}): {text}")


def _choose_alternatives(slide: Xml) -> None:
    """Put the newer of two notations of a shape in its place, where python-pptx looks for shapes."""
    for alternative in [one for one in slide.iter() if name_of(one) == "AlternateContent"]:
        tree, chosen = alternative.getparent(), child(alternative, "Choice")
        if tree is not None and name_of(tree) in ("spTree", "grpSp") and chosen is not None:
            for shape in chosen:
                alternative.addprevious(shape)
            tree.remove(alternative)


def _body_style(slide: Slide) -> list[Xml]:
    """How the slide's master sets the text of bodies."""
    style = child(slide.slide_layout.slide_master._element, "txStyles", "bodyStyle")
    return [] if style is None else [style]


def _add_notes(builder: DocumentBuilder, frame: TextFrame) -> None:
    """What the speaker says, told apart from what the slide shows."""
    lines = [text for text in map(fold_spaces, paragraph_texts(frame)) if text]
    for number, line in enumerate(lines):
        builder.paragraph(line if number else f"Notes: {line}")


def _add_title(builder: DocumentBuilder, frame: TextFrame) -> None:
    """A title as one line; where someone put the slide's text there, only its first paragraph is the title."""
    lines = [text for text in map(one_line, paragraph_texts(frame)) if text]
    if sum(map(len, lines)) <= MAX_TITLE:
        builder.title(" ".join(lines))
        return
    if len(lines[0]) <= MAX_TITLE:
        builder.title(lines.pop(0))
    for line in lines:
        builder.paragraph(line)


def _opened(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """The shapes in reading order, those of a group together at the place of its box; without what is not shown."""
    for shape in in_reading_order(shapes):
        if shape._element._nvXxPr.cNvPr.get("hidden") in ("1", "true"):
            continue
        if hasattr(shape, "shapes"):
            yield from _opened(shape.shapes)
        else:
            yield shape


def _add_shape(builder: DocumentBuilder, shape: Any, body_style: list[Xml]) -> None:  # noqa: ANN401 - its classes differ
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind == PP_PLACEHOLDER.SLIDE_NUMBER:
        return
    if kind in _MARGINS:
        builder.footer(one_line(shape.text_frame.text) if shape.has_text_frame else "")
    elif shape.has_text_frame:
        styles = list_styles(shape) + (body_style if kind in _IN_LISTS else [])
        add_text(builder, shape.text_frame, styles, bulleted=kind in _IN_LISTS)
    elif isinstance(shape, GraphicFrame):
        _add_frame(builder, shape)
    description = shape._element._nvXxPr.cNvPr.get("descr", "")
    builder.paragraph(one_line(description))


def _add_frame(builder: DocumentBuilder, frame: GraphicFrame) -> None:
    if frame.has_table:
        add_table(builder, frame.table)
    else:
        add_graphic(builder, frame)
