"""PowerPoint presentations (.pptx) by python-pptx: one page a slide, its title first, shapes from top to bottom."""

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

from parsers.base import Hint
from parsers.builder import DocumentBuilder
from parsers.clean import one_line
from parsers.containers import contained, open_office
from parsers.ooxml import Package, core_metadata
from parsers.pptx_frames import add_chart, add_diagram, add_table
from parsers.pptx_text import add_text, paragraph_texts
from schemas.records import Document

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
    """Slides with their tables, charts, diagrams, picture descriptions and notes; raises `DocumentRejected`."""
    with open_office(data, "PowerPoint (.pptx)") as archive, contained("PowerPoint"):
        metadata = core_metadata(Package(archive))
        builder = DocumentBuilder()
        for number, slide in enumerate(pptx.Presentation(io.BytesIO(data)).slides, start=1):
            builder.page = number
            _add_slide(builder, slide)
    if (metadata.title or "").lower() in _DEFAULT_TITLES:
        metadata = replace(metadata, title=None)
    return builder.build(metadata)


def _add_slide(builder: DocumentBuilder, slide: Slide) -> None:
    title = slide.shapes.title
    if title is not None:
        _add_title(builder, title.text_frame)
    for shape in _in_reading_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(builder, shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        for text in paragraph_texts(slide.notes_slide.notes_text_frame):
            builder.paragraph(text)


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


def _in_reading_order(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """From top to bottom, then left to right; a group stays together, at the place of its box."""
    placed = sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))
    for shape in placed:
        if hasattr(shape, "shapes"):
            yield from _in_reading_order(shape.shapes)
        else:
            yield shape


def _add_shape(builder: DocumentBuilder, shape: Any) -> None:  # noqa: ANN401 - which of its classes has what differs
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind == PP_PLACEHOLDER.SLIDE_NUMBER:
        return
    if kind in _MARGINS:
        builder.footer(one_line(shape.text_frame.text) if shape.has_text_frame else "")
    elif shape.has_text_frame:
        add_text(builder, shape.text_frame, bulleted=kind in _IN_LISTS)
    elif isinstance(shape, GraphicFrame):
        _add_frame(builder, shape)
    description = shape._element._nvXxPr.cNvPr.get("descr", "")
    builder.paragraph(one_line(description))


def _add_frame(builder: DocumentBuilder, frame: GraphicFrame) -> None:
    if frame.has_table:
        add_table(builder, frame.table)
    elif frame.has_chart:
        add_chart(builder, frame.chart)
    else:
        add_diagram(builder, frame)
