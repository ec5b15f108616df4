"""Text of PDFs compared with their sources: `python -m benchmarks.reading.pdf_text CORPORA`.

Prints Markdown tables. Words are compared without case and with ligatures separated. Recall and
precision count each occurrence of a word. Order is the share of the source's runs of four words
that are in the text. Whole is how well each paragraph of the source (of at least eight words) is
one paragraph of the text, neither cut nor joined: the F1 of its words with those of the best
paragraph. Page headers and footers that Vouch detects are left out, as they are of its chunks.

The source distribution of rst2pdf (MIT) is measured too, where CORPORA has it as `rst2pdf`; so are
pdfplumber, pdftext and docling-parse, where they are installed.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

import pypdfium2 as pdfium

from benchmarks.reading.pdf_truths import (
    KnownPdf,
    printed_pdfs,
    scanned,
    with_references,
    with_sources,
)
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType
from vouch.schemas.errors import DocumentRejected

_PRINTED = 6  # documents
_SCANS = 3
_SCANNED = (
    "Text of scanned pages, compared with that of the same pages before they became images (it has "
    "no paragraphs, so that `whole` says nothing)"
)
_GRAM = 4
_WHOLE_FROM = 8
_WORD = re.compile(r"\w+")
_MARGINS = (ElementType.HEADER, ElementType.FOOTER)
Reader = Callable[[bytes], list[str]]


def tables(corpora: Path) -> Iterator[str]:
    """Yield tables of PDFs with sources, of PDFs printed from real documents, of scans of these.

    The second needs Chromium, the third tesseract too; they are left out where these are missing.
    """
    yield _table(
        "PDF text against the sources beside the files",
        list(with_sources(corpora / "pdf_samples")),
        _readers(),
    )
    if references := list(with_references(corpora / "rst2pdf")):
        title = f"PDF text of the {len(references)} files of rst2pdf's tests against their sources"
        yield _table(title, references, _readers(), each=False)
    else:
        yield "rst2pdf: not measured, CORPORA has no folder `rst2pdf` with its source distribution"
    printed = list(printed_pdfs(_documents(corpora)))
    if printed:
        yield _table("PDF text of documents printed by Chromium", printed, _readers())
        if shutil.which("tesseract"):
            plain = printed_pdfs(_documents(corpora)[:_SCANS], margins=False)
            scans = [scanned(pdf) for pdf in plain if "two columns" in pdf.name]
            yield _table(_SCANNED, scans, {"vouch": _vouch, "tesseract's own text": _tesseract})


def _documents(corpora: Path) -> list[Path]:
    """Return `_PRINTED` of the PEPs, spread evenly over their names."""
    peps = sorted(corpora.glob("peps/base/**/pep-*.rst"))
    return peps[:: max(len(peps) // _PRINTED, 1)][:_PRINTED]


def _readers() -> dict[str, Reader]:
    readers = {"vouch": _vouch, "pdfium's page text": _pdfium, "pdfminer.six": _pdfminer}
    libraries = {"pdfplumber": _pdfplumber, "pdftext": _pdftext, "docling_parse": _docling_parse}
    readers |= {name: reader for name, reader in libraries.items() if find_spec(name)}
    return readers | ({"pdftotext": _pdftotext} if shutil.which("pdftotext") else {})


def _table(
    title: str, documents: Sequence[KnownPdf], readers: dict[str, Reader], *, each: bool = True
) -> str:
    """Return the table of the files, or of their means only; `ms` is processor time."""
    names = ("file", "pages", "read by", "recall", "precision", "F1", "order", "whole", "ms a page")
    lines = [
        f"### {title}",
        "",
        f"| {' | '.join(names)} |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for reader in readers.values():  # what a library loads at its first call is not counted
        reader(documents[0].data)
    scores_by_reader: dict[str, list[list[float]]] = {}
    for pdf in documents:
        for name, reader in readers.items():
            start = _processor_seconds()
            paragraphs = reader(pdf.data)
            milliseconds = (_processor_seconds() - start) * 1000 / pdf.pages
            scores = [*_scores(pdf.paragraphs, paragraphs), milliseconds]
            if each:
                lines.append(_row(pdf.name, str(pdf.pages), name, scores, pdf.whole))
            if pdf.whole:
                scores_by_reader.setdefault(name, []).append(scores)
    pages = str(sum(pdf.pages for pdf in documents if pdf.whole))
    for name, rows in scores_by_reader.items():
        means = [fmean(column) for column in zip(*rows, strict=True)]
        lines.append(_row("**mean**", pages, name, means, True))
    return "\n".join(lines)


def _processor_seconds() -> float:
    """Return the processor time of this process and of the programs that it has called."""
    return sum(os.times()[:4])


def _row(file: str, pages: str, reader: str, scores: Sequence[float], whole: bool) -> str:
    *shares, milliseconds = [f"{score:.3f}" for score in scores[:-1]] + [f"{scores[-1]:.1f}"]
    # Precision says nothing where the source does not hold all of the text.
    if not whole:
        shares[1] = shares[2] = "–"
    return f"| {' | '.join((file, pages, reader, *shares, milliseconds))} |"


def _scores(
    truth: Sequence[str], paragraphs: Sequence[str]
) -> tuple[float, float, float, float, float]:
    """Return recall, precision, F1, order and whole, as the module describes them."""
    expected, actual = _words("\n".join(truth)), _words("\n".join(paragraphs))
    recall, precision, f1 = _overlap(Counter(expected), Counter(actual))
    order = _overlap(_grams(expected), _grams(actual))[0]
    return recall, precision, f1, order, _whole(truth, paragraphs)


def _whole(truth: Sequence[str], paragraphs: Sequence[str]) -> float:
    expected = [Counter(_words(paragraph)) for paragraph in truth]
    actual = [Counter(_words(paragraph)) for paragraph in paragraphs]
    long = [words for words in expected if words.total() >= _WHOLE_FROM]
    best = [
        max((_overlap(words, candidate)[2] for candidate in actual), default=0.0) for words in long
    ]
    return fmean(best) if best else 1.0


def _overlap(expected: Counter[str], actual: Counter[str]) -> tuple[float, float, float]:
    common = (expected & actual).total()
    recall, precision = common / max(expected.total(), 1), common / max(actual.total(), 1)
    return recall, precision, 2 * recall * precision / max(recall + precision, 1e-9)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _grams(words: Sequence[str]) -> Counter[str]:
    size = min(_GRAM, max(len(words), 1))
    return Counter(
        " ".join(words[number : number + size]) for number in range(len(words) - size + 1)
    )


def _vouch(data: bytes) -> list[str]:
    try:
        document = parse(data, "a.pdf")
    except DocumentRejected:
        return []
    body = [element for element in document.elements if element.type not in _MARGINS]
    texts: list[str] = []
    end = -1
    for element in body:
        text = document.text[element.char_start : element.char_end]
        # A paragraph that continues on the next page is joined by a space.
        if document.text[end : element.char_start] == " ":
            texts[-1] += f" {text}"
        else:
            texts.append(text)
        end = element.char_end
    return texts


def _pdfium(data: bytes) -> list[str]:
    """Return a text for each page, because pdfium reports no paragraphs."""
    with pdfium.PdfDocument(data) as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def _pdfminer(data: bytes) -> list[str]:
    from pdfminer.high_level import extract_text

    return re.split(r"\n\s*\n|\f", extract_text(io.BytesIO(data)))


def _pdfplumber(data: bytes) -> list[str]:
    """Return a text for each page, because pdfplumber reports no paragraphs."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        return [page.extract_text() or "" for page in document.pages]


