"""Tables, charts and diagrams of PowerPoint."""

from typing import Any

from lxml import etree
from pptx.shapes.graphfrm import GraphicFrame
from pptx.table import Table

from parsers.builder import DocumentBuilder
from parsers.clean import one_line
from parsers.merged_cells import filled_down, header_depth
from parsers.ooxml import Xml, name_of
from parsers.pptx_text import paragraph_texts
from parsers.spreadsheet_tables import as_text


def add_table(builder: DocumentBuilder, table: Table) -> None:
    """Rows of cells; a merged cell is told in each row that it reaches into, and once in each of those."""
    cells = [list(row.cells) for row in table.rows]
    rows = [["" if cell.is_spanned else one_line(" ".join(paragraph_texts(cell.text_frame))) for cell in row] for row in cells]
    merges = [
        (top, left, top + cell.span_height - 1, left + cell.span_width - 1)
        for top, row in enumerate(cells)
        for left, cell in enumerate(row)
        if cell.is_merge_origin
    ]
    headed = table.first_row and len(rows) > 1
    builder.table(filled_down(rows, merges), header_rows=header_depth(merges, len(rows)) if headed else 0)


def add_chart(builder: DocumentBuilder, chart: Any) -> None:  # noqa: ANN401 - python-pptx gives it no type
    """A chart's title and its figures, one column a series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        builder.paragraph(one_line(chart.chart_title.text_frame.text))
    for plot in chart.plots:
        series = list(plot.series)
        categories = [str(category) for category in plot.categories]
        columns = [[as_text(value) for value in one.values] for one in series]
        length = max([len(categories), *map(len, columns)])
        rows = [[_at(column, number) for column in (categories, *columns)] for number in range(length)]
        builder.table([["", *(str(one.name or "") for one in series)], *rows], header_rows=1)


def add_diagram(builder: DocumentBuilder, frame: GraphicFrame) -> None:
    """The texts of SmartArt, as list items; its data stand in a part of their own."""
    ids = [str(value) for one in frame._element.iter() if name_of(one) == "relIds" for value in one.attrib.values()]
    for part in (frame.part.related_part(one) for one in ids):
        if part.partname.startswith("/ppt/diagrams/data"):
            root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            for text in _paragraphs(root):
                builder.list_item(text)


def _paragraphs(root: Xml) -> list[str]:
    found = (one for one in root.iter() if name_of(one) == "p")
    return ["".join(run.text or "" for run in one.iter() if name_of(run) == "t") for one in found]


def _at(column: list[str], number: int) -> str:
    return column[number] if number < len(column) else ""
