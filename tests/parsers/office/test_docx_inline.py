"""Text of Word paragraphs: runs, tracked changes, formulas, and page breaks."""

import pytest

from tests.parsers.binary_files import data_of, parse
from tests.parsers.office.docx_writer import (
    MARK_DELETED,
    MARK_MOVED,
    cell,
    docx,
    paragraph,
    row,
    table,
    texts,
)


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a b\nc"),
        (
            "<w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>",
            "new",
        ),
        (
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r>",
            "seen",
        ),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen</w:t></w:r>', "seen"),
        ("<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>", "link"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r>", "7"),
        ("<w:sdt><w:sdtContent><w:r><w:t>control</w:t></w:r></w:sdtContent></w:sdt>", "control"),
        (
            "<w:r><w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:noBreakHyphen/><w:t>x</w:t></w:r>",
            "coop-x",
        ),
    ],
)
def test_runs_are_read_as_displayed(runs, text):
    assert texts(docx(f"<w:p>{runs}</w:p>")) == [text]


def deleted(text: str) -> str:
    run = f"<w:del><w:r><w:delText>{text}</w:delText></w:r></w:del>"
    return f"<w:p><w:pPr>{MARK_DELETED}</w:pPr>{run}</w:p>"


A_DELETED = paragraph("a", MARK_DELETED)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (paragraph("a") + deleted("b") + paragraph("c"), ["a", "c"]),
        (A_DELETED + paragraph("b"), ["ab"]),
        (
            paragraph("a ", MARK_DELETED)
            + paragraph("b ", MARK_MOVED)
            + paragraph("c")
            + paragraph("d"),
            ["a b c", "d"],
        ),
        (A_DELETED, ["a"]),
        (
            f"{A_DELETED}<w:sdt><w:sdtContent>{paragraph('b')}</w:sdtContent></w:sdt>",
            ["ab"],
        ),
        (A_DELETED + table(row(cell("b"), cell("c"))), ["a", "b | c"]),
        (
            table(row(cell("a"), cell("b")), row(cell("c"), cell("d"), properties="<w:del/>")),
            ["a | b"],
        ),
        (table(row(cell("a"), cell("b", "<w:cellDel/>"), cell("c"))), ["a | c"]),
        (table(row(f"<w:tc>{A_DELETED}{paragraph('b')}</w:tc>", cell("c"))), ["ab | c"]),
        (
            table(
                row(
                    f"<w:tc><w:moveFrom>{paragraph('a')}</w:moveFrom>{paragraph('b')}</w:tc>",
                    cell("c"),
                )
            ),
            ["b | c"],
        ),
        (
            "<w:p><w:moveFrom><w:r><w:t>x</w:t></w:r></w:moveFrom></w:p>"
            "<w:p><w:moveTo><w:r><w:t>x</w:t></w:r></w:moveTo></w:p>",
            ["x"],
        ),
        (f"<w:ins>{paragraph('new')}</w:ins><w:del>{paragraph('old')}</w:del>", ["new"]),
    ],
)
def test_tracked_changes_are_read_as_accepted(body, expected):
    assert texts(docx(body)) == expected


def test_text_boxes_come_once_after_their_paragraph():
    elements = texts(parse(data_of("docx-shapes.docx"), "a.docx"))
    assert elements[-2:] == ["Paragraph with floating shape attached.", "<floating-shape>"]
    assert elements.count("<inline-image>") == 1


def test_formulas_are_on_one_line():
    assert "θ=sin^{-1}(2.2×10^{-4})" in parse(data_of("equations.docx"), "a.docx").text


def test_pages_are_known_where_word_noted_its_page_breaks():
    within = "<w:p><w:r><w:t>b</w:t><w:lastRenderedPageBreak/><w:t>c</w:t></w:r></w:p>"
    at_start = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>e</w:t></w:r></w:p>"
    document = docx(paragraph("a") + within + paragraph("d") + at_start)
    assert [element.page for element in document.elements] == [1, 1, 2, 3]
    assert [element.page for element in docx(paragraph("a")).elements] == [None]


def drop_cap(text: str, kind: str = "drop") -> str:
    return paragraph(text, f'<w:framePr w:dropCap="{kind}" w:lines="3"/>')


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (drop_cap("T") + paragraph("he harbour"), ["The harbour"]),
        (drop_cap("T", "margin") + paragraph("he harbour"), ["The harbour"]),
        (drop_cap("Once") + paragraph(" upon"), ["Once upon"]),
        (drop_cap("Box", "none") + paragraph("Text"), ["Box", "Text"]),
        (paragraph("Box", "<w:framePr/>") + paragraph("Text"), ["Box", "Text"]),
        (drop_cap("T") + table(row(cell("a"), cell("b"))), ["T", "a | b"]),
        (
            table(row(f"<w:tc>{drop_cap('T')}{paragraph('he sea')}</w:tc>", cell("b"))),
            ["The sea | b"],
        ),
    ],
)
def test_a_drop_cap_is_the_beginning_of_the_next_paragraph(body, expected):
    assert texts(docx(body)) == expected


def style(name: str, kind: str, properties: str, based_on: str = "") -> str:
    return (
        f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based_on}"/><w:rPr>{properties}</w:rPr></w:style>'
    )


HIDING = {
    "styles": style("Hid", "character", "<w:vanish/>")
    + style("Inherits", "character", "<w:b/>", "Hid")
    + style("Again", "character", '<w:vanish w:val="0"/>', "Hid")
    + style("HidP", "paragraph", "<w:vanish/>")
}


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("properties", "paragraph_style", "is_shown"),
    [
        ('<w:rStyle w:val="Hid"/>', "", False),
        ('<w:rStyle w:val="Inherits"/>', "", False),
        ('<w:rStyle w:val="Again"/>', "", True),
        ('<w:rStyle w:val="Unknown"/>', "", True),
        ('<w:rStyle w:val="Hid"/><w:vanish w:val="false"/>', "", True),
        ("", "HidP", False),
        ('<w:vanish w:val="0"/>', "HidP", True),
        ('<w:rStyle w:val="Hid"/>', "HidP", True),
        ("<w:vanish/>", "", False),
    ],
)
def test_text_is_hidden_by_itself_or_by_styles(properties, paragraph_style, is_shown):
    words = run("words", properties)
    body = f'<w:p><w:pPr><w:pStyle w:val="{paragraph_style}"/></w:pPr>{words}</w:p>'
    document = docx(body + paragraph("End"), HIDING)
    assert texts(document) == (["words", "End"] if is_shown else ["End"])
