"""What readers of a book see: not its hidden parts, readings and page numbers, but its numbers."""

import io
import zipfile

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, LeftOutKind

_CONTAINER = (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">x</dc:identifier>'
    '<dc:title>T</dc:title></metadata><manifest><item id="a" href="a.xhtml" '
    'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
)


def book(body: str) -> Document:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("a.opf", _PACKAGE)
        archive.writestr(
            "a.xhtml",
            '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
            f"<head><title>A</title></head><body>{body}</body></html>",
        )
    return parse(stream.getvalue(), "a.epub")


@pytest.mark.parametrize(
    ("body", "text", "kind"),
    [
        (
            "<p><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>だ</p>",
            "漢字だ",
            LeftOutKind.ALTERNATIVE,
        ),
        ('<p hidden="hidden">no</p><p>yes</p>', "yes", LeftOutKind.HIDDEN),
        ('<div style="display:none"><p>no</p></div><p>yes</p>', "yes", LeftOutKind.HIDDEN),
        (
            '<p>one <span epub:type="pagebreak" title="5">5</span>two</p>',
            "one two",
            LeftOutKind.PAGE_NUMBER,
        ),
        (
            '<p>12<a epub:type="noteref" href="#n"><sup>1</sup></a> ships</p>'
            '<aside epub:type="footnote" id="n" hidden="hidden"><p>A note.</p></aside>',
            "12 ships\n\nA note.",
            None,
        ),
        ('<ol><li value="5">a</li><li>b</li><li value="9">c</li></ol>', "5. a\n6. b\n9. c", None),
        ("<p>3<sup>1</sup>/<sub>2</sub> and <del>12</del>13</p>", "3 1/2 and 12 13", None),
        (
            "<table><tr><th>A</th><th>B</th></tr><tr><td><table><tr><td>1</td><td>2</td></tr>"
            "</table></td><td>x</td></tr></table>",
            "A | B\n1 2 | x",
            None,
        ),
    ],
)
def test_a_book_is_read_as_readers_see_it(body: str, text: str, kind: LeftOutKind | None) -> None:
    document = book(body)
    assert document.text == f"T\n\n{text}"
    assert [row.kind for row in document.left_out] == ([] if kind is None else [kind])


@pytest.mark.parametrize(
    ("options", "items"),
    [
        (r"label=(\roman*)", ["(i) a", "(ii) b"]),
        (r"label=\Alph*., start=3", ["C. a", "D. b"]),
        (r"label=\textbf{\arabic*)}", ["1) a", "2) b"]),
        (r"start=7", ["7. a", "8. b"]),
        (r"(a)", ["(a) a", "(b) b"]),
        (r"noitemsep, leftmargin=*", ["1. a", "2. b"]),
    ],
)
def test_labels_of_latex_are_those_of_the_printed_page(options: str, items: list[str]) -> None:
    body = rf"\begin{{enumerate}}[{options}]\item a\item b\end{{enumerate}}"
    text = rf"\documentclass{{article}}\begin{{document}}{body}\end{{document}}"
    assert [item for _, item in elements_of(parse(text.encode(), "a.tex"))] == items
