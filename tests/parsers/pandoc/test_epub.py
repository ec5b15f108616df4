"""One chapter of an EPUB that cannot be read costs that chapter, however the book refers to it."""

from collections.abc import Mapping

import pytest

from tests.parsers.binary_files import bad_checksum, zipped
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

CONTAINER = (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
XHTML = "application/xhtml+xml"
ENCRYPTED = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
    'xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{}"/><CipherData>'
    '<CipherReference URI="OEBPS/c2.xhtml"/></CipherData></EncryptedData></encryption>'
)
AES, FONTS = "http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.idpf.org/2008/embedding"
SECOND = "OEBPS/c2.xhtml"


def chapter(number: int, declaration: str = '<?xml version="1.0"?>') -> str:
    return (
        f'{declaration}<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head>'
        f"<body><p>Größe {number}</p></body></html>"
    )


def book(
    hrefs: tuple[str, ...] = ("c1.xhtml", "c2.xhtml", "c3.xhtml"),
    names: tuple[str, ...] = ("OEBPS/c1.xhtml", SECOND, "OEBPS/c3.xhtml"),
    parts: Mapping[str, str | bytes | None] | None = None,
) -> bytes:
    """Return a book; `parts` are other contents of members, None for one that is missing."""
    items = "".join(
        f'<item id="c{n}" href="{href}" media-type="{XHTML}"/>' for n, href in enumerate(hrefs)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(hrefs)))
    members: dict[str, str | bytes | None] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="2.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title>'
        f"</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
        **{name: chapter(n) for n, name in enumerate(names, 1)},
        **(parts or {}),
    }
    return zipped({name: content for name, content in members.items() if content is not None})


def read(data: bytes) -> tuple[str, list[tuple[str, str]]]:
    document: Document = parse(data, "a.epub")
    return document.text, [(part.name, part.reason) for part in document.damaged]


WHOLE = "Book\n\nGröße 1\n\nGröße 2\n\nGröße 3"
WITHOUT = "Book\n\nGröße 1\n\nGröße 3"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bad_checksum(book(), SECOND), Reason.MALFORMED),
        (book(parts={SECOND: None}), Reason.MALFORMED),
        (book(parts={SECOND: bytes(range(256)) * 4}), Reason.UNDECODABLE),
        (book(parts={"META-INF/encryption.xml": ENCRYPTED.format(AES)}), Reason.ENCRYPTED),
    ],
)
def test_a_chapter_that_cannot_be_read_costs_itself(data: bytes, reason: Reason) -> None:
    assert read(data) == (WITHOUT, [(SECOND, reason)])


@pytest.mark.parametrize(
    "data",
    [
        book(),
        book(hrefs=("C1.XHTML", "C2.xhtml", "c3.xhtml")),
        book(hrefs=("./c1.xhtml", "../OEBPS/c2.xhtml", "/OEBPS/c3.xhtml")),
        book(hrefs=("c1.xhtml#top", "c2.xhtml", "c3.xhtml")),
        book(
            hrefs=("a%20b.xhtml", "c d.xhtml", "%C3%A4.xhtml"),
            names=("OEBPS/a b.xhtml", "OEBPS/c d.xhtml", "OEBPS/ä.xhtml"),
        ),
        book(hrefs=("a%20b.xhtml", "c2.xhtml", "c3.xhtml"),
             names=("OEBPS/a%20b.xhtml", SECOND, "OEBPS/c3.xhtml")),
        book(hrefs=("c1.xhtml", "../text/c2.xhtml", "c3.xhtml"),
             names=("OEBPS/c1.xhtml", "text/c2.xhtml", "OEBPS/c3.xhtml")),
        book(parts={SECOND: chapter(2, '<?xml version="1.0" encoding="utf-16"?>').encode("utf-16")}),
        book(parts={SECOND: chapter(2, '<?xml version="1.0" encoding="iso-8859-1"?>')
                    .encode("latin-1")}),
        book(parts={"META-INF/encryption.xml": ENCRYPTED.format(FONTS)}),
        book(parts={"META-INF/encryption.xml": "no XML", "OEBPS/toc.ncx": "no XML"}),
    ],
)  # fmt: skip
def test_chapters_are_found_and_decoded_however_they_are_written(data: bytes) -> None:
    assert read(data) == (WHOLE, [])


def test_a_chapter_that_is_cut_off_is_read_up_to_the_cut_and_named() -> None:
    data = book(parts={SECOND: chapter(2).partition("</p>")[0]})
    assert read(data) == (WHOLE, [(SECOND, Reason.MALFORMED)])


@pytest.mark.parametrize("name", ["OEBPS/toc.ncx", "OEBPS/picture.png", "OEBPS/style.css"])
def test_a_damaged_member_beside_the_chapters_costs_none(name: str) -> None:
    data = bad_checksum(book(parts={name: "content of the member"}), name)
    assert read(data) == (WHOLE, [(name, Reason.MALFORMED)])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bad_checksum(book(), "OEBPS/content.opf"), Reason.MALFORMED),
        (bad_checksum(book(), "META-INF/container.xml"), Reason.MALFORMED),
        (book(hrefs=("c9.xhtml",)), Reason.MALFORMED),
        (
            book(hrefs=("c2.xhtml",), parts={"META-INF/encryption.xml": ENCRYPTED.format(AES)}),
            Reason.ENCRYPTED,
        ),
    ],
)
def test_a_book_without_a_readable_chapter_is_rejected(data: bytes, reason: Reason) -> None:
    with pytest.raises(DocumentRejected) as raised:
        parse(data, "a.epub")
    assert raised.value.reason == reason
