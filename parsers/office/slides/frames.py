"""Read the tables, charts and diagrams of PowerPoint."""

from pptx.shapes.graphfrm import GraphicFrame
from pptx.table import Table

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import Linked, join_linked, on_one_line
from vouch.parsers.common.merged_cells import filled_down, header_depth
from vouch.parsers.common.table_headers import rows_above_columns_of_figures
from vouch.parsers.common.xml.tree import name_of, parse_xml
from vouch.parsers.office.charts import add_chart, diagram_texts
from vouch.parsers.office.slides.text import paragraph_texts


def add_table(builder: DocumentBuilder, table: Table) -> None:
    """Add a table; a merged cell is repeated in each of its rows, but not in its columns."""
    cells = [list(row.cells) for row in table.rows]
    rows = [
        [
            Linked("")
            if cell.is_spanned
            else on_one_line(join_linked(paragraph_texts(cell.text_frame), " "))
            for cell in row
        ]
        for row in cells
    ]
    merges = [
        (top, left, top + cell.span_height - 1, left + cell.span_width - 1)
        for top, row in enumerate(cells)
        for left, cell in enumerate(row)
        if cell.is_merge_origin
    ]
    has_header = table.first_row and len(rows) > 1
    marked = header_depth(merges, len(rows)) if has_header else 0
    filled = filled_down(rows, merges)
    builder.table(filled, header_rows=marked or rows_above_columns_of_figures(filled))


def add_graphic(builder: DocumentBuilder, frame: GraphicFrame) -> None:
    """Add the figures of a chart as tables, or the texts of a SmartArt diagram as list items."""
    # python-pptx knows no SmartArt and not all charts: their parts are found by the relationship
    # ids in the frame.
    ids = [
        str(value)
        for node in frame._element.iter()
        if name_of(node) in ("chart", "relIds")
        for value in node.attrib.values()
    ]
    for part in (frame.part.related_part(link) for link in ids if link in frame.part.rels):
        root = parse_xml(part.blob, f"the part {part.partname} of the file")
        if name_of(root) == "chartSpace":
            add_chart(builder, root)
        elif name_of(root) == "dataModel":
            for text in diagram_texts(root):
                builder.list_item(text)
