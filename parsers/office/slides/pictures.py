"""Read the pictures of PowerPoint slides."""

from collections import Counter
from collections.abc import Iterable

from pptx.shapes.base import BaseShape
from pptx.slide import Slide

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.office.pictures import EMU_PER_POINT, OfficeFigures, ShownPicture
from vouch.parsers.office.slides.text import AnyShape


def places(slides: Iterable[Slide]) -> Counter[str]:
    """Return on how many slides each picture is, by its part."""
    return Counter(
        str(name)
        for slide in slides
        for name in {
            relation.target_part.partname
            for relation in slide.part.rels.values()
            if not relation.is_external and relation.reltype.endswith("/image")
        }
    )


def is_picture(shape: BaseShape) -> bool:
    """Return whether a shape shows a picture that is in the file."""
    link = getattr(shape._element, "blip_rId", None)
    return link is not None and link in shape.part.rels and not shape.part.rels[link].is_external


def add_picture(builder: DocumentBuilder, shape: AnyShape, figures: OfficeFigures) -> None:
    """Add the text of a picture, if it has any."""
    if not is_picture(shape):
        return
    part = shape.part.related_part(shape._element.blip_rId)
    shown = ShownPicture(
        str(part.partname),
        int(shape.width or 0) / EMU_PER_POINT,
        int(shape.height or 0) / EMU_PER_POINT,
        (shape.crop_left, shape.crop_top, shape.crop_right, shape.crop_bottom),
        shape._element._nvXxPr.cNvPr.get("descr", ""),
    )
    builder.figure_read(figures.read(shown, lambda: part.blob))
