"""Read what calamine leaves out of an .xlsx: formats of cells, links, comments and text boxes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import TypeAlias

from vouch.parsers.common.links import target_of
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, attribute, child, name_of
from vouch.parsers.office.charts import chart_titles, diagram_texts
from vouch.parsers.office.ooxml_package import Package
from vouch.parsers.office.sheets.number_format import BUILT_IN, NumberFormat, number_format

Place: TypeAlias = tuple[int, int]
"""Row and column from 0."""
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
# Rows and cells. By regular expressions over the bytes: a tree of a sheet takes many times its
# memory.
_TAG = re.compile(
    rb"<(?:[\w.-]+:)?(?:(row)|c)(?=[\s/>])"
    rb"(?:\s+r=\"([A-Z]{0,3})(\d{1,7})\")?(?:\s+s=\"(\d{1,6})\")?([^<>]*)>"  # as most write them
)
_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{0,3})(\d{1,7})")
_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d{1,6})")
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\s[^<>]*>")
_FILTER = re.compile(rb'<(?:\w+:)?autoFilter\s(?:[^<>]*\s)?ref="([A-Z0-9$:]{1,40})"')
_LINK_PLACE = re.compile(rb'\slocation="([^"]*)"')
_MARGIN = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)(?:\s[^<>]*)?>([^<]*)<")
_MARGIN_CODE = re.compile(r'(?<!&)&(?:"[^"]*"|K[0-9A-Fa-f]{6}|\d{1,3}|[A-Z+-])')
_LINK_REFERENCE = re.compile(rb'\sref="([A-Z]{1,3}\d{1,7})')  # of a range, its first cell
_LINK_ID = re.compile(rb'\s\w+:id="([^"]*)"')
_LINK_FORMULA = re.compile(
    rb'<(?:\w+:)?c\s(?:[^<>]*\s)?r="([A-Z]{1,3}\d{1,7})"[^<>]*>\s*<(?:\w+:)?f(?:\s[^<>]*)?>\s*'
    rb'HYPERLINK\(\s*(?:"|&quot;)((?:[^"&<]|&(?!quot;))*)'
)


@dataclass(frozen=True, slots=True)
class SheetExtras:
    """What calamine leaves out of one sheet.

    `formats` are those of cells that are not shown as they are, `links` where cells lead to,
    `texts` those of text boxes, `comments` each with its place and author, `header_rows` the rows
    that name the columns of tables, with their first and last column, `page_margins` the headers
    and footers of printed pages.
    """

    formats: Iterable[tuple[Place, NumberFormat]] = ()
    links: dict[Place, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    part: str = ""
    header_rows: list[tuple[int, int, int]] = field(default_factory=list)
    page_margins: list[str] = field(default_factory=list)


def sheet_extras(package: Package) -> Iterator[SheetExtras]:
    """Yield the extras of each sheet, in the workbook's order; read each before the next.

    Raises `DocumentRejected` (malformed) where the workbook's own part is damaged.
    """
    workbook = next(iter(package.related("", "officeDocument")), "xl/workbook.xml")
    targets = package.relationships(workbook)
    formats = _formats(package, workbook)
    people = {
        attribute(person, "id") or "": attribute(person, "displayName") or ""
        for root in map(package.beside, package.related(workbook, "person"))
        if root is not None
        for person in root
    }
    for sheet in _children(package.xml(workbook), "sheets"):
        part = targets.get(attribute(sheet, "id") or "", ("", ""))[1]
        data = package.data_beside(part)
        extras = SheetExtras(
            _formatted_cells(data, formats) if formats else (),
            dict(_links(package, part, data)),
            list(filter(None, dict.fromkeys(_texts(package, part)))),
            list(_comments(package, part, people)),
            part,
            list(_header_rows(package, part, data)),
            list(_page_margins(data)),
        )
        del data  # which may be large, and is needed no longer than the formats
        yield extras


def _formats(package: Package, workbook: str) -> dict[bytes, NumberFormat]:
    """Return the formats that change how cells are shown, by the index of their cell style."""
    root = next(map(package.beside, package.related(workbook, "styles")), None)
    codes = {str(number): code for number, code in BUILT_IN.items()}
    for node in _children(root, "numFmts"):
        codes[attribute(node, "numFmtId") or ""] = attribute(node, "formatCode") or ""
    styles = (attribute(node, "numFmtId") or "" for node in _children(root, "cellXfs"))
    formats = (number_format(codes.get(format_id, "")) for format_id in styles)
    return {str(index).encode(): shown for index, shown in enumerate(formats) if shown is not None}


def _formatted_cells(
    data: bytes, formats: dict[bytes, NumberFormat]
) -> Iterator[tuple[Place, NumberFormat]]:
    """Yield the places of cells whose style has one of the formats."""
    row, column = -1, -1
    columns: dict[bytes, int] = {b"": -1}
    for match in _TAG.finditer(data):
        is_row, letters, number, style, attributes = match.groups()
        if number is None and (place := _PLACE.search(attributes)):
            letters, number = place.groups()
        if number is not None:
            if letters not in columns:
                columns[letters] = _column(letters.decode())
            row, column = int(number) - 1, columns[letters]
        elif is_row:
            row, column = row + 1, -1
        else:  # a cell without a reference is behind the one before it
            column += 1
        if style is None and (match_of_style := _STYLE.search(attributes)):
            style = match_of_style[1]
        if not is_row and style in formats:
            yield (row, column), formats[style]


def _header_rows(package: Package, sheet: str, data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the header rows of tables, and of ranges with a filter."""
    filters = _FILTER.findall(data) if b"autoFilter" in data else ()
    tables = (root for root in map(package.beside, package.related(sheet, "table")))
    named = (attribute(root, "ref") or "" for root in tables if _has_header(root))
    for reference in (*(written.decode() for written in filters), *named):
        first, _, last = reference.replace("$", "").partition(":")
        (top, left), (bottom, right) = _place(first), _place(last)
        if 0 <= top < bottom:
            yield top, left, right


