"""Code in OpenDocument text, recognized by its styles."""

import pytest

from tests.parsers.binary_files import texts_of, zipped
from tests.parsers.pandoc.pandoc_documents import MEDIA_TYPES, parsed
from vouch.schemas.documents.records import Document, ElementType
from vouch.schemas.errors import DocumentRejected

URN = "urn:oasis:names:tc:opendocument:xmlns"
NAMES = " ".join(f'xmlns:{name}="{URN}:{name}:1.0"' for name in ("office", "style", "text"))


def style(name: str, *, parent: str = "", font: str = "", family: str = "paragraph") -> str:
    inherits = f' style:parent-style-name="{parent}"' if parent else ""
    properties = f'<style:text-properties style:font-name="{font}"/>' if font else ""
    return (
        f'<style:style style:name="{name}" style:family="{family}"{inherits}>{properties}'
        "</style:style>"
    )


STYLES = "".join(
    [
        style("Preformatted_20_Text", parent="Standard"),
        style("Own", parent="Preformatted_20_Text"),
        style("Pitch", font="Fixed"),
        style("Wide", parent="Pitch", font="Arial"),
        style("Standard", font="Fixed"),
        style("Mono", font="Courier New", family="text"),
    ]
)
FONTS = '<style:font-face style:name="Fixed" style:font-pitch="fixed"/>'


def odt(body: str, styles: str = STYLES) -> Document:
    content = (
        f"<office:font-face-decls>{FONTS}</office:font-face-decls>"
        f"<office:body><office:text>{body}</office:text></office:body>"
    )
    members = {
        "mimetype": MEDIA_TYPES["odt"],
        "content.xml": f"<office:document-content {NAMES}>{content}</office:document-content>",
        "styles.xml": f"<office:document-styles {NAMES}><office:styles>{styles}</office:styles>"
        "</office:document-styles>",
    }
    return parsed(zipped(members), "odt")


def paragraph(text: str, style_name: str = "Own") -> str:
    return f'<text:p text:style-name="{style_name}">{text}</text:p>'


CODE_SPAN = '<text:span text:style-name="Mono">make all</text:span>'


@pytest.mark.parametrize(
    ("text", "style_name", "is_code"),
    [
        ("x = 1", "Preformatted_20_Text", True),
        ("x = 1", "Own", True),
        ("x = 1", "Pitch", True),
        ("words", "Wide", False),
        ("words", "Standard", False),
        ("words", "Unknown", False),
        (CODE_SPAN, "Wide", True),
        (f"run {CODE_SPAN}", "Wide", False),
        ("Prose that was pasted continues for a long line. " * 10, "Own", False),
    ],
)
def test_paragraphs_in_a_style_or_font_for_code_are_code(text, style_name, is_code):
    before, after = paragraph("Before", "Standard"), paragraph("After", "Standard")
    document = odt(before + paragraph(text, style_name) + after)
    assert bool(texts_of(document, ElementType.CODE)) == is_code
    assert document.text.startswith("Before\n\n")
    assert document.text.endswith("\n\nAfter")


def test_consecutive_lines_of_code_are_one_block_with_their_indents():
    lines = [
        "if x:",
        '<text:s text:c="4"/>f(<text:span>y</text:span>)<text:tab/># z<text:line-break/>',
        "",
        "done",
    ]
    document = odt("".join(map(paragraph, lines)))
    assert texts_of(document, ElementType.CODE) == ["if x:\n    f(y)\t# z\n\ndone"]


def test_a_note_in_code_is_kept():
    note = (
        '<text:note text:note-class="footnote"><text:note-body><text:p>Noted.</text:p>'
        "</text:note-body></text:note>"
    )
    assert "Noted." in odt(paragraph(f"x = 1{note}")).text


@pytest.mark.parametrize("parents", [{"A": "A"}, {"C": "A", "A": "B", "B": "A"}])
def test_a_style_that_inherits_from_itself_is_malformed(parents: dict[str, str]):
    styles = "".join(style(name, parent=parent) for name, parent in parents.items())
    with pytest.raises(DocumentRejected, match=r"malformed.*inherits from itself"):
        odt(paragraph("x", "A"), styles)


def test_text_that_looks_like_a_placeholder_stays_text():
    document = odt(paragraph("\ue8fe7\uefff", "Standard") + paragraph("x = 1"))
    assert document.text == "\ue8fe7\uefff\n\nx = 1"
