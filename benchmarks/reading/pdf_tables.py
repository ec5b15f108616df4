"""Numbers of PDF tables below their headers: `python -m benchmarks.reading.pdf_tables CORPORA`.

Public HTML pages with tables of numbers, above all an annual report to the SEC, are printed by
Chromium: the cells of each table are known from its markup, their places are Chromium's. If CORPORA
has `tabula`, the folder `tests/resources` of the source distribution of tabula-py (MIT), its PDF
files with a CSV file of the same name are measured too.

Found: a row has the number beside its label. Headed: the header rows above it have the name of its
column, and nothing else than what is above it in the source. Spanning: the names that span columns
are above it too, in its column or left of it. Precision is the share of numbers that are headed, of
those in tables with at least one number of the source. Grids of libraries, which report no header
rows, get them by the rule for sheets. Cells side by side: of rst2pdf's tests, if CORPORA has its
source distribution (MIT) as `rst2pdf`. Prose: documents without tables: each one found is wrong.
"""

import csv
import io
import re
import shutil
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from time import process_time

import lxml.html
import pypdfium2 as pdfium
from docutils.core import publish_string
from docutils.utils import SystemMessage
from lxml.html import HtmlElement

from benchmarks.reading.pdf_truths import printed
from vouch.parsers.common.merged_cells import MAX_SPAN
from vouch.parsers.common.table_headers import header_rows, is_figure
from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected

_PAGES = (
    "unstructured/example-10k.html",
    "markitdown/packages/markitdown/tests/test_files/test_wikipedia.html",
)
_PROSE = (
    "pdf_samples/004-pdflatex-4-pages/pdflatex-4-pages.pdf",
    "pdf_samples/006-pdflatex-outline/pdflatex-outline.pdf",
    "unstructured/pdf/fake-memo.pdf",
    "unstructured/pdf/list-item-example.pdf",
    "unstructured/pdf/multi-column-2p.pdf",
    "unstructured/pdf/layout-parser-paper-fast.pdf",
    "unstructured/pdf/a1977-backus-p21.pdf",
    "unstructured/pdf/DA-1p.pdf",
    "pypdf/resources/crazyones.pdf",
)
_STRATEGIES = ("lines", "text")
_FLAVORS = ("lattice", "stream", "network", "hybrid")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d[\d.,]*")
_YEAR = re.compile(r"(?:19|20)\d\d(?:\s?\(\w\))?")
Grid = tuple[list[list[str]], int]
"""The cells of a table, and how many rows are headers."""
Reader = Callable[[bytes], Iterable[Grid]]


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a table: the words of its row's label, and those of the headers above it.

    `table` is the number of its table. The outermost name is the first.
    """

    label: str
    number: str
    names: tuple[str, ...]
    table: int


@dataclass(frozen=True, slots=True)
class _Above:
    """The texts of header rows above a number, and those at or left of its column in each row."""

    names: tuple[str, ...]
    carried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownTables:
    """A PDF and the numbers of its tables."""

    name: str
    data: bytes
    values: tuple[Value, ...]


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of figures for each kind of document."""
    documents = [*_printed_pages(corpora), *_with_csv(corpora / "tabula")]
    if documents:
        yield _scores_table(documents)
    if not (corpora / "tabula").is_dir():
        yield "tabula: not measured, CORPORA has no folder `tabula` with tabula-py's test resources"
    if (corpora / "rst2pdf").is_dir():
        yield _neighbours_table(list(_with_markup(corpora / "rst2pdf")))
    else:
        yield "rst2pdf: not measured, CORPORA has no folder `rst2pdf` with its source distribution"
    yield _prose_table(corpora)


