"""Word: what styles, numbering, merged cells, notes, boxes and page breaks come to."""

from collections.abc import Mapping

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(
    body: str, parts: Mapping[str, str] | None = None, core: str = "", namespace: str = W
) -> Document:
    """A document of a body and of parts, whose names say their kind (`styles`, `footnotes`, ...)."""
    parts = parts or {}
    links = "".join(
        f'<Relationship Id="{name}" Type="{R}/{name.rstrip("12")}" Target="{name}.xml"/>'
        for name in parts
    )
    members = {
        "word/document.xml": f'<w:document xmlns:w="{namespace}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>',
        "word/_rels/document.xml.rels": f"<Relationships>{links}</Relationships>",
        **{
            f"word/{name}.xml": f'<w:{name} xmlns:w="{namespace}">{xml}</w:{name}>'
            for name, xml in parts.items()
        },
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
    + style("Überschrift 2")
    + style("Title")
    + style("Subtitle")
    + style("Source Code")
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
        ("Überschrift2", ("title", "x")),
        ("Subtitle", ("title", "x")),
        ("SourceCode", ("code", "x")),
    ],
)
def test_styles_say_what_a_paragraph_is(name, element):
    assert typed_texts(docx(p("x", styled(name)), STYLES)) == [element]


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
    expected = [
        "- 1. x",
        "  - 1a) x",
        "  - 1b) x",
        "    - (IV) x",
        "      - x",
        "- 2. x",
        "  - 2a) x",
        "- 7. x",
        "x",
    ]
    assert [text for _, text in typed_texts(document)] == expected


def test_a_real_file_with_lists():
    texts = [text for _, text in typed_texts(parse(data_of("example-list-items-multiple.docx"), "a.docx"))]
    assert "  - a) The quick brown fox jumps over the lazy dog." in texts
    assert (
        "        - (a) This is simply dummy text of the printing and typesetting industry." in texts
    )


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


WIDE = '<w:gridSpan w:val="2"/>'
BEGINS, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def test_merged_cells_are_told_in_each_row_and_once_across_columns():
    rows = (
        f"<w:tr><w:trPr><w:tblHeader/></w:trPr>{cell('A', WIDE)}{cell('B')}</w:tr>"
        f"<w:tr>{cell('c', BEGINS)}{cell('d')}{cell('e')}</w:tr>"
        f"<w:tr>{cell('', GOES_ON)}{cell('f')}</w:tr>"
    )
    document = docx(f"<w:tbl>{rows}</w:tbl>")
    assert typed_texts(document) == [("table", "A |  | B\nc | d | e\nc | f | ")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def bold(text: str) -> str:
    return f"<w:tc><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{text}</w:t></w:r></w:p></w:tc>"


@pytest.mark.parametrize(
    ("rows", "header_rows"),
    [
        ([row(bold("A"), bold("B")), row(cell("c"), cell("d"))], 1),
        ([row(bold("A"), bold("B")), row(bold("c"), bold("d"))], 0),
        ([row(cell("A"), cell("B")), row(cell("c"), cell("d"))], 0),
        ([row(bold("A"), cell("B")), row(cell("c"), cell("d"))], 0),
    ],
)
def test_a_bold_first_row_heads_a_table(rows, header_rows):
    grid = docx(table(*rows)).elements[0].table
    assert grid is not None
    assert grid.header_rows == header_rows


def test_a_header_of_two_rows_is_told_by_its_merged_cells():
    look = '<w:tblPr><w:tblLook w:firstRow="1"/></w:tblPr>'
    rows = [
        row(cell("A", BEGINS), cell("B", WIDE)),
        row(cell("", GOES_ON), cell("b1"), cell("b2")),
        row(*map(cell, "123")),
    ]
    document = docx(f"<w:tbl>{look}{''.join(rows)}</w:tbl>")
    assert typed_texts(document) == [("table", "A | B | \nA | b1 | b2\n1 | 2 | 3")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 2


def test_a_passage_is_not_told_again_in_each_row():
    long = "word " * 30
    document = docx(table(row(cell(long, BEGINS), cell("a")), row(cell("", GOES_ON), cell("b"))))
    assert document.text.count("word") == 30


def test_a_table_in_a_cell_follows_with_rows_of_its_own():
    inner = table(row(cell("1"), cell("2")), row(cell("3"), cell("4")))
    line = table(row(cell("x"), cell("y")))
    body = table(
        row(cell("A"), f"<w:tc>{p('B')}{inner}</w:tc>"), row(cell("c"), f"<w:tc>{line}</w:tc>")
    )
    assert typed_texts(docx(body)) == [("table", "A | B\nc | x y"), ("table", "1 | 2\n3 | 4")]


def test_a_table_of_sections_lays_out_a_page():
    section = f"<w:tc><w:tcPr/>{p('Work', styled('heading1'))}{p('Baker')}</w:tc>"
    document = docx(table(row(section, cell("Graz"))), STYLES)
    assert typed_texts(document) == [("title", "Work"), ("paragraph", "Baker"), ("paragraph", "Graz")]
    named = f"<w:tc><w:tcPr/>{p('Work', styled('heading1'))}{p('', styled('heading1'))}</w:tc>"
    assert typed_texts(docx(table(row(named, cell("Graz"))), STYLES)) == [("table", "Work | Graz")]


def test_numbered_items_in_cells_keep_their_numbers():
    inside = p("one", numbered(0)) + p("two", numbered(0))
    document = docx(
        table(row(f"<w:tc>{inside}</w:tc>", cell("b"))) + p("three", numbered(0)),
        {"numbering": LEVELS},
    )
    assert typed_texts(document) == [("table", "1. one 2. two | b"), ("list_item", "- 3. three")]


GONE, MOVED = "<w:rPr><w:del/></w:rPr>", "<w:rPr><w:moveFrom/></w:rPr>"


def deleted(text: str) -> str:
    return (
        f"<w:p><w:pPr>{GONE}</w:pPr><w:del><w:r><w:delText>{text}</w:delText></w:r></w:del></w:p>"
    )


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (p("a") + deleted("b") + p("c"), ["a", "c"]),
        (p("a", GONE) + p("b"), ["ab"]),
        (p("a ", GONE) + p("b ", MOVED) + p("c") + p("d"), ["a b c", "d"]),
        (p("a", GONE), ["a"]),
        (p("a", GONE) + "<w:sdt><w:sdtContent>" + p("b") + "</w:sdtContent></w:sdt>", ["ab"]),
        (p("a", GONE) + table(row(cell("b"), cell("c"))), ["a", "b | c"]),
        (
            table(row(cell("a"), cell("b")), row(cell("c"), cell("d"), properties="<w:del/>")),
            ["a | b"],
        ),
        (table(row(cell("a"), cell("b", "<w:cellDel/>"), cell("c"))), ["a | c"]),
        (table(row(f"<w:tc>{p('a', GONE)}{p('b')}</w:tc>", cell("c"))), ["ab | c"]),
        (
            table(row(f"<w:tc><w:moveFrom>{p('a')}</w:moveFrom>{p('b')}</w:tc>", cell("c"))),
            ["b | c"],
        ),
        (
            "<w:p><w:moveFrom><w:r><w:t>x</w:t></w:r></w:moveFrom></w:p>"
            + "<w:p><w:moveTo><w:r><w:t>x</w:t></w:r></w:moveTo></w:p>",
            ["x"],
        ),
        ("<w:ins>" + p("new") + "</w:ins><w:del>" + p("old") + "</w:del>", ["new"]),
    ],
)
def test_tracked_changes_read_as_accepted(body, texts):
    assert [text for _, text in typed_texts(docx(body))] == texts


