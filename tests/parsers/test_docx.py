"""Word: what styles, numbering, merged cells, notes, boxes and page breaks come to."""

from collections.abc import Mapping

import pytest

from schemas.errors import DocumentRejected
from schemas.records import Document
from tests.parsers.binary_files import data_of, parse, said, zipped

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(body: str, parts: Mapping[str, str] | None = None, core: str = "", namespace: str = W) -> Document:
    """A document of a body and of parts, whose names say their kind (`styles`, `footnotes`, ...)."""
    parts = parts or {}
    links = "".join(f'<Relationship Id="{name}" Type="{R}/{name.rstrip("12")}" Target="{name}.xml"/>' for name in parts)
    members = {
        "word/document.xml": f'<w:document xmlns:w="{namespace}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>',
        "word/_rels/document.xml.rels": f"<Relationships>{links}</Relationships>",
        **{f"word/{name}.xml": f'<w:{name} xmlns:w="{namespace}">{xml}</w:{name}>' for name, xml in parts.items()},
    }
    if core:
        members["docProps/core.xml"] = f'<c:core xmlns:c="c" xmlns:dc="dc">{core}</c:core>'
    return parse(zipped(members), "a.docx")


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def style(name: str, properties: str = "", based_on: str = "") -> str:
    return (
        f'<w:style w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/><w:basedOn w:val="{based_on}"/>'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


def styled(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


STYLES = {
    "styles": style("heading 1")
    + style("heading 2")
    + style("Mine", based_on="heading2")
    + style("Outlined", '<w:outlineLvl w:val="2"/>')
    + style("Plain again", '<w:outlineLvl w:val="9"/>', "heading1")
    + style("List Bullet 2")
    + style("toc 1")
    + style("Round", based_on="Trip")
    + style("Trip", based_on="Round")
}


@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("heading1", ("title", "x")),
        ("Mine", ("title", "x")),
        ("Outlined", ("title", "x")),
        ("Plainagain", ("paragraph", "x")),
        ("ListBullet2", ("list_item", "  - x")),
        ("toc1", ("header", "x")),
        ("Round", ("paragraph", "x")),
        ("Unknown", ("paragraph", "x")),
    ],
)
def test_styles_say_what_a_paragraph_is(name, element):
    assert said(docx(p("x", styled(name)), STYLES)) == [element]


def test_levels_make_heading_paths():
    document = docx(p("A", styled("heading1")) + p("B", styled("Mine")) + p("text"), STYLES)
    assert document.elements[2].heading_path == ("A", "B")


LEVELS = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1%2)"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="4"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="(%3)"/></w:lvl>'
    '<w:lvl w:ilvl="3"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>'
)


def numbered(depth: int, number: int = 1) -> str:
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'


def test_lists_are_numbered_as_word_draws_them():
    items = [(0, 1), (1, 1), (1, 1), (2, 1), (3, 1), (0, 1), (1, 1), (0, 2), (0, 0)]
    document = docx("".join(p("x", numbered(*item)) for item in items), {"numbering": LEVELS})
    expected = ["- 1. x", "  - 1a) x", "  - 1b) x", "    - (IV) x", "      - x", "- 2. x", "  - 2a) x", "- 7. x", "x"]
    assert [text for _, text in said(document)] == expected


def test_a_real_file_with_lists():
    texts = [text for _, text in said(parse(data_of("example-list-items-multiple.docx"), "a.docx"))]
    assert "  - a) The quick brown fox jumps over the lazy dog." in texts
    assert "        - (a) This is simply dummy text of the printing and typesetting industry." in texts


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


