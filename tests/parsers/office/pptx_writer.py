"""Write presentations with python-pptx and parse them."""

import io

import pptx
from pptx.util import Inches

from tests.parsers.binary_files import parse, typed_texts
from vouch.schemas.documents.records import Document

# Layouts of python-pptx's default template.
TITLE_AND_BODY, SECTION_HEADER, TITLE_ONLY, BLANK = 1, 2, 5, 6


class Deck:
    """A presentation that a test builds."""

    def __init__(self) -> None:
        self.presentation = pptx.Presentation()

    def slide(self, layout: int = BLANK):
        return self.presentation.slides.add_slide(self.presentation.slide_layouts[layout])

    def document(self) -> Document:
        """Save and parse the presentation."""
        stream = io.BytesIO()
        self.presentation.save(stream)
        return parse(stream.getvalue(), "a.pptx")

    def elements(self) -> list[tuple[str, str]]:
        """Return type and text of each element."""
        return typed_texts(self.document())

    def texts(self) -> list[str]:
        """Return the text of each element."""
        return [text for _, text in self.elements()]


def text_box(shapes, text: str, left: float = 1, top: float = 1):
    """Add a text box of 3 by 1 inches."""
    box = shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(1))
    box.text_frame.text = text
    return box
