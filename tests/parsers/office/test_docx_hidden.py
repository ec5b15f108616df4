"""What a Word document does not show is left out of its text, and counted."""

import pytest

from tests.parsers.office.docx_writer import docx, paragraph, styled, texts
from vouch.schemas.documents.records import LeftOutKind

HIDDEN = "<w:vanish/>"


def style(name: str, kind: str, run: str = "", base: str = "", extra: str = "") -> str:
    return (
        f'<w:style w:type="{kind}" w:styleId="{name}" {extra}><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{base}"/><w:rPr>{run}</w:rPr></w:style>'
    )


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def table(*rows: str, style_id: str = "") -> str:
    return f'<w:tbl><w:tblPr><w:tblStyle w:val="{style_id}"/></w:tblPr>{"".join(rows)}</w:tbl>'


def row(*cells: str, properties: str = "") -> str:
    inside = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inside}</w:tr>"


DEFAULTS = f"<w:docDefaults><w:rPrDefault><w:rPr>{HIDDEN}</w:rPr></w:rPrDefault></w:docDefaults>"
NOT_HIDDEN, HIDDEN_BY_B = '<w:vanish w:val="0"/>', '<w:rStyle w:val="B"/>'
SHOWN = f"<w:p>{run('seen', NOT_HIDDEN)}</w:p>"
CASES = {
    "run": (f"<w:p>{run('seen')}{run('secret', HIDDEN)}</w:p>", ""),
    "style of characters": (
        f"<w:p>{run('seen')}{run('secret', HIDDEN_BY_B)}</w:p>",
        style("A", "character", HIDDEN) + style("B", "character", base="A"),
    ),
    "style of paragraphs": (
        paragraph("secret", styled("B")) + paragraph("seen"),
        style("A", "paragraph", HIDDEN) + style("B", "paragraph", base="A"),
    ),
    "style of all paragraphs": (
        paragraph("secret") + SHOWN,
        style("Normal", "paragraph", HIDDEN, extra='w:default="1"'),
    ),
    "style of tables": (
        table(row("secret"), row("secret"), style_id="T") + paragraph("seen"),
        style("T", "table", HIDDEN),
    ),
    "defaults of the document": (paragraph("secret") + SHOWN, DEFAULTS),
    "row of a table": (
        table(row("secret", "secret", properties="<w:hidden/>"), row("seen")),
        "",
    ),
    "footnote": (
        '<w:p><w:r><w:t>seen</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>',
        "",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_hidden_text_is_left_out_and_counted(name: str) -> None:
    body, styles = CASES[name]
    note = f'<w:footnote w:id="2"><w:p>{run("secret", HIDDEN)}{run("note")}</w:p></w:footnote>'
    document = docx(body, {"styles": styles, "footnotes": note})
    assert "secret" not in document.text
    assert "seen" in document.text
    (left_out,) = document.left_out
    assert left_out.kind == LeftOutKind.HIDDEN
    assert "secret" in left_out.examples[0]


def test_deleted_text_watermarks_and_contents_are_counted() -> None:
    deleted = "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
    art = (
        '<w:r><w:pict><v:shape xmlns:v="v" id="{}"><v:textpath string="{}"/></v:shape></w:pict>'
        "</w:r>"
    )
    document = docx(
        f"<w:p>{run('Text')}{deleted}{art.format('PowerPlusWaterMarkObject1', 'DRAFT')}"
        f"{art.format('_x0000_s1', 'Summer sale')}</w:p>{paragraph('Scope 3', styled('TOC1'))}"
        + table(row("left", properties="<w:del/>"), row("kept")),
        {"styles": '<w:style w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'},
    )
    assert texts(document) == ["Text", "Summer sale", "Scope 3", "kept"]
    assert {row.kind: row.examples for row in document.left_out} == {
        LeftOutKind.DELETED: ("gone", "left"),
        LeftOutKind.WATERMARK: ("DRAFT",),
        LeftOutKind.REPEATED: ("Scope 3",),
    }


def field_of_a_form(data: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'


END = '<w:r><w:instrText> FORM </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
CHOICES = '<w:listEntry w:val="Small"/><w:listEntry w:val="Large"/>'


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<w:checkBox><w:checked/></w:checkBox>", "☒"),
        ('<w:checkBox><w:checked w:val="0"/><w:default w:val="1"/></w:checkBox>', "☐"),
        ('<w:checkBox><w:default w:val="1"/></w:checkBox>', "☒"),
        ("<w:checkBox/>", "☐"),
        (f'<w:ddList><w:result w:val="1"/>{CHOICES}</w:ddList>', "Large"),
        (f"<w:ddList>{CHOICES}</w:ddList>", "Small"),
        ('<w:ddList><w:result w:val="9"/></w:ddList>', ""),
        ("<w:textInput/>", ""),
    ],
)
def test_fields_of_forms_show_what_was_chosen(data: str, text: str) -> None:
    document = docx(f"<w:p>{field_of_a_form(data)}{END}{run('.')}</w:p>")
    assert document.text == f"{text}."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<w:r><w:sym w:font="Symbol" w:char="F0B0"/></w:r>', "°"),
        ('<w:r><w:sym w:font="Symbol" w:char="61"/></w:r>', "α"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "☑"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F041"/></w:r>', ""),
        ('<w:r><w:sym w:font="Arial" w:char="00E9"/></w:r>', "é"),
        ('<w:r><w:sym w:font="Symbol" w:char="?"/></w:r>', ""),
        (run("5 m", '<w:rFonts w:ascii="Symbol"/>'), "5 μ"),
        (run("\uf0a3", '<w:rFonts w:hAnsi="Symbol"/>'), "≤"),
        (run("5 m", '<w:rFonts w:ascii="Arial"/>'), "5 m"),
    ],
)
def test_letters_of_symbol_fonts_are_the_characters_that_they_show(content, text) -> None:
    assert docx(f"<w:p>{content}{run('x')}</w:p>").text == f"{text}x"


def test_a_picture_keeps_its_link() -> None:
    drawing = (
        '<w:r><w:drawing><d:docPr xmlns:d="d" descr="Map"><d:hlinkClick r:id="a"/></d:docPr>'
        "</w:drawing></w:r>"
    )
    document = docx(f"<w:p>{drawing}</w:p>", outside={"a": "https://a.example/map"})
    assert [
        (link.target, document.text[link.char_start : link.char_end]) for link in document.links
    ] == [("https://a.example/map", "Map")]
