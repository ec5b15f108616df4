"""PDF under attack: false structures, loops, depth, bombs and many of everything.

Each file is read or rejected in words. What crashes its parser costs itself: the next document is
parsed.
"""

import zlib
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.outcomes import outcome
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers.sandbox import Sandbox

WORDS = "Hello there, reader"
TEXT = b"BT /F1 12 Tf 72 700 Td (Hello there, reader) Tj ET\n"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
A4 = b"[0 0 595 842]"


def assembled(objects: Iterable[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1; the first one is the catalog."""
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    return bytes(body) + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, trailer, len(body))
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def packed(content: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(content, 9), b"/Filter /FlateDecode " + entries)


def pdf(
    content: bytes = TEXT,
    *further: bytes,
    catalog: bytes = b"",
    page: bytes = b"",
    resources: bytes = b"",
    box: bytes = A4,
    pages: bytes = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    trailer: bytes = b"",
) -> bytes:
    """Return a PDF of one page; `further` are the objects from 6 on."""
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            pages,
            b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Resources << /Font << /F1 5 0 R >> %s >> "
            b"/Contents 4 0 R %s >>" % (box, resources, page),
            packed(content),
            FONT,
            *further,
        ],
        trailer,
    )


def counted(count: bytes) -> bytes:
    return pdf(pages=b"<< /Type /Pages /Kids [3 0 R] /Count %s >>" % count)


def versions(count: int) -> bytes:
    data = pdf()
    previous = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    for number in range(count):
        content = stream(TEXT.replace(b"there", b"there %d" % number))
        offset = len(data)
        data += b"4 0 obj\n%s\nendobj\n" % content
        data, previous = (
            data
            + b"xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\nstartxref\n"
            b"%d\n%%%%EOF\n" % (offset, previous, len(data)),
            len(data),
        )
    return data


def linked(count: int, key: bytes) -> list[bytes]:
    """Return a root of bookmarks and so many below each other or beside each other."""
    items = [
        b"<< /Title (Hello) /Parent 6 0 R /%s %d 0 R /Dest [3 0 R /Fit] >>" % (key, 8 + number)
        for number in range(count)
    ]
    return [b"<< /Type /Outlines /First 7 0 R /Count 1 >>", *items]


NOTE = b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (a note) >>"
FIELD = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (f) /V (v) /Rect [0 0 9 9] %s >>"
FILE = b"<< /Type /Filespec /F (x.txt) /EF << /F 7 0 R >> >>"
EMBEDDED = b"/Names << /EmbeddedFiles << /Names [%s] >> >>"
RUN_AWAY = b"<< /S /JavaScript /JS (while\\(true\\);) >>"
LAUNCH = b"<< /S /Launch /F (/bin/sh) /Next << /S /URI /URI (http://localhost/) >> >>"

READABLE: dict[str, Callable[[], bytes]] = {
    "too many pages counted": lambda: counted(b"1000000000"),
    "pages counted past 32 bits": lambda: counted(b"99999999999999999999"),
    "fewer than no pages counted": lambda: counted(b"-5"),
    "previous table is itself": lambda: pdf(trailer=b"/Prev 0"),
    "size of the table is false": lambda: pdf().replace(b"/Size 6", b"/Size 2147483647"),
    "length of the table is false": lambda: pdf().replace(b"xref\n0 6", b"xref\n0 999999999"),
    "start of the table is false": lambda: pdf().replace(b"xref\n0 6", b"xref\n4000000000 6"),
    "no table": lambda: pdf().partition(b"xref\n")[0] + b"trailer << /Root 1 0 R >>",
    "a thousand versions": lambda: versions(1000),
    "false linearisation": lambda: pdf().replace(
        b"%PDF-1.7\n",
        b"%PDF-1.7\n9 0 obj\n<< /Linearized 1 /L 99999999 /O 99 /N 1000000000 /T 9 >>\nendobj\n",
    ),
    "junk before it": lambda: b"junk\n" * 200 + pdf(),
    "a page of the web around it": lambda: b"<html><script>/*\n" + pdf() + b"*/</script>",
    "deep arrays": lambda: pdf(TEXT, b"[" * 100_000 + b"]" * 100_000, catalog=b"/X 6 0 R"),
    "deep dictionaries": lambda: pdf(
        TEXT, b"<</A " * 100_000 + b">>" * 100_000, catalog=b"/Names 6 0 R /Outlines 6 0 R"
    ),
    "deep arrays in a page": lambda: pdf(TEXT + b"[" * 500_000 + b"]" * 500_000 + b" TJ"),
    "saved states": lambda: pdf(b"q " * 300_000 + TEXT),
    "unknown operators": lambda: pdf(TEXT + b"foo " * 500_000),
    "marks around marks": lambda: pdf(b"/P BMC " * 1000 + TEXT),
    "pattern in itself": lambda: pdf(
        b"/Pattern cs /P scn 0 0 500 500 re f " + TEXT,
        stream(
            b"/Pattern cs /P scn 0 0 5 5 re f",
            b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.0001"
            b" /YStep 0.0001 /Resources << /Pattern << /P 6 0 R >> >>",
        ),
        resources=b"/Pattern << /P 6 0 R >>",
    ),
    **{
        f"page of {box.decode()}": lambda box=box: pdf(box=box)
        for box in (
            b"[0 0 1000000000 1000000000]", b"[0 0 0 0]", b"[100 100 -100 -100]", b"[0 0 nan inf]",
            b"[0 0]", b"null", b"[0 0 0.0001 0.0001]", b"[595 842 0 0]", b"[0 0 9e99 9e99]",
        )
    },
    "turned by an odd angle": lambda: pdf(page=b"/Rotate 12345677"),
    "a unit past all numbers": lambda: pdf(page=b"/UserUnit 1e30"),
    "a hundred thousand notes": lambda: pdf(
        TEXT, NOTE, page=b"/Annots [%s]" % (b"6 0 R " * 100_000)
    ),
    "bookmarks in a circle": lambda: pdf(
        TEXT,
        b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>",
        b"<< /Title (a) /Parent 6 0 R /Next 7 0 R /First 7 0 R /Dest [3 0 R /Fit] >>",
        catalog=b"/Outlines 6 0 R",
    ),
    "bookmarks below each other": lambda: pdf(
        TEXT, *linked(20_000, b"First"), catalog=b"/Outlines 6 0 R"
    ),
    "bookmarks beside each other": lambda: pdf(
        TEXT, *linked(20_000, b"Next"), catalog=b"/Outlines 6 0 R"
    ),
    "names in a circle": lambda: pdf(
        TEXT, b"<< /Kids [6 0 R 6 0 R] >>",
        catalog=b"/Names << /EmbeddedFiles 6 0 R /Dests 6 0 R >>",
    ),
    "scripts and launches": lambda: pdf(
        page=b"/AA << /O %s >>" % LAUNCH,
        catalog=b"/OpenAction %s /AA << /WC %s >> /Names << /JavaScript << /Names [(a) %s] >> >>"
        % (RUN_AWAY, LAUNCH, RUN_AWAY),
    ),
    "a form that calculates": lambda: pdf(
        TEXT, FIELD % (b"/AA << /C %s /F %s >>" % (RUN_AWAY, RUN_AWAY)),
        catalog=b"/AcroForm << /Fields [6 0 R] /CO [6 0 R] /XFA (junk) >>",
        page=b"/Annots [6 0 R]",
    ),
    "a field that is its own parent": lambda: pdf(
        TEXT, FIELD % b"/Parent 6 0 R /Kids [6 0 R]", catalog=b"/AcroForm << /Fields [6 0 R] >>",
        page=b"/Annots [6 0 R]",
    ),
    "dates past all calendars": lambda: pdf(
        TEXT, b"<< /Title (a) /CreationDate (D:99999999999999) /ModDate (D:2024+99'99') >>",
        trailer=b"/Info 6 0 R",
    ),
    "letters of endless size": lambda: pdf(TEXT.replace(b"12 Tf", b"1e30 Tf")),
    "letters of no size": lambda: pdf(TEXT.replace(b"12 Tf", b"0 Tf")),
    "a thousand files of one": lambda: pdf(
        TEXT, FILE, stream(b"hello", b"/Type /EmbeddedFile"),
        catalog=EMBEDDED % b" ".join(b"(f%d) 6 0 R" % number for number in range(1000)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_pdf_with_false_or_circular_structures_is_read(name: str):
    document = outcome(READABLE[name](), "a.pdf")
    assert isinstance(document, Document), document
    assert "Hello" in document.text


def tree_of_pages() -> bytes:
    """Return ten million pages: seven levels, on each of which ten times the level below."""
    levels = [
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join([b"%d 0 R" % (depth + 3)] * 10), 10 ** (7 - depth))
        for depth in range(7)
    ]
    page = b"<< /Type /Page /Parent 8 0 R /MediaBox [0 0 595 842] >>"
    return assembled([b"<< /Type /Catalog /Pages 2 0 R >>", *levels, page])


def bomb_of_files(count: int, deflated_file: bytes) -> bytes:
    names = b" ".join(b"(f%d) 6 0 R" % number for number in range(count))
    file = stream(deflated_file, b"/Filter /FlateDecode /Type /EmbeddedFile")
    return pdf(TEXT, FILE, file, catalog=EMBEDDED % names)


REJECTED: dict[str, tuple[Callable[[], bytes], set[Reason]]] = {
    "pages that are their own": (
        lambda: pdf(pages=b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
        {Reason.NO_TEXT, Reason.MALFORMED},
    ),
    "a key that nobody has": (
        lambda: pdf(
            trailer=b"/Encrypt << /Filter /Foo /V 99 /R 99 >> /ID [(a) (b)]",
        ),
        {Reason.MALFORMED, Reason.ENCRYPTED},
    ),
    "another's password": (
        lambda: pdf(
            trailer=b"/Encrypt << /Filter /Standard /V 2 /R 3 /O (x) /U (y) /P -4 /Length 128 >> "
            b"/ID [(a) (b)]",
        ),
        {Reason.ENCRYPTED},
    ),
    "nothing but a header": (lambda: b"%PDF-1.7\n", {Reason.MALFORMED}),
    "zeros": (lambda: b"%PDF-1.7\n" + b"\0" * 1_000_000, {Reason.MALFORMED}),
    "beginnings of objects": (lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * 100_000, {Reason.MALFORMED}),
    "open strings": (lambda: b"%PDF-1.7\n" + b"(" * 1_000_000, {Reason.MALFORMED}),
    "open dictionaries": (lambda: b"%PDF-1.7\n1 0 obj " + b"<<" * 500_000, {Reason.MALFORMED}),
    "the same file under many names": (lambda: bomb_of_files(100, deflated(10)), {Reason.UNSAFE}),
    "the same file on a page, again and again": (
        lambda: pdf(
            TEXT,
            b"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /Type /Filespec "
            b"/F (x.bin) /EF << /F 7 0 R >> >> >>",
            packed(b"x" * 10_000_000, b"/Type /EmbeddedFile"),
            page=b"/Annots [%s]" % (b"6 0 R " * 100),
        ),
        {Reason.UNSAFE},
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_pdf_without_readable_text_is_rejected_in_words(name: str):
    make, reasons = REJECTED[name]
    rejected = outcome(make(), "a.pdf")
    assert isinstance(rejected, DocumentRejected)
    assert rejected.reason in reasons


def form(content: bytes, child: int) -> bytes:
    return stream(
        content,
        b"/Type /XObject /Subtype /Form /BBox [0 0 1000 1000] /Resources << /Font << /F1 5 0 R >> "
        b"/XObject << /X %d 0 R >> >>" % child,
    )


def drawings_in_drawings(depth: int) -> bytes:
    """Return a page that draws a form ten times, which draws another one ten times, and so on."""
    forms = [form(b"/X Do " * 10, 7 + level) for level in range(depth)]
    return pdf(TEXT + b"/X Do", *forms, form(TEXT, 6), resources=b"/XObject << /X 6 0 R >>")


def deflated(megabytes: int) -> bytes:
    """Return so many spaces, compressed."""
    compressor = zlib.compressobj(1)
    piece = b" " * 1_000_000
    packed_pieces = [compressor.compress(piece) for _ in range(megabytes)]
    return b"".join([*packed_pieces, compressor.flush()])


def layered(megabytes: int) -> bytes:
    """Return a page whose content is compressed twice."""
    content = zlib.compress(deflated(megabytes))
    return pdf().replace(packed(TEXT), stream(content, b"/Filter [/FlateDecode /FlateDecode]"))


COSTLY: dict[str, Callable[[], bytes]] = {
    "content of 600 MB": lambda: layered(600),
    "ten to the tenth drawings": lambda: drawings_in_drawings(10),
    "a drawing in itself": lambda: pdf(
        TEXT + b"/X Do", form(b"/X Do " * 10, 6), resources=b"/XObject << /X 6 0 R >>"
    ),
    "a file of 600 MB": lambda: bomb_of_files(1, deflated(600)),
    "ten million pages": tree_of_pages,
    "marks around marks": lambda: pdf(b"/P BMC " * 50_000 + TEXT),
    "a million glyphs": lambda: pdf(
        b"BT /F1 1 Tf 1 TL 0 842 Td " + b"(abcde fghij) Tj T* " * 90_000 + b"ET"
    ),
}


# Cases that take the whole time limit.
SECONDS = ("ten to the tenth drawings", "a million glyphs", "marks around marks")
# What pdfium reports by its end, or the sandbox by its limits; or nothing is left to read.
CONTAINED = {
    Reason.PARSER_CRASHED,
    Reason.PARSER_MEMORY,
    Reason.PARSER_TIMEOUT,
    Reason.MALFORMED,
    Reason.UNSAFE,
    Reason.NO_TEXT,
}


@pytest.fixture(scope="module")
def box(tokenizer):
    limits = ParsingSettings(workers=1, timeout_s=5, memory_mb=512)
    with Sandbox(limits, ChunkingSettings(), tokenizer) as box:
        yield box


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.soak if name in SECONDS else ()) for name in COSTLY],
)
def test_what_fills_memory_or_time_costs_itself_and_the_next_document_is_parsed(box, name: str):
    try:
        box.result(box.parse(COSTLY[name](), "a.pdf"))
    except DocumentRejected as rejected:
        assert rejected.reason in CONTAINED, rejected.message
    assert WORDS in box.result(box.parse(pdf(), "b.pdf")).document.text


def on_one_page(lines: Iterable[bytes]) -> bytes:
    return pdf(b"\n".join(lines))


GROWING: dict[str, Callable[[], bytes]] = {
    "lines": lambda: pdf(b"BT /F1 1 Tf 1 TL 0 842 Td " + b"(abcde fghij) Tj T* " * 10_000 + b"ET"),
    "texts on one line": lambda: pdf(b"BT /F1 1 Tf 0 842 Td " + b"(abcde) Tj " * 10_000 + b"ET"),
    "texts across": lambda: on_one_page(
        b"BT /F1 2 Tf 0 1 -1 0 %d %d Tm (aside %d) Tj ET" % (n % 595, n * 7 % 842, n)
        for n in range(8000)
    ),
    "scattered texts": lambda: on_one_page(
        b"BT /F1 8 Tf 1 0 0 1 %d %d Tm (ab 12) Tj ET" % (n * 37 % 595, n * 61 % 842)
        for n in range(10_000)
    ),
    "rules": lambda: pdf(TEXT + b"".join(b"0 %d m 595 %d l S " % (n, n) for n in range(50_000))),
    "boxes": lambda: pdf(TEXT + b"".join(b"%d 9 9 9 re S " % (n % 595) for n in range(50_000))),
    "columns of vertical writing": lambda: pdf(
        b"BT /F1 1 Tf 1 TL 0 842 Td " + b"<306F306830443046306E> Tj T* " * 4000 + b"ET"
    ).replace(
        FONT,
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UCS2-V "
        b"/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>] >>",
    ),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", GROWING)
def test_pages_with_many_of_everything_take_linear_time(name: str):
    """Quadratic time would take minutes here."""
    assert isinstance(outcome(GROWING[name](), "a.pdf"), Document)


SOUND = pdf(
    TEXT, b"<< /Type /Outlines /First 7 0 R /Count 1 >>",
    b"<< /Title (Hello) /Parent 6 0 R /Dest [3 0 R /Fit] >>", NOTE,
    catalog=b"/Outlines 6 0 R", page=b"/Annots [8 0 R]",
)  # fmt: skip


@pytest.mark.parametrize("part", range(50))
def test_a_pdf_that_is_cut_off_is_read_or_rejected_in_words(part: int):
    outcome(SOUND[: len(SOUND) * part // 50], "a.pdf")


NUMBERS = [b"0", b"-1", b"3", b"2147483647", b"4294967296", b"9" * 30, b"1e30", b"nan", b"[", b"<<"]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(NUMBERS)), max_size=4))
def test_any_false_number_or_reference_is_read_or_rejected_in_words(changes):
    pieces = SOUND.split(b" ")
    for place, value in changes:
        pieces[place % len(pieces)] = value
    outcome(b" ".join(pieces), "a.pdf")