def _printed_pages(corpora: Path) -> Iterator[KnownTables]:
    """Yield pages printed by Chromium with the grids of their tables; none without Chromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    for name in _PAGES if program else ():
        html = (corpora / name).read_text("utf-8", "replace")
        tree = lxml.html.document_fromstring(html.encode())
        grids = [
            table
            for table in tree.iter("table")
            if next(table.iterdescendants("table"), None) is None
        ]
        values = [value for number, table in enumerate(grids) for value in _values(table, number)]
        yield KnownTables(
            Path(name).stem, printed(str(program), html, margins=False), tuple(values)
        )


def _with_csv(folder: Path) -> Iterator[KnownTables]:
    """Yield the PDFs of a folder that have a CSV file of the same name, with a header row."""
    for path in sorted(folder.glob("*.pdf")):
        table = path.with_suffix(".csv")
        if not table.is_file():
            continue
        header, *rows = csv.reader(io.StringIO(table.read_text("utf-8")))
        values = []
        for row in rows:
            label = next((_words(cell) for cell in row if _words(cell)), "")
            values += [
                Value(label, _number(cell), (_words(name),), 0)
                for name, cell in zip(header, row, strict=True)
                if _is_number(cell) and _words(cell) != label
            ]
        yield KnownTables(path.stem, path.read_bytes(), tuple(values))


def _values(table: HtmlElement, number: int) -> Iterator[Value]:
    """Yield the numbers of an HTML table that has more of them than of other cells."""
    rows = _laid_out(table)
    first = next((n for n, row in enumerate(rows) if _has_number(row)), len(rows))
    values = [
        Value(label, _number(text), _names(rows[:first], start, end), number)
        for row in rows[first:]
        if (label := next((_words(cell[0]) for cell in row if _words(cell[0])), ""))
        for text, start, end in row
        if _is_number(text) and _words(text) != label
    ]
    cells = [text for row in rows[first:] for text, _, _ in row[1:]]
    if len(values) * 2 > len(cells) and len({value.label for value in values}) > 1:
        yield from values


def _laid_out(table: HtmlElement) -> list[list[tuple[str, int, int]]]:
    """Return each row as (text, first column, column behind), with signs joined to numbers."""
    rows = []
    occupied: defaultdict[int, set[int]] = defaultdict(set)
    for number, row in enumerate(table.iter("tr")):
        column = 0
        cells: list[tuple[str, int, int]] = []
        for cell in row.iterchildren("td", "th"):
            while column in occupied[number]:
                column += 1
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            for below in range(1, height):
                occupied[number + below] |= set(range(column, column + width))
            if text := " ".join(_text(cell).split()):
                if cells and (cells[-1][0] in ("$", "€", "(", "$(") or text in (")", "%", ")%")):
                    cells[-1] = (cells[-1][0] + text, cells[-1][1], column + width)
                else:
                    cells.append((text, column, column + width))
            column += width
        rows.append(cells)
    return rows


def _text(cell: HtmlElement) -> str:
    """Return the text of a cell, with a space at each border of a block."""
    for block in cell.iterdescendants("p", "div", "br"):
        block.tail = f" {block.tail or ''}"
    return str(cell.text_content())


def _span(cell: HtmlElement, name: str) -> int:
    span = cell.get(name) or "1"
    return max(1, min(int(span), MAX_SPAN)) if span.isdecimal() else 1


def _has_number(row: Sequence[tuple[str, int, int]]) -> bool:
    """Return whether a row has a number that is no year."""
    return any(_is_number(text) and not _YEAR.fullmatch(text.strip()) for text, _, _ in row)


def _names(rows: Sequence[Sequence[tuple[str, int, int]]], start: int, end: int) -> tuple[str, ...]:
    above = (text for row in rows for text, a, b in row if a < end and b > start)
    return tuple(_words(text) for text in above if _words(text))


def _scores_table(documents: Sequence[KnownTables]) -> str:
    lines = [
        "### Numbers of tables below their headers",
        "",
        "| document | pages | numbers | read by | found | headed | precision | F1 | spanning "
        "| tables with headers | ms a page |",
        "|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for document in documents:
        with pdfium.PdfDocument(document.data) as file:
            pages = len(file)
        for name, reader in readers().items():
            start = process_time()
            grids = list(reader(document.data))
            cost = (process_time() - start) * 1000 / pages
            lines.append(
                f"| {document.name} | {pages} | {len(document.values)} | {name} "
                f"| {score(document.values, grids)} | {cost:.1f} |"
            )
    return "\n".join(lines)


def score(truth: Sequence[Value], grids: Sequence[Grid]) -> str:
    """Return found, headed, precision, F1, spanning and tables with headers as cells of a row."""
    expected = {(value.label, value.number) for value in truth}
    read: defaultdict[tuple[str, str], list[_Above]] = defaultdict(list)
    count = with_label = headed = grouped = groups = 0
    for rows, headers in grids:
        numbers = list(_numbers(rows, headers))
        # Tables without one number of the source's are those of words, which are not measured.
        if any((label, number) in expected for label, number, _ in numbers):
            count += len(numbers)
            for label, number, above in numbers:
                read[label, number].append(above)
    has_header: defaultdict[int, list[bool]] = defaultdict(list)
    for value in truth:
        places = read[value.label, value.number]
        best = next((place for place in places if _is_headed(value.names, place.names)), None)
        is_group = len(value.names) > 1
        groups += is_group
        if places:
            with_label += 1
            place = best or places[0]
            places.remove(place)
            words = set(" ".join(place.carried).split())
            grouped += is_group and all(set(name.split()) <= words for name in value.names)
        headed += best is not None
        if value.names:
            has_header[value.table].append(best is not None and bool(best.names))
    recall, precision = headed / max(len(truth), 1), headed / max(count, 1)
    f1 = 2 * recall * precision / max(recall + precision, 1e-9)
    shares = [with_label / max(len(truth), 1), recall, precision, f1, grouped / max(groups, 1)]
    complete = sum(sum(numbers) * 2 > len(numbers) for numbers in has_header.values())
    return " | ".join([*(f"{share:.3f}" for share in shares), f"{complete} of {len(has_header)}"])


def _numbers(rows: Sequence[Sequence[str]], headers: int) -> Iterator[tuple[str, str, "_Above"]]:
    """Yield the numbers below the header rows with the label of their row and what is above."""
    for row in rows[headers:]:
        label = next((words for cell in row if (words := _words(cell))), "")
        for column, cell in enumerate(row):
            if _is_number(cell) and _words(cell) != label:
                names = tuple(line[column] for line in rows[:headers] if column < len(line))
                carried = tuple(_carried(line, column) for line in rows[:headers])
                yield label, _number(cell), _Above(names, carried)


def _carried(row: Sequence[str], column: int) -> str:
    """Return the nearest text in a header row at a column or left of it, without the labels'."""
    return next((_words(row[n]) for n in range(min(column, len(row) - 1), 0, -1) if row[n]), "")