WIDE = '<w:gridSpan w:val="2"/>'
BEGINS, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def test_merged_cells_leave_their_places_empty():
    rows = (
        f"<w:tr><w:trPr><w:tblHeader/></w:trPr>{cell('A', WIDE)}{cell('B')}</w:tr>"
        f"<w:tr>{cell('c', BEGINS)}{cell('d')}{cell('e')}</w:tr>"
        f"<w:tr>{cell('', GOES_ON)}{cell('f')}</w:tr>"
    )
    document = docx(f"<w:tbl>{rows}</w:tbl>")
    assert said(document) == [("table", "A |  | B\nc | d | e\n | f | ")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1


def test_a_frame_around_text_is_no_table():
    assert said(docx(f"<w:tbl><w:tr><w:tc>{p('a')}{p('b')}</w:tc></w:tr></w:tbl>")) == [("paragraph", "a"), ("paragraph", "b")]


def test_notes_and_comments_follow_their_paragraph():
    body = (
        '<w:p><w:r><w:t>Text</w:t></w:r><w:r><w:footnoteReference w:id="5"/></w:r><w:r><w:t> goes on.</w:t></w:r>'
        '<w:r><w:endnoteReference w:id="1"/><w:commentReference w:id="0"/></w:r></w:p>' + p("Next.")
    )
    parts = {
        "footnotes": f'<w:footnote w:id="0" w:type="separator">{p("-")}</w:footnote>'
        f'<w:footnote w:id="5">{p("Foot.")}</w:footnote>',
        "endnotes": f'<w:endnote w:id="1">{p("End.")}</w:endnote>',
        "comments": f'<w:comment w:id="0" w:author="Ann">{p("Sure?")}</w:comment>',
    }
    assert [text for _, text in said(docx(body, parts))] == [
        "Text[1] goes on.[e1]",
        "[1] Foot.",
        "[e1] End.",
        "Comment (Ann): Sure?",
        "Next.",
    ]


def test_margins_of_sections_come_once():
    sections = '<w:sectPr><w:headerReference r:id="header1"/><w:footerReference r:id="footer1"/></w:sectPr>'
    parts = {"header1": p("Top"), "header2": p("Top"), "footer1": p("Bottom")}
    body = p("x") + f'<w:p><w:pPr>{sections}</w:pPr></w:p><w:sectPr><w:headerReference r:id="header2"/></w:sectPr>'
    assert said(docx(body, parts)) == [("header", "Top"), ("paragraph", "x"), ("footer", "Bottom")]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a b\nc"),
        ("<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>", "new"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r>", "seen"),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen</w:t></w:r>', "seen"),
        ("<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>", "link"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r>", "7"),
        ("<w:sdt><w:sdtContent><w:r><w:t>control</w:t></w:r></w:sdtContent></w:sdt>", "control"),
        ("<w:r><w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:noBreakHyphen/><w:t>x</w:t></w:r>", "coop-x"),
    ],
)
def test_runs(runs, text):
    assert [one for _, one in said(docx(f"<w:p>{runs}</w:p>"))] == [text]


def test_text_boxes_come_once_after_their_paragraph():
    texts = [text for _, text in said(parse(data_of("docx-shapes.docx"), "a.docx"))]
    assert texts[-2:] == ["Paragraph with floating shape attached.", "<floating-shape>"]
    assert texts.count("<inline-image>") == 1


def test_formulas_are_read():
    assert "θ=sin^{-1}(2.2×10^{-4})" in parse(data_of("equations.docx"), "a.docx").text


def test_pages_are_known_where_word_noted_them():
    rendered = "<w:p><w:r><w:t>b</w:t><w:lastRenderedPageBreak/><w:t>c</w:t></w:r></w:p>"
    at_start = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>e</w:t></w:r></w:p>"
    assert [one.page for one in docx(p("a") + rendered + p("d") + at_start).elements] == [1, 1, 2, 3]
    assert [one.page for one in docx(p("a")).elements] == [None]


def test_the_strict_notation_is_read():
    assert said(docx(p("x", styled("heading1")), STYLES, namespace=STRICT)) == [("title", "x")]


def test_core_properties():
    core = (
        "<dc:title>T</dc:title><dc:creator>A</dc:creator><dc:language>de-AT</dc:language>"
        "<dc:created>2024-02-29T10:00:00Z</dc:created><dc:modified>never</dc:modified><dc:subject>S</dc:subject>"
    )
    metadata = docx(p("x"), core=core).metadata
    assert (metadata.title, metadata.author, metadata.language) == ("T", "A", "de-AT")
    assert metadata.created is not None
    assert metadata.created.isoformat() == "2024-02-29T10:00:00+00:00"
    assert metadata.modified is None
    assert metadata.extra == (("subject", "S"),)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"word/document.xml": "<w:document"}, "word/document.xml of the file is damaged"),
        ({"other.xml": "<a/>"}, "no document part"),
        ({"word/document.xml": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'}, "no document part"),
    ],
)
def test_damaged_files_say_so(members, message):
    with pytest.raises(DocumentRejected, match=message):
        parse(zipped(members), "a.docx")
