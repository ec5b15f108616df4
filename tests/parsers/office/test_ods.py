"""OpenDocument spreadsheets are read as their cells show them."""

import pytest

from tests.parsers.binary_files import typed_texts, zipped
from tests.parsers.office.opendocument_writer import (
    NAMESPACES,
    cell,
    content,
    number,
    package,
    row,
    spreadsheet,
    table,
)
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected


def cells_of(document: Document) -> list[list[list[str]]]:
    """Return the cells of each table."""
    return [
        [[document.text[a:b] for a, b in line] for line in element.table.rows]
        for element in document.elements
        if element.table
    ]


def test_sheets_have_their_names_pages_and_metadata():
    rows = row(cell("Item"), cell("Cost")) + row(cell("Rent"), number(12.5))
    document = parse(
        spreadsheet(table(rows, "May"), table("", "Empty"), table(rows, "June")), "a.ods"
    )
    assert [document.text[e.char_start : e.char_end] for e in document.elements if e.level] == [
        "May",
        "June",
    ]
    assert [element.page for element in document.elements] == [1, 1, 3, 3]
    assert cells_of(document)[0] == [["Item", "Cost"], ["Rent", "12.5"]]
    assert document.elements[1].table.header_rows == 1
    assert (document.metadata.title, document.metadata.author) == ("Plan", "Ada")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (number(0.125, "12.5%", "percentage"), "12.5%"),
        (number(1234.5, "1.234,50 €", "currency"), "1.234,50 €"),
        (number(2134, "02134"), "02134"),
        (number(1.25, "1 1/4"), "1 1/4"),
        (number(3.0), "3"),
        (cell("11.11.14", "date", 'office:date-value="2014-11-11"'), "2014-11-11"),
        (cell("x", "date", 'office:date-value="2014-11-11T08:30:00"'), "2014-11-11 08:30:00"),
        (cell("03:17 PM", "time", 'office:time-value="PT27H17M54S"'), "27:17:54"),
        (cell("WAHR", "boolean", 'office:boolean-value="true"'), "TRUE"),
        (cell("two<text:s text:c='2'/>spaces<text:line-break/>line"), "two spaces line"),
        (cell("", "string", 'office:string-value="only a value"'), "only a value"),
    ],
)  # fmt: skip
def test_values_are_written_as_they_are_shown(value, shown):
    document = parse(
        spreadsheet(table(row(cell("Name"), cell("Value")) + row(cell("a"), value))), "a.ods"
    )
    assert cells_of(document)[0][1] == ["a", shown]


def test_comments_links_text_boxes_and_merged_cells_are_kept():
    note = "<office:annotation><dc:creator>Bo</dc:creator><text:p>Check this</text:p></office:annotation>"
    link = '<text:a xlink:href="https://example.org/x">site</text:a>'
    box = "<draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box></draw:frame>"
    rows = (
        row(cell("Region"), cell("Town"), cell("Web"))
        + row(cell("North", attributes='table:number-rows-spanned="2"'), cell("Ayr"), cell(link))
        + row("<table:covered-table-cell/>", cell("Wick", inside=note), cell("-"))
    )
    document = parse(spreadsheet(table(f"<table:shapes>{box}</table:shapes>{rows}")), "a.ods")
    assert cells_of(document)[0][2] == ["North", "Wick", "-"]
    assert [document.text[a.char_start : a.char_end] for a in document.links] == ["site"]
    assert ("paragraph", "In a box") in typed_texts(document)
    assert ("paragraph", "Comment on B3 (Bo): Check this") in typed_texts(document)


def test_repeated_rows_and_cells_are_read_and_empty_ones_are_not():
    many = 'table:number-columns-repeated="16384"'
    rows = (
        row(cell("a", attributes='table:number-columns-repeated="3"'), cell(attributes=many))
        + row(number(1), number(2), number(3), attributes='table:number-rows-repeated="2"')
        + row(cell(attributes=many), attributes='table:number-rows-repeated="1048573"')
    )
    assert cells_of(parse(spreadsheet(table(rows)), "a.ods")) == [
        [["a", "a", "a"], ["1", "2", "3"], ["1", "2", "3"]]
    ]


def test_a_sheet_that_repeats_itself_out_of_bounds_is_unsafe():
    rows = row(
        cell("x", attributes='table:number-columns-repeated="16384"'),
        attributes='table:number-rows-repeated="1048576"',
    )
    with pytest.raises(DocumentRejected) as caught:
        parse(spreadsheet(table(rows)), "a.ods")
    assert caught.value.reason == Reason.UNSAFE


def test_hidden_sheets_are_read_and_named():
    style = (
        '<style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    sheets = [table(row(cell("a")), "Shown", "ta1"), table(row(cell("b")), "Rates", "ta2")]
    document = parse(spreadsheet(*sheets, styles=style), "a.ods")
    assert ("hidden_sheets", ("Rates",)) in document.metadata.extra
    assert "b" in document.text


@pytest.mark.parametrize("name", ["a.fods", "a.xml", "a"])
def test_a_flat_spreadsheet_is_read(name):
    kind = 'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"'
    body = f"<office:spreadsheet>{table(row(cell('flat'), cell('file')))}</office:spreadsheet>"
    assert "flat | file" in parse(content(body, root="document", more=kind).encode(), name).text


@pytest.mark.parametrize(
    ("kind", "name"),
    [("spreadsheet-template", "a.ots"), ("spreadsheet", "without a suffix")],
)
def test_templates_are_read_as_documents(kind, name):
    body = f"<office:spreadsheet>{table(row(cell('in'), cell('template')))}</office:spreadsheet>"
    assert "in | template" in parse(package(kind, body), name).text


def test_a_package_without_a_declared_type_is_known_by_its_manifest():
    body = f"<office:spreadsheet>{table(row(cell('old'), cell('kspread')))}</office:spreadsheet>"
    manifest = (
        '<manifest:manifest><manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    data = zipped({"content.xml": content(body), "META-INF/manifest.xml": manifest})
    assert "old | kspread" in parse(data, "a.zip").text


def test_a_password_is_reported():
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    data = zipped({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": manifest,
        "content.xml": b"\x01\x02 encrypted",
    })  # fmt: skip
    with pytest.raises(DocumentRejected) as caught:
        parse(data, "a.ods")
    assert caught.value.reason == Reason.ENCRYPTED


@pytest.mark.parametrize("member", ["mimetype", "META-INF/manifest.xml"])
def test_a_damaged_declaration_of_the_type_costs_no_text(member):
    words = "application/vnd.oasis.opendocument.spreadsheet " * 20
    body = f"<office:spreadsheet>{table(row(cell('still'), cell('read')))}</office:spreadsheet>"
    data = bytearray(zipped({member: words, "content.xml": content(body)}))
    start = 30 + len(member)
    data[start : start + 8] = b"\xff" * 8
    assert "still | read" in parse(bytes(data), "a.ods").text


def test_damaged_content_is_malformed():
    broken = zipped({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f"<office:document-content {NAMESPACES}><office:body>",
    })  # fmt: skip
    with pytest.raises(DocumentRejected) as caught:
        parse(broken, "a.ods")
    assert caught.value.reason == Reason.MALFORMED