def _is_headed(names: Sequence[str], above: Sequence[str]) -> bool:
    """Return whether the texts above a number are its names, the innermost at least."""
    words = {word for text in above for word in _words(text).split()}
    allowed = {word for name in names for word in name.split()}
    innermost = set(names[-1].split()) if names else set()
    return words <= allowed and innermost <= words


def _with_markup(folder: Path) -> Iterator[tuple[bytes, list[Grid]]]:
    """Yield rst2pdf's reference PDFs with the tables of their reStructuredText."""
    settings = {"report_level": 5, "halt_level": 5, "embed_stylesheet": False}
    for path in sorted(folder.rglob("reference/*.pdf")):
        source = path.parent.parent / "input" / f"{path.stem}.rst"
        if not source.is_file():
            continue
        try:
            html = publish_string(
                source.read_text("utf-8"),
                source_path=str(source),
                writer="html5",
                settings_overrides=settings,
            )
        except (SystemMessage, UnicodeDecodeError, OSError):  # directives of rst2pdf's own
            continue
        tree = lxml.html.document_fromstring(html)
        grids = [
            [[cell.text_content() for cell in row.iterchildren("td", "th")] for row in rows]
            for table in tree.iter("table")
            if len(rows := list(table.iter("tr"))) > 1
        ]
        yield path.read_bytes(), [(rows, 0) for rows in grids if max(map(len, rows)) > 1]