def test_a_frame_around_text_is_no_table():
    assert typed_texts(docx(f"<w:tbl><w:tr><w:tc>{p('a')}{p('b')}</w:tc></w:tr></w:tbl>")) == [
        ("paragraph", "a"),
        ("paragraph", "b"),
    ]


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
    assert [text for _, text in typed_texts(docx(body, parts))] == [
        "Text[1] goes on.[e1]",
        "[1] Foot.",
        "[e1] End.",
        "Comment (Ann): Sure?",
        "Next.",
    ]


def test_notes_are_counted_as_the_text_refers_to_them():
    body = "".join(
        f'<w:p><w:r><w:t>t</w:t><w:footnoteReference w:id="{number}"/></w:r></w:p>'
        for number in (7, 3)
    )
    notes = {
        "footnotes": "".join(
            f'<w:footnote w:id="{number}">{p(f"n{number}")}</w:footnote>' for number in (3, 7)
        )
    }
    assert [text for _, text in typed_texts(docx(body, notes))] == ["t[1]", "[1] n7", "t[2]", "[2] n3"]


def test_comments_on_nothing_come_last_and_those_on_deleted_text_not_at_all():
    body = (
        '<w:p><w:del><w:r><w:commentReference w:id="1"/></w:r></w:del><w:r><w:t>a</w:t></w:r></w:p>'
        + p("b")
    )
    comments = {
        "comments": f'<w:comment w:id="1">{p("gone")}</w:comment><w:comment w:id="2">{p("loose")}</w:comment>'
    }
    assert [text for _, text in typed_texts(docx(body, comments))] == [
        "a",
        "b",
        "Comment (unknown): loose",
    ]


def test_lines_of_code_are_one_block():
    code = styled("SourceCode")
    body = p("x").replace("x", "def f():") + p("a") + p("b = 1", code) + p("  c", code) + p("d")
    assert typed_texts(docx(body, STYLES)) == [
        ("paragraph", "def f():"),
        ("paragraph", "a"),
        ("code", "b = 1\n  c"),
        ("paragraph", "d"),
    ]


