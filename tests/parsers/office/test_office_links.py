"""Links of Word, PowerPoint and Excel are kept with the text that they are on."""

import pytest
from lxml import etree
from pptx.util import Inches

from tests.parsers.binary_files import parse
from tests.parsers.office.docx_writer import W, cell, docx, row, table
from tests.parsers.office.pptx_writer import TITLE_AND_BODY, Deck, text_box
from tests.parsers.office.xlsx_writer import xlsx
from tests.parsers.proofs import links, prove
from vouch.parsers.office.word.fields import Fields

OUTSIDE = {"l1": "https://example.org/a", "l2": "mailto:ann@example.org"}


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def hyperlink(text: str, link: str = "l1", attributes: str = "") -> str:
    return f'<w:hyperlink r:id="{link}" {attributes}>{run(text)}</w:hyperlink>'


def mark(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def complex_field(instruction: str, result: str) -> str:
    """Write a field; pieces of the instruction that are runs by themselves stay so."""
    code = instruction if instruction.startswith("<") else instruction_run(instruction)
    return f"{mark('begin')}{code}{mark('separate')}{result}{mark('end')}"


def instruction_run(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve"> {text} </w:instrText></w:r>'


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param(
            run("see ") + hyperlink("this") + run(" and ") + hyperlink("her", "l2"),
            [("this", OUTSIDE["l1"]), ("her", OUTSIDE["l2"])],
            id="relationships",
        ),
        pytest.param(
            f'<w:hyperlink r:id="l1">{run("one ")}{run("link", "<w:b/>")}</w:hyperlink>',
            [("one link", OUTSIDE["l1"])],
            id="one link of several runs",
        ),
        pytest.param(
            hyperlink("a") + hyperlink("b"),
            [("a", OUTSIDE["l1"]), ("b", OUTSIDE["l1"])],
            id="two links beside each other",
        ),
        pytest.param(
            hyperlink("part", "l1", 'w:anchor="intro"'),
            [("part", OUTSIDE["l1"] + "#intro")],
            id="a place in another document",
        ),
        pytest.param(
            f'<w:hyperlink w:anchor="intro">{run("up")}</w:hyperlink>', [], id="within the document"
        ),
        pytest.param(hyperlink("gone", "l9"), [], id="a relationship that is missing"),
        pytest.param(
            f'<w:fldSimple w:instr=" HYPERLINK &quot;https://b.org/&quot; ">{run("b")}</w:fldSimple>',
            [("b", "https://b.org/")],
            id="simple field",
        ),
        pytest.param(
            complex_field('HYPERLINK "https://b.org/x" \\o "A tip" \\l "p2"', run("b") + run("c")),
            [("bc", "https://b.org/x#p2")],
            id="complex field",
        ),
        pytest.param(
            complex_field("hyperlink https://b.org/x", run("b")),
            [("b", "https://b.org/x")],
            id="without quotes",
        ),
        pytest.param(complex_field('HYPERLINK \\l "p2"', run("b")), [], id="field to a bookmark"),
        pytest.param(
            complex_field('HYPERLINK "file:///C:\\\\docs\\\\a.docx"', run("a")),
            [("a", "file:///C:\\docs\\a.docx")],
            id="escaped backslashes",
        ),
        pytest.param(
            complex_field(
                'HYPERLINK "https://b.org/"', run("page ") + complex_field("PAGEREF x", run("7"))
            ),
            [("page 7", "https://b.org/")],
            id="a field in the result of another",
        ),
        pytest.param(
            complex_field("TOC \\h", run("see ") + complex_field('HYPERLINK "b.html"', run("b"))),
            [("b", "b.html")],
            id="a link in another field",
        ),
        pytest.param(
            f"{mark('begin')}{instruction_run('HYPERLINK')}"
            f"{instruction_run('&quot;https://b.org/&quot;')}"
            f"{mark('separate')}{run('b')}{mark('end')}",
            [("b", "https://b.org/")],
            id="an instruction in pieces",
        ),
        pytest.param(
            f"{mark('begin')}{instruction_run('HYPERLINK &quot;a.org&quot;')}{run('words')}",
            [],
            id="a field that never ends",
        ),
    ],
)
def test_links_of_word(runs: str, expected: list[tuple[str, str]]) -> None:
    document = docx(f"<w:p>{runs}</w:p>", outside=OUTSIDE)
    assert links(document) == expected
    prove(document)


def test_links_of_word_in_lists_tables_notes_comments_and_margins() -> None:
    linked = f"<w:p>{run('x ')}{hyperlink('y')}</w:p>"
    body = (
        f"<w:p>{run('• ')}{hyperlink('item')}</w:p>"
        + table(row(cell("a"), f"<w:tc>{linked}{linked}</w:tc>"), row(cell("b"), cell("c")))
        + '<w:p><w:r><w:t>t</w:t><w:footnoteReference w:id="1"/><w:commentReference w:id="2"/>'
        '</w:r></w:p><w:sectPr><w:footerReference r:id="footer1"/></w:sectPr>'
    )
    parts = {
        "footnotes": f'<w:footnote w:id="1">{linked}</w:footnote>',
        "comments": f'<w:comment w:id="2">{linked}</w:comment>',
        "footer1": linked,
    }
    document = docx(body, parts, outside=OUTSIDE)
    assert links(document) == [("item", OUTSIDE["l1"]), *[("y", OUTSIDE["l1"])] * 5]
    prove(document)


