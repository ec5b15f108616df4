"""OpenDocument text: code by the styles that it is set in, and damaged styles."""

import pytest

from tests.parsers.binary_files import zipped
from tests.parsers.pandoc_documents import MEDIA_TYPES, pieces
from vouch.parsers.base import Hint
from vouch.parsers.pandoc.parser import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, ElementType

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = f'xmlns:office="{OFFICE}office:1.0" xmlns:style="{OFFICE}style:1.0" xmlns:text="{OFFICE}text:1.0"'
STYLES = """
<style:style style:name="Preformatted_20_Text" style:family="paragraph" style:parent-style-name="Standard"/>
<style:style style:name="Own" style:family="paragraph" style:parent-style-name="Preformatted_20_Text"/>
<style:style style:name="Pitch" style:family="paragraph"><style:text-properties style:font-name="Fixed"/></style:style>
<style:style style:name="Wide" style:family="paragraph" style:parent-style-name="Pitch">
 <style:text-properties style:font-name="Arial"/></style:style>
<style:style style:name="Standard" style:family="paragraph"><style:text-properties style:font-name="Fixed"/></style:style>
<style:style style:name="Mono" style:family="text"><style:text-properties style:font-name="Courier New"/></style:style>
"""
FONTS = '<style:font-face style:name="Fixed" style:font-pitch="fixed"/>'


def odt(body: str, styles: str = STYLES) -> Document:
    content = f"<office:font-face-decls>{FONTS}</office:font-face-decls><office:body><office:text>{body}</office:text></office:body>"
    members = {
        "mimetype": MEDIA_TYPES["odt"],
        "content.xml": f"<office:document-content {NAMES}>{content}</office:document-content>",
        "styles.xml": f"<office:document-styles {NAMES}><office:styles>{styles}</office:styles></office:document-styles>",
    }
    return parse(zipped(members), Hint("a.odt", MEDIA_TYPES["odt"]))


@pytest.mark.parametrize(
    ("style", "text", "is_code"),
    [
        ("Preformatted_20_Text", "x = 1", True),
        ("Own", "x = 1", True),
        ("Pitch", "x = 1", True),
        ("Wide", "words", False),
        ("Standard", "words", False),
        ("Unknown", "words", False),
        ("Wide", '<text:span text:style-name="Mono">make all</text:span>', True),
        ("Wide", 'run <text:span text:style-name="Mono">make all</text:span>', False),
        ("Preformatted_20_Text", "Prose that was pasted goes on and on. " * 10, False),
    ],
)
def test_what_is_set_as_code_is_code(style: str, text: str, is_code: bool):
    document = odt(
        f'<text:p>Before</text:p><text:p text:style-name="{style}">{text}</text:p><text:p>After</text:p>'
    )
    assert bool(pieces(document, ElementType.CODE)) == is_code
    assert document.text.startswith("Before\n\n")
    assert document.text.endswith("\n\nAfter")


def test_lines_of_code_are_one_block_with_their_indents():
    lines = [
        "if x:",
        '<text:s text:c="4"/>f(<text:span>y</text:span>)<text:tab/># z<text:line-break/>',
        "",
        "done",
    ]
    body = "".join(f'<text:p text:style-name="Own">{line}</text:p>' for line in lines)
    assert pieces(odt(body), ElementType.CODE) == ["if x:\n    f(y)\t# z\n\ndone"]


def test_a_note_in_code_is_not_lost():
    note = '<text:note text:note-class="footnote"><text:note-body><text:p>Said.</text:p></text:note-body></text:note>'
    assert "Said." in odt(f'<text:p text:style-name="Own">x = 1{note}</text:p>').text


@pytest.mark.parametrize("parents", [{"A": "A"}, {"C": "A", "A": "B", "B": "A"}])
def test_a_style_that_inherits_from_itself_is_refused(parents: dict[str, str]):
    styles = "".join(
        f'<style:style style:name="{one}" style:family="paragraph" style:parent-style-name="{other}"/>'
        for one, other in parents.items()
    )
    with pytest.raises(DocumentRejected, match="inherits from itself"):
        odt('<text:p text:style-name="A">x</text:p>', styles)


def test_what_looks_like_a_placeholder_is_text():
    document = odt('<text:p>\ue8fe7\uefff</text:p><text:p text:style-name="Own">x = 1</text:p>')
    assert document.text == "\ue8fe7\uefff\n\nx = 1"
