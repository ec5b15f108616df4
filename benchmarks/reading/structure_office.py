"""The known structure as slides and as sheets."""

import io
import zipfile
from typing import Any

import pptx
from pptx.util import Inches

from benchmarks.reading.structure_truth import Section

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHEET_PART = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def as_pptx(sections: list[Section]) -> bytes:
    """Return a presentation with a slide for each section, whose note is the speaker's."""
    deck = pptx.Presentation()
    for section in sections:
        slide = deck.slides.add_slide(deck.slide_layouts[1 if section.items else 5])
        slide.shapes.title.text = section.title
        if section.items:
            frame = slide.placeholders[1].text_frame
            for number, (text, depth) in enumerate(section.items):
                paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
                paragraph.text, paragraph.level = text, depth
        slide.shapes.add_textbox(
            Inches(1), Inches(5), Inches(6), Inches(1)
        ).text_frame.text = section.paragraph
        if section.groups:
            _add_table(slide, section)
        if section.note:
            slide.notes_slide.notes_text_frame.text = section.note
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _add_table(slide: Any, section: Section) -> None:  # noqa: ANN401 - python-pptx gives it no type
    lines = [("", section.header), *((label, [label, *cells]) for label, cells in section.rows)]
    table = slide.shapes.add_table(len(lines), 3, Inches(1), Inches(6), Inches(6), Inches(1)).table
    at = 1
    for row, (_, cells) in enumerate(lines):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for _, rows in section.groups:
        for row in range(at + 1, at + len(rows)):
            table.cell(row, 0).text = ""
        table.cell(at, 0).merge(table.cell(at + len(rows) - 1, 0))
        at += len(rows)


def as_xlsx(sections: list[Section]) -> bytes:
    """Return a workbook with a sheet for each section that has a table.

    A sheet holds the paragraph, an empty row, and the table with merged labels.
    """
    with_table = [section for section in sections if section.groups]
    sheets = "".join(
        f'<sheet name="{section.title}" sheetId="{n}" r:id="s{n}"/>'
        for n, section in enumerate(with_table, start=1)
    )
    links = "".join(
        _link(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml")
        for n in range(1, len(with_table) + 1)
    )
    members = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="xml" ContentType="{_SHEET_PART}.worksheet+xml"/>'
            f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_PART}.sheet.main+xml"/>'
            "</Types>"
        ),
        "_rels/.rels": _relations(_link("w", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_SHEET}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(links),
        **{
            f"xl/worksheets/sheet{n}.xml": _sheet(section)
            for n, section in enumerate(with_table, start=1)
        },
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def _relations(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'


def _sheet(section: Section) -> str:
    lines, merges = [[section.paragraph], [], section.header], []
    for label, rows in section.groups:
        merges.append(f'<mergeCell ref="A{len(lines) + 1}:A{len(lines) + len(rows)}"/>')
        lines += [[label if number == 0 else "", *cells] for number, cells in enumerate(rows)]
    drawn = "".join(
        f'<row r="{n}">{"".join(_cell(c, n, text) for c, text in enumerate(line))}</row>'
        for n, line in enumerate(lines, 1)
    )
    return (
        f'<worksheet xmlns="{_SHEET}"><sheetData>{drawn}</sheetData>'
        f"<mergeCells>{''.join(merges)}</mergeCells></worksheet>"
    )


def _cell(column: int, row: int, text: str) -> str:
    place = f'r="{"ABC"[column]}{row}"'
    if text.isdigit():
        return f"<c {place}><v>{text}</v></c>"
    return f'<c {place} t="inlineStr"><is><t>{text}</t></is></c>' if text else ""
