"""Notes, comments, page headers and footers of Word documents."""

from tests.parsers.binary_files import typed_texts
from tests.parsers.office.docx_writer import docx, paragraph, texts


def footnote(note_id: int, text: str, attributes: str = "") -> str:
    return f'<w:footnote w:id="{note_id}" {attributes}>{paragraph(text)}</w:footnote>'


def comment(comment_id: int, text: str, attributes: str = "") -> str:
    return f'<w:comment w:id="{comment_id}" {attributes}>{paragraph(text)}</w:comment>'


def test_notes_and_comments_follow_their_paragraph():
    body = (
        '<w:p><w:r><w:t>Text</w:t></w:r><w:r><w:footnoteReference w:id="5"/></w:r>'
        "<w:r><w:t> continues.</w:t></w:r>"
        '<w:r><w:endnoteReference w:id="1"/><w:commentReference w:id="0"/></w:r></w:p>'
        + paragraph("Next.")
    )
    parts = {
        "footnotes": footnote(0, "-", 'w:type="separator"') + footnote(5, "Foot."),
        "endnotes": f'<w:endnote w:id="1">{paragraph("End.")}</w:endnote>',
        "comments": comment(0, "Sure?", 'w:author="Ann"'),
    }
    assert texts(docx(body, parts)) == [
        "Text[1] continues.[e1]",
        "[1] Foot.",
        "[e1] End.",
        "Comment (Ann): Sure?",
        "Next.",
    ]


def test_notes_are_numbered_in_the_order_of_their_references():
    body = "".join(
        f'<w:p><w:r><w:t>t</w:t><w:footnoteReference w:id="{note_id}"/></w:r></w:p>'
        for note_id in (7, 3)
    )
    parts = {"footnotes": footnote(3, "n3") + footnote(7, "n7")}
    assert texts(docx(body, parts)) == ["t[1]", "[1] n7", "t[2]", "[2] n3"]


def test_comments_without_a_place_come_last_and_those_on_deleted_text_are_left_out():
    body = (
        '<w:p><w:del><w:r><w:commentReference w:id="1"/></w:r></w:del>'
        "<w:r><w:t>a</w:t></w:r></w:p>" + paragraph("b")
    )
    parts = {"comments": comment(1, "deleted") + comment(2, "loose")}
    assert texts(docx(body, parts)) == ["a", "b", "Comment (unknown): loose"]


def test_page_headers_of_several_sections_come_once():
    section = '<w:sectPr><w:headerReference r:id="header1"/><w:footerReference r:id="footer1"/></w:sectPr>'
    parts = {
        "header1": paragraph("Top"),
        "header2": paragraph("Top"),
        "footer1": paragraph("Bottom"),
    }
    body = (
        f"{paragraph('x')}<w:p><w:pPr>{section}</w:pPr></w:p>"
        '<w:sectPr><w:headerReference r:id="header2"/></w:sectPr>'
    )
    assert typed_texts(docx(body, parts)) == [
        ("header", "Top"),
        ("paragraph", "x"),
        ("footer", "Bottom"),
    ]


def test_a_damaged_part_beside_the_text_is_left_out_and_named():
    body = (
        '<w:p><w:r><w:t>Text</w:t><w:footnoteReference w:id="1"/></w:r></w:p>'
        '<w:sectPr><w:headerReference r:id="header1"/><w:footerReference r:id="footer1"/>'
        "</w:sectPr>"
    )
    parts = {
        "header1": "<broken",
        "footnotes": "&nothing;<",
        "footer1": paragraph("Bottom"),
        "styles": "<",
    }
    document = docx(body, parts)
    assert texts(document) == ["Text", "Bottom"]
    damaged = dict(document.metadata.extra)["damaged_parts"]
    assert set(damaged) == {f"word/{name}.xml" for name in ("header1", "footnotes", "styles")}