def test_a_link_continues_over_the_paragraphs_of_its_field() -> None:
    begin = mark("begin") + instruction_run('HYPERLINK "https://b.org/"') + mark("separate")
    document = docx(f"<w:p>{begin}{run('one')}</w:p><w:p>{run('two')}{mark('end')}</w:p>")
    assert links(document) == [("one", "https://b.org/"), ("two", "https://b.org/")]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        pytest.param(
            complex_field(
                instruction_run("IF")
                + complex_field("MERGEFIELD Sex", run("F"))
                + instruction_run('= "F" "Madam" "Sir"'),
                run("Madam"),
            ),
            "Madam",
            id="a field in an instruction",
        ),
        pytest.param(
            complex_field(
                instruction_run("IF")
                + complex_field(instruction_run("=") + complex_field("PAGE", run("3")), run("1")),
                run("shown"),
            ),
            "shown",
            id="three deep",
        ),
        pytest.param(
            complex_field(
                instruction_run("IF")
                + f'<w:fldSimple w:instr="MERGEFIELD x">{run("F")}</w:fldSimple>',
                run("shown"),
            ),
            "shown",
            id="a simple field in an instruction",
        ),
        pytest.param(f"{mark('begin')}{instruction_run('IF')}{run('words')}", "words", id="no end"),
        pytest.param(f"{mark('end')}{run('words')}{mark('separate')}", "words", id="no beginning"),
    ],
)
def test_of_fields_the_result_is_read_and_not_the_instruction(runs: str, text: str) -> None:
    assert docx(f"<w:p>{runs}</w:p>").text == text


def test_links_of_slides() -> None:
    deck = Deck()
    slide = deck.slide(TITLE_AND_BODY)
    slide.shapes.title.text = "Head"
    paragraph = slide.placeholders[1].text_frame.paragraphs[0]
    for text, url in (("see ", None), ("one ", "https://a.org/"), ("link", "https://a.org/")):
        piece = paragraph.add_run()
        piece.text = text
        piece.hyperlink.address = url
    box = text_box(slide.shapes, "a whole box", top=5)
    box.click_action.hyperlink.address = "https://b.org/"
    inner = text_box(slide.shapes, "to a slide", top=6)
    inner.click_action.target_slide = deck.slide()
    frame = slide.shapes.add_table(1, 2, Inches(1), Inches(7), Inches(4), Inches(1))
    for number, text in enumerate(("a", "b")):
        piece = frame.table.cell(0, number).text_frame.paragraphs[0].add_run()
        piece.text = text
        piece.hyperlink.address = f"https://c.org/{text}"
    notes = slide.notes_slide.notes_text_frame.paragraphs[0].add_run()
    notes.text = "source"
    notes.hyperlink.address = "https://d.org/"
    document = deck.document()
    assert links(document) == [
        ("one link", "https://a.org/"),
        ("a whole box", "https://b.org/"),
        ("a", "https://c.org/a"),
        ("b", "https://c.org/b"),
        ("source", "https://d.org/"),
    ]
    prove(document)


def test_links_of_cells() -> None:
    rows = [
        ["Name", "Page", "Price"],
        ["Ada", "home", 3.5],
        ["Bob", "=HYPERLINK(&quot;https://b.org/?x=1&amp;y=2&quot;,&quot;his&quot;) → his", 4],
    ]
    data = xlsx({"S": rows}, links={"B2:B2": "https://a.org/", "C2": "https://c.org/"})
    document = parse(data, "a.xlsx")
    assert links(document) == [
        ("home", "https://a.org/"),
        ("3.5", "https://c.org/"),
        ("his", "https://b.org/?x=1&y=2"),
    ]
    prove(document)


def test_a_lone_column_of_links_is_text_with_links() -> None:
    document = parse(xlsx({"S": [["one"], ["two"]]}, links={"A2": "https://a.org/"}), "a.xlsx")
    assert links(document) == [("two", "https://a.org/")]


@pytest.mark.timeout(300)
def test_fields_without_number_within_fields_take_linear_time() -> None:
    # A second, and hours if the time grew with the square of the depth.
    depth = 100_000
    runs = (mark("begin") + instruction_run("IF") + mark("separate")) * depth
    ends = (run("x") + mark("end")) * depth
    root = etree.fromstring(f'<w:p xmlns:w="{W}">{runs}{ends}</w:p>')
    fields = Fields()
    fields.read(root, {})
    assert fields.links == {}