def _pdftext(data: bytes) -> list[str]:
    """Return the blocks of pdftext."""
    from pdftext.extraction import plain_text_output

    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        return re.split(r"\n\s*\n|\f", plain_text_output(file.name, hyphens=False))


def _docling_parse(data: bytes) -> list[str]:
    """Return the lines of each page, because docling-parse alone reports no paragraphs."""
    from docling_core.types.doc.page import TextCellUnit
    from docling_parse.pdf_parser import DoclingPdfParser

    document = DoclingPdfParser(loglevel="fatal").load(io.BytesIO(data))
    return [
        "\n".join(cell.text for cell in page.iterate_cells(unit_type=TextCellUnit.LINE))
        for _, page in document.iterate_pages()
    ]


def _pdftotext(data: bytes) -> list[str]:
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return re.split(r"\n\s*\n|\f", done.stdout.decode("utf-8", "replace"))


def _tesseract(data: bytes) -> list[str]:
    """Return tesseract's own text of each page, rendered at the resolution that Vouch uses."""
    from vouch.parsers.pdf.ocr.scanned_pages import render_page

    texts = []
    # As Vouch does it: on few cores more threads make tesseract slower.
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    with pdfium.PdfDocument(data) as document:
        for number in range(len(document)):
            image, dpi = render_page(document[number])
            command = ["tesseract", "stdin", "stdout", "--dpi", str(dpi)]
            done = subprocess.run(
                command, input=image, capture_output=True, check=True, env=environment
            )
            texts += re.split(r"\n\s*\n|\f", done.stdout.decode("utf-8", "replace"))
    return texts


def main(corpora: Path) -> None:
    """Print every table."""
    for table in tables(corpora):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