def _neighbours_table(documents: Sequence[tuple[bytes, list[Grid]]]) -> str:
    """Compare which cells are side by side; those of tables of layout in the source count too."""
    lines = [
        "### Cells side by side, in PDFs of rst2pdf's tests",
        "",
        "| read by | files | pairs | recall | precision | F1 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, reader in readers().items():
        common = expected = actual = 0
        for data, grids in documents:
            truth, read = _neighbours(grids), _neighbours(reader(data))
            common += (truth & read).total()
            expected += truth.total()
            actual += read.total()
        recall, precision = common / max(expected, 1), common / max(actual, 1)
        f1 = 2 * recall * precision / max(recall + precision, 1e-9)
        shares = f"{recall:.3f} | {precision:.3f} | {f1:.3f}"
        lines.append(f"| {name} | {len(documents)} | {expected} | {shares} |")
    return "\n".join(lines)


def _neighbours(grids: Iterable[Grid]) -> Counter[tuple[str, str]]:
    """Return the pairs of cells with nothing but empty cells between them, by their words."""
    filled = ([text for cell in row if (text := _words(cell))] for rows, _ in grids for row in rows)
    return Counter(pair for row in filled for pair in pairwise(row))


def _prose_table(corpora: Path) -> str:
    lines = [
        "### Tables found in documents without tables",
        "",
        "| read by | files | pages | tables | their cells |",
        "|---|---:|---:|---:|---:|",
    ]
    files = [(corpora / name).read_bytes() for name in _PROSE]
    pages = 0
    for data in files:
        with pdfium.PdfDocument(data) as document:
            pages += len(document)
    for name, reader in readers().items():
        grids = [rows for data in files for rows, _ in reader(data)]
        cells = sum(bool(cell.strip()) for rows in grids for row in rows for cell in row)
        lines.append(f"| {name} | {len(files)} | {pages} | {len(grids)} | {cells} |")
    return "\n".join(lines)


def readers() -> dict[str, Reader]:
    """Return what is compared, by name; libraries that are not installed are left out."""
    compared: dict[str, Reader] = {"vouch": _vouch}
    if find_spec("pdfplumber"):
        compared |= {
            f"pdfplumber, {name}": partial(_pdfplumber, strategy=name) for name in _STRATEGIES
        }
    if find_spec("camelot"):
        compared |= {f"camelot, {name}": partial(_camelot, flavor=name) for name in _FLAVORS}
    return compared


def _vouch(data: bytes) -> Iterator[Grid]:
    try:
        document = parse(data, "a.pdf")
    except DocumentRejected:
        return
    for element in document.elements:
        if element.table:
            rows = [[document.text[a:b] for a, b in row] for row in element.table.rows]
            yield rows, element.table.header_rows


def _pdfplumber(data: bytes, strategy: str) -> Iterator[Grid]:
    import pdfplumber

    settings = {"vertical_strategy": strategy, "horizontal_strategy": strategy}
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            for table in page.extract_tables(settings):
                yield _by_our_rule([[cell or "" for cell in row] for row in table])
            page.close()


def _camelot(data: bytes, flavor: str) -> Iterator[Grid]:
    import camelot

    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        try:
            read = camelot.read_pdf(file.name, pages="all", flavor=flavor)
        except ValueError:  # 2.0 raises it where a row that it makes has no text
            return
        for table in read:
            yield _by_our_rule([[str(cell) for cell in row] for row in table.df.to_numpy()])


def _by_our_rule(rows: list[list[str]]) -> Grid:
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    filled = [row for row in cells if any(row)]
    return filled, header_rows(filled)


def _is_number(text: str) -> bool:
    """Return whether a cell is a number, with signs around it."""
    return is_figure(re.sub(r"[\s()$€£%*]", "", text).replace("−", "-"))


def _number(text: str) -> str:
    return "".join(_NUMBER.findall(text))


def _words(text: str) -> str:
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def main(corpora: Path) -> None:
    """Print every table."""
    for table in tables(corpora):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