@pytest.mark.parametrize(
    ("core", "title"),
    [("", "The whole"), ("<dc:title>Told</dc:title>", "Told")],
)
def test_the_title_in_the_text_is_the_documents_where_no_property_tells_it(core, title):
    body = p("The whole", styled("Title")) + p("Part", styled("heading1"))
    assert docx(body, STYLES, core).metadata.title == title


def test_margins_of_sections_come_once():
    sections = '<w:sectPr><w:headerReference r:id="header1"/><w:footerReference r:id="footer1"/></w:sectPr>'
    parts = {"header1": p("Top"), "header2": p("Top"), "footer1": p("Bottom")}
    body = (
        p("x")
        + f'<w:p><w:pPr>{sections}</w:pPr></w:p><w:sectPr><w:headerReference r:id="header2"/></w:sectPr>'
    )
    assert typed_texts(docx(body, parts)) == [("header", "Top"), ("paragraph", "x"), ("footer", "Bottom")]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a b\nc"),
        (
            "<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>",
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
def test_runs(runs, text):
    assert [one for _, one in typed_texts(docx(f"<w:p>{runs}</w:p>"))] == [text]


def test_text_boxes_come_once_after_their_paragraph():
    texts = [text for _, text in typed_texts(parse(data_of("docx-shapes.docx"), "a.docx"))]
    assert texts[-2:] == ["Paragraph with floating shape attached.", "<floating-shape>"]
    assert texts.count("<inline-image>") == 1


CHART = (
    "<chart><title><r><t>Growth</t></r></title><plotArea><bar3DChart><ser><tx><strRef><strCache><pt><v>Sales</v></pt></strCache>"
    '</strRef></tx><cat><strRef><strCache><pt idx="0"><v>2003</v></pt></strCache></strRef></cat>'
    '<val><numRef><numCache><pt idx="0"><v>7.0</v></pt></numCache></numRef></val></ser></bar3DChart></plotArea></chart>'
)
DIAGRAM = "<ptLst><pt><t><p><r><t>Plan</t></r></p></t></pt><pt><t><p/></t></pt><pt><t><p><r><t>Do</t></r></p></t></pt></ptLst>"


def test_charts_and_diagrams_follow_their_paragraph():
    drawn = '<w:drawing><g><chart r:id="chart"/></g></w:drawing><w:drawing><g><relIds r:dm="data" r:lo="x"/></g></w:drawing>'
    body = f"<w:p><w:r><w:t>a</w:t>{drawn}</w:r></w:p>"
    links = "".join(
        f'<Relationship Id="{name}" Type="{R}/{name}" Target="{name}.xml"/>'
        for name in ("chart", "data")
    )
    members = {
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>',
        "word/_rels/document.xml.rels": f"<Relationships>{links}</Relationships>",
        "word/chart.xml": f"<chartSpace>{CHART}</chartSpace>",
        "word/data.xml": f"<dataModel>{DIAGRAM}</dataModel>",
    }
    assert typed_texts(parse(zipped(members), "a.docx")) == [
        ("paragraph", "a"),
        ("paragraph", "Growth"),
        ("table", " | Sales\n2003 | 7"),
        ("list_item", "- Plan"),
        ("list_item", "- Do"),
    ]


@pytest.mark.parametrize(
    ("target", "name"), [("afchunk.html", "afchunk.html"), ("afchunk.mht", "afchunk.eml")]
)
def test_files_that_word_takes_in_are_attached(target, name):
    members = {
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body><w:altChunk r:id="a"/></w:body></w:document>',
        "word/_rels/document.xml.rels": f'<Relationships><Relationship Id="a" Type="{R}/aFChunk" Target="{target}"/></Relationships>',
        f"word/{target}": "<p>x</p>",
    }
    assert [(one.name, one.data) for one in parse(zipped(members), "a.docx").attachments] == [
        (name, b"<p>x</p>")
    ]


def test_formulas_are_read():
    assert "θ=sin^{-1}(2.2×10^{-4})" in parse(data_of("equations.docx"), "a.docx").text


def test_pages_are_known_where_word_noted_them():
    rendered = "<w:p><w:r><w:t>b</w:t><w:lastRenderedPageBreak/><w:t>c</w:t></w:r></w:p>"
    at_start = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>e</w:t></w:r></w:p>"
    assert [one.page for one in docx(p("a") + rendered + p("d") + at_start).elements] == [
        1,
        1,
        2,
        3,
    ]
    assert [one.page for one in docx(p("a")).elements] == [None]


def test_the_strict_notation_is_read():
    assert typed_texts(docx(p("x", styled("heading1")), STYLES, namespace=STRICT)) == [("title", "x")]


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
        (
            {
                "word/document.xml": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
            },
            "no document part",
        ),
    ],
)
def test_damaged_files_say_so(members, message):
    with pytest.raises(DocumentRejected, match=message):
        parse(zipped(members), "a.docx")
