"""What the first pass over a PDF takes from each page."""

from dataclasses import dataclass

from vouch.parsers.pdf.annotations import Annotations
from vouch.parsers.pdf.figures.page_pictures import PagePicture
from vouch.parsers.pdf.tables.ruled_grids import Grid
from vouch.parsers.pdf.text.lines import Line


@dataclass(frozen=True, slots=True)
class Page:
    """What the first pass takes from a page.

    `lines` are in reading order; `aside` are texts in another direction or across the others.
    `is_scan` means that the page shows an image and no text, `is_garbled` that its fonts declare
    other characters than it shows. `paragraphs` are those that OCR found on such a page, of the
    same lines. `grids` are the tables that are ruled off, `hidden` what is outside of the page,
    `pictures` what may be a figure.
    """

    height: float
    lines: tuple[Line, ...]
    aside: tuple[str, ...]
    annotations: Annotations
    is_scan: bool = False
    paragraphs: tuple[tuple[Line, ...], ...] = ()
    grids: tuple[Grid, ...] = ()
    is_garbled: bool = False
    hidden: tuple[str, ...] = ()
    pictures: tuple[PagePicture, ...] = ()

    @property
    def has_text(self) -> bool:
        return bool(self.lines or self.aside)