def _has_header(table: Xml | None) -> bool:
    return table is not None and attribute(table, "headerRowCount") != "0"


def _links(package: Package, part: str, data: bytes) -> Iterator[tuple[Place, str]]:
    """Yield where cells lead to, by a link or by the formula HYPERLINK with a constant address."""
    if b"HYPERLINK(" in data:
        for reference, written in _LINK_FORMULA.findall(data):
            if (target := target_of(unescape(written.decode("utf-8", "replace")))) is not None:
                yield _place(reference.decode()), target
    if b"hyperlink " not in data:
        return
    targets = package.external_targets(part)
    for tag in _LINK.findall(data):
        reference, link = _LINK_REFERENCE.search(tag), _LINK_ID.search(tag)
        written = targets.get(link[1].decode("utf-8", "replace"), "") if link else ""
        place = _LINK_PLACE.search(tag)
        if written and place and "#" not in written:
            written = f"{written}#{unescape(place[1].decode('utf-8', 'replace'))}"
        if reference and (target := target_of(written)) is not None:
            yield _place(reference[1].decode()), target


def _texts(package: Package, sheet: str) -> Iterator[str]:
    """Yield the texts of text boxes, pictures, charts and diagrams, their paragraphs as lines.

    Of a chart only its titles: its figures are those of cells.
    """
    for drawing in package.related(sheet, "drawing"):
        root = package.beside(drawing)
        for node in () if root is None else root.iter("{*}txBody", "{*}cNvPr"):
            lines = (one_line(_runs(part)) for part in node if name_of(part) == "p")
            yield attribute(node, "descr") or "\n".join(filter(None, lines))
        for part in package.related(drawing, "chart", "chartEx"):
            chart = package.beside(part)
            yield "\n".join(filter(None, chart_titles(chart) if chart is not None else ()))
        for part in package.related(drawing, "diagramData"):
            diagram = package.beside(part)
            yield "\n".join(diagram_texts(diagram) if diagram is not None else ())


def _page_margins(data: bytes) -> Iterator[str]:
    """Yield the headers and footers of printed pages, without their codes (18.3.1.39)."""
    for written in _MARGIN.findall(data) if b"headerFooter" in data else ():
        text = _MARGIN_CODE.sub(" ", unescape(written.decode("utf-8", "replace")))
        yield one_line(text.replace("&&", "&"))


def _comments(package: Package, sheet: str, people: dict[str, str]) -> Iterator[str]:
    """Yield threaded comments, then notes at cells without a thread.

    Excel stores a note with a warning for its older versions at each cell with a thread.
    """
    threaded = set()
    for root in map(package.beside, package.related(sheet, "threadedComment")):
        for comment in [] if root is None else root:
            place = attribute(comment, "ref") or ""
            author = people.get(attribute(comment, "personId") or "", "unknown")
            threaded.add(place)
            yield f"Comment on {place} ({author}): {one_line(_runs(comment, 'text'))}"
    for root in map(package.beside, package.related(sheet, "comments")):
        authors = [one_line(node.text or "") for node in _children(root, "authors")]
        for note in _children(root, "commentList"):
            place, number = attribute(note, "ref") or "", attribute(note, "authorId") or ""
            if place in threaded:
                continue
            is_listed = number.isdigit() and int(number) < len(authors)
            author = authors[int(number)] if is_listed else ""
            # Excel begins a new note with the name of its author.
            text = one_line(_runs(note)).removeprefix(f"{author}:").strip()
            yield f"Comment on {place} ({author or 'unknown'}): {text}"


def _children(root: Xml | None, name: str) -> list[Xml]:
    node = child(root, name)
    return [] if node is None else list(node)


def _runs(element: Xml, name: str = "t") -> str:
    return "".join(node.text or "" for node in element.iter() if name_of(node) == name)


def _place(reference: str) -> Place:
    """Return row and column, from 0, of a reference such as `B2`; -1, -1 for anything else."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return -1, -1
    return int(match[2]) - 1, _column(match[1])


def _column(letters: str) -> int:
    """Return the number of a column, from 0."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1
