"""Office files under attack: circles, lying sizes, nesting, references that lead out, lost parts."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.outcomes import outcome
from tests.parsers.binary_files import FOLDER, zipped
from tests.parsers.office.opendocument_writer import cell, package, row, spreadsheet, table
from tests.parsers.office.xlsb_writer import xlsb
from tests.parsers.office.xlsx_writer import xlsx
from tests.parsers.package_writers import PACKAGE_WRITERS
from vouch.parsers.common.ole_container import OleFileIO, ole_metadata
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Metadata, Reason
from vouch.schemas.errors import DocumentRejected

Members = dict[str, str | bytes]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"


def members_of(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(kind: str, **parts: str) -> bytes:
    """Return a package of one word with other parts."""
    members = members_of(PACKAGE_WRITERS[kind](["Words"]))
    return zipped(members | parts)


def relationships(*links: str) -> str:
    return f'<Relationships xmlns="{RELATIONSHIPS}">{"".join(links)}</Relationships>'


def docx(body: str, **parts: str) -> bytes:
    """Return a document with further parts, each related by its name."""
    links = (f'<Relationship Id="{name}" Type="t/{name}" Target="{name}.xml"/>' for name in parts)
    document = f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    members = members_of(PACKAGE_WRITERS["docx"](["Words"])) | {
        "word/document.xml": document,
        "word/_rels/document.xml.rels": relationships(*links),
    }
    xml = {f"word/{n}.xml": f'<w:{n} xmlns:w="{W}">{part}</w:{n}>' for n, part in parts.items()}
    return zipped(members | xml)


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def style(name: str, base: str) -> str:
    based = f'<w:basedOn w:val="{base}"/>'
    return f'<w:style w:type="paragraph" w:styleId="{name}">{based}</w:style>'


def sheet(rows: str, after: str = "") -> bytes:
    """Return a workbook with the XML of its only sheet."""
    members = members_of(xlsx({"A": [["a"]]}))
    data = f'<worksheet xmlns="{M}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    return zipped(members | {"xl/worksheets/sheet1.xml": data})


def cells(*references: str) -> str:
    """Return rows of one cell each, from the attributes of row and cell."""
    return "".join(
        f"<row {r}><c {c}><v>1</v></c></row>" for r, c in (x.split("|") for x in references)
    )


SPACES = '<text:s text:c="999999999"/>'
FIRST_CELL = 'r="1"|r="A1"'
NUMBERING = (
    '<w:abstractNum w:abstractNumId="1">%s</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
)
NUMBERED = '<w:numPr><w:ilvl w:val="%s"/><w:numId w:val="1"/></w:numPr>'

# What is read although something in it lies or runs in a circle.
READ: dict[str, tuple[Callable[[], bytes], str]] = {
    "styles.docx": (
        lambda: docx(p("Words", '<w:pStyle w:val="A"/>'), styles=style("A", "B") + style("B", "A")),
        "Words",
    ),
    "numbers.docx": (
        lambda: docx(
            p("Words", NUMBERED % 99999999999),
            numbering=NUMBERING % '<w:numStyleLink w:val="S"/>',
            styles='<w:style w:type="numbering" w:styleId="S"><w:pPr><w:numPr><w:numId w:val="1"/>'
            "</w:numPr></w:pPr></w:style>",
        ),
        "Words",
    ),
    "roman.docx": (
        lambda: docx(
            p("Words", NUMBERED % 0),
            numbering=NUMBERING
            % '<w:lvl w:ilvl="0"><w:start w:val="999999999999"/><w:numFmt w:val="upperRoman"/>'
            '<w:lvlText w:val="%1.%1"/></w:lvl>',
        ),
        "Words",
    ),
    "footnotes.docx": (
        lambda: docx(
            '<w:p><w:r><w:t>Words</w:t><w:footnoteReference w:id="1"/></w:r></w:p>',
            footnotes="".join(
                f'<w:footnote w:id="{a}"><w:p><w:r><w:footnoteReference w:id="{b}"/></w:r></w:p></w:footnote>'
                for a, b in ((1, 2), (2, 1))
            ),
        ),
        "Words",
    ),
    "fields.docx": (
        lambda: docx(
            "<w:p>" + '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * 5000 + "</w:p>" + p("Words")
        ),
        "Words",
    ),
    "span.docx": (
        lambda: docx(
            '<w:tbl><w:tr><w:trPr><w:gridBefore w:val="999999999"/></w:trPr><w:tc><w:tcPr>'
            f'<w:gridSpan w:val="999999999"/></w:tcPr>{p("Words")}</w:tc></w:tr></w:tbl>'
        ),
        "Words",
    ),
    "rows.docx": (lambda: docx(f"<w:tbl>{'<w:tr/>' * 50_000}</w:tbl>{p('Words')}"), "Words"),
    "dimension.xlsx": (lambda: sheet(cells(FIRST_CELL), '<dimension ref="A1:XFD1048576"/>'), "1"),
    "merges.xlsx": (
        lambda: sheet(
            cells(FIRST_CELL),
            "<mergeCells>"
            + "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(1, 3000))
            + "</mergeCells>",
        ),
        "1",
    ),
    **{
        f"blank-{number}.xlsx": (lambda last=last: sheet(cells(FIRST_CELL) + last), "1")
        for number, last in enumerate(
            (
                '<row r="1048576"/>',
                '<row r="1048576"><c r="XFD1048576" s="1"/></row>',
                "<row r='1048576' x='>'><c r='XFD1048576'></c></row>",
            )
        )
    },
    "rows.xlsx": (lambda: sheet(cells(FIRST_CELL) + '<row r="9"/>' * 100_000), "1"),
    "columns.ods": (
        lambda: spreadsheet(table(row(cell("Words", attributes='table:number-columns-repeated="1000000000"')))),
        "Words",
    ),
    "rows.ods": (
        lambda: spreadsheet(
            table(row(cell("Words")) + row(cell(), attributes='table:number-rows-repeated="99999999"') * 50)
        ),
        "Words",
    ),
    "spans.ods": (
        lambda: spreadsheet(
            table(
                row(
                    cell(
                        "Words",
                        attributes='table:number-columns-spanned="99999999" table:number-rows-spanned="99999999"',
                    )
                )
            )
        ),
        "Words",
    ),
    "spaces.ods": (
        lambda: spreadsheet(
            table(row(cell(inside=f"<text:p>Words{SPACES * 50}</text:p>")))
        ),
        "Words",
    ),
    "dates.ods": (
        lambda: spreadsheet(
            table(
                row(
                    cell("Words", "date", 'office:date-value="99999-01-01"'),
                    cell("y", "time", f'office:time-value="PT{"9" * 30}H"'),
                    cell("z", "float", 'office:value="1e999"'),
                )
            )
        ),
        "Words",
    ),
    "groups.rtf": (lambda: b"{\\rtf1 " + b"{" * 50_000 + b"Words" + b"}" * 50_001, "Words"),
    "objects.rtf": (
        lambda: b"{\\rtf1 Words{\\object\\objemb{\\*\\objdata " + b"ab" * 200_000 + b"}}}",
        "Words",
    ),
    "numbers.rtf": (lambda: b"{\\rtf1 Words\\bin-5 \\li99999999999999 \\uc99999999 }", "Words"),
    "script.epub": (
        lambda: changed(
            "epub",
            **{
                "a.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><script>evil()</script><p>Words</p>'
                '<iframe src="file:///etc/passwd"/><img src="http://127.0.0.1:9/x"/></body></html>'
            },
        ),
        "Words",
    ),
    "elsewhere.docx": (
        lambda: changed(
            "docx",
            **{
                "_rels/.rels": relationships(
                    '<Relationship Id="a" Type="t/officeDocument" Target="http://127.0.0.1:9/x" '
                    'TargetMode="External"/>'
                )
            },
        ),
        "Words",
    ),
}  # fmt: skip
REJECTED: dict[str, tuple[Callable[[], bytes], Reason, str]] = {
    "tables.docx": (
        lambda: docx("<w:tbl><w:tr><w:tc>" * 1000 + p("x") + "</w:tc></w:tr></w:tbl>" * 1000),
        Reason.UNSAFE,
        "word/document.xml .* nested too deep",
    ),
    "formula.docx": (
        lambda: docx(f"<w:p>{'<w:f><w:num>' * 800}x{'</w:num></w:f>' * 800}</w:p>"),
        Reason.UNSAFE,
        "nested too deep",
    ),
    **{
        f"{name}.xlsx": (lambda last=last: sheet(cells(FIRST_CELL, last)), Reason.UNSAFE, "at most 5,000,000 cells")
        for name, last in {
            "corner": 'r="1048576"|r="XFD1048576"',
            "lower": 'r="1048576"|r="xfd1048576"',
            "quotes": "r='1048576'|r='XFD1048576'",
            "blanks": 'r = "1048576"|r = "XFD1048576"',
            "digits": 'r="4294967295"|r="A4294967295"',
            "more-digits": f'r="{"9" * 40}"|r="A{"9" * 40}"',
            "zeros": f'r="{"0" * 5000}1048576"|r="XFD{"0" * 5000}1048576"',
            "letters": 'r="1"|r="ZZZZZZZ1"',
            "no-blank": 'r="1048576"|r="XFD1048576" x="/>"',
        }.items()
    },
    "unnamed.xlsx": (
        lambda: sheet(cells('r="1048576"|s="0"') + f"<row>{'<c><v>1</v></c>' * 5000}</row>"),
        Reason.UNSAFE,
        "at most 5,000,000 cells",
    ),
    "elsewhere.xlsx": (  # a sheet that its name does not show
        lambda: zipped(
            {
                name.replace("worksheets/sheet1.xml", "media/picture.png"): (
                    part.replace(b"worksheets/sheet1.xml", b"media/picture.png")
                    if isinstance(part, bytes)
                    else part
                )
                for name, part in members_of(sheet(cells(FIRST_CELL, 'r="9"|r="XFD1048576"'))).items()
            }
        ),
        Reason.UNSAFE,
        "at most 5,000,000 cells",
    ),
    "corner.xlsb": (lambda: xlsb({"A": [["a"]]}, first=(1_048_575, 16_383)), Reason.UNSAFE, "at most"),
    "strings.xlsb": (lambda: xlsb({"A": [["a"]]}, shared_count=2**32 - 1), Reason.UNSAFE, "declares"),
    "strings.xlsx": (
        lambda: sheet('<row r="1"><c r="A1" t="s"><v>999999999</v></c></row>'),
        Reason.MALFORMED,
        "shared strings",
    ),
    "columns.ods": (
        lambda: spreadsheet(
            table(row(cell("x", attributes='table:number-columns-repeated="99999999"'), cell("y")))
        ),
        Reason.UNSAFE,
        "at most 5,000,000 cells",
    ),
    "rows.ods": (
        lambda: spreadsheet(
            table(row(cell("x"), attributes='table:number-rows-repeated="99999999"') + row(cell("y")))
        ),
        Reason.UNSAFE,
        "at most 5,000,000 cells",
    ),
    "deep.ods": (
        lambda: spreadsheet(
            table(row(cell(inside=f"<text:p>{'<text:span>' * 1900}x{'</text:span>' * 1900}</text:p>")))
        ),
        Reason.UNSAFE,
        "nested deeper",
    ),
    "deep.odp": (
        lambda: package(
            "presentation",
            f"<office:presentation><draw:page>{'<draw:g>' * 1500}{'</draw:g>' * 1500}</draw:page>"
            "</office:presentation>",
        ),
        Reason.UNSAFE,
        "nested deeper",
    ),
    "main.docx": (
        lambda: changed(
            "docx",
            **{
                "_rels/.rels": relationships(
                    '<Relationship Id="a" Type="t/officeDocument" Target="../../../etc/passwd"/>'
                )
            },
        ),
        Reason.MALFORMED,
        "no document part",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_lies_or_runs_in_a_circle_is_read_once(name: str) -> None:
    write, words = READ[name]
    text = parse(write(), name).text
    assert words in text
    assert len(text) < 100_000
    assert "root:" not in text


@pytest.mark.parametrize("name", REJECTED)
def test_what_cannot_be_read_is_rejected_in_words(name: str) -> None:
    write, reason, message = REJECTED[name]
    with pytest.raises(DocumentRejected, match=message) as raised:
        parse(write(), name)
    assert raised.value.reason == reason


PACKAGES = {
    kind: members_of(PACKAGE_WRITERS[kind](["Words of the file", "and more"]))
    for kind in ("docx", "pptx", "xlsx", "odt", "ods", "odp", "epub")
} | {"xlsb": members_of(xlsb({"A": [["Words", 1.5], ["of", True]]}))}
VALUES = [
    b"",
    b"-1",
    b"0",
    b"99999999999",
    b"1e9",
    b"NaN",
    b"A1:XFD1048576",
    b"../../x",
    b"x" * 3000,
]


@settings(max_examples=150)
@given(st.sampled_from(sorted(PACKAGES)), st.randoms(use_true_random=False))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_change_of_a_part_gives_a_document_or_a_rejection(
    kind: str, chance: random.Random
) -> None:
    members = dict(PACKAGES[kind])
    name = chance.choice(sorted(members))
    part = members[name]
    assert isinstance(part, bytes)
    match chance.randrange(5):
        case 0:
            del members[name]
        case 1:
            members[name] = part[: chance.randrange(len(part) + 1)]
        case 2:
            members[name] = members[chance.choice(sorted(members))]
        case 3:
            places = list(re.finditer(rb'="([^"]*)"', part)) or list(re.finditer(rb"(.)", part))
            place = chance.choice(places)
            members[name] = part[: place.start(1)] + chance.choice(VALUES) + part[place.end(1) :]
        case 4:
            at = chance.randrange(len(part))
            members[name] = (
                part[:at] + bytes([part[at] ^ 1 << chance.randrange(8)]) + part[at + 1 :]
            )
    read = outcome(zipped(members), f"a.{kind}")
    if isinstance(read, DocumentRejected):
        assert not re.search(r"\b(?:Key|Index|Type|Attribute|Assertion)Error\b", read.message)


@pytest.mark.parametrize("kind", ["fake.doc", "tests-example.xls", "fake-email-attachment.msg"])
@pytest.mark.parametrize(
    "value", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\2\0\0\0"]
)
def test_old_containers_with_wrong_sectors_do_not_run_in_circles(kind: str, value: bytes) -> None:
    data = (FOLDER / kind).read_bytes()
    for place in range(24, 80, 4):  # the header, [MS-CFB] 2.2
        with suppress(DocumentRejected):
            parse(data[:place] + value + data[place + 4 :], kind)


def test_a_property_that_declares_a_list_of_billions_is_not_read() -> None:
    data = (FOLDER / "fake.doc").read_bytes()
    with OleFileIO(data) as container:
        stream = container.openstream("\x05SummaryInformation").read()
        sound = ole_metadata(container)
    start = int.from_bytes(stream[44:48], "little")
    offset = start + int.from_bytes(stream[start + 12 : start + 16], "little")
    place = data.index(stream[:512]) + offset
    hostile = data[:place] + b"\x64\x10\0\0\xff\xff\xff\xff" + data[place + 8 :]
    with OleFileIO(hostile) as container:
        assert ole_metadata(container) == Metadata()
    assert sound != Metadata()
