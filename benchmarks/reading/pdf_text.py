"""What PDFs say held against what is known of them: `python -m benchmarks.reading.pdf_text CORPORA`, as Markdown tables.

Words are compared without case and with ligatures apart. Recall and precision count each word as often as it stands there;
order is the share of the source's runs of four words that stand in the text too; whole is how well each paragraph of the
source (of eight words and more) is one paragraph of the text, neither cut nor glued: the F1 of the words of the two, for the
best one. Page headers and footers that Vouch has told apart are left out, as they are of its chunks.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from time import perf_counter

import pypdfium2 as pdfium

from benchmarks.reading.pdf_truths import Known, made, scanned, with_sources
from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import ElementType

_MADE_FROM = 6  # documents
_SCANS = 3
_SCANNED = (
    "Text of scanned pages, against that of the same pages before they were images (it has no paragraphs, so that `whole` "
    "says nothing)"
)
_GRAM = 4
_WHOLE_FROM = 8
_WORD = re.compile(r"\w+")
_MARGINS = (ElementType.HEADER, ElementType.FOOTER)
Reader = Callable[[bytes], list[str]]


def tables(corpora: Path) -> Iterator[str]:
    """A table for PDFs with their sources, one for PDFs printed from real documents, and one for scans of these."""
    yield _table(
        "PDF text against the sources beside the files",
        list(with_sources(corpora / "pdf_samples")),
        _readers(),
    )
    printed = list(made(_documents(corpora)))
    if printed:
        yield _table("PDF text of documents printed by Chromium", printed, _readers())
        if shutil.which("tesseract"):
            plain = made(_documents(corpora)[:_SCANS], margins=False)
            scans = [scanned(known) for known in plain if "two columns" in known.name]
            ocr = {"vouch": _vouch, "tesseract's own text": _tesseract}
            yield _table(
                _SCANNED,
                scans,
                ocr,
            )


def _documents(corpora: Path) -> list[Path]:
    """Every so many of the PEPs, by name."""
    found = sorted(corpora.glob("peps/base/**/pep-*.rst"))
    return found[:: max(len(found) // _MADE_FROM, 1)][:_MADE_FROM]


def _readers() -> dict[str, Reader]:
    poppler: dict[str, Reader] = {"pdftotext": _pdftotext} if shutil.which("pdftotext") else {}
    return {"vouch": _vouch, "pdfium's page text": _pdfium, "pdfminer.six": _pdfminer, **poppler}


def _table(title: str, known: Sequence[Known], readers: dict[str, Reader]) -> str:
    names = ("file", "pages", "read by", "recall", "precision", "F1", "order", "whole", "ms a page")
    lines = [
        f"### {title}",
        "",
        f"| {' | '.join(names)} |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    sums: dict[str, list[list[float]]] = {}
    for one in known:
        for name, reader in readers.items():
            begun = perf_counter()
            text = reader(one.data)
            scores = [*_scores(one.paragraphs, text), (perf_counter() - begun) * 1000 / one.pages]
            lines.append(_row(one.name, str(one.pages), name, scores, one.whole))
            if one.whole:
                sums.setdefault(name, []).append(scores)
    pages = str(sum(one.pages for one in known if one.whole))
    for name, rows in sums.items():
        lines.append(
            _row(
                "**mean**", pages, name, [fmean(column) for column in zip(*rows, strict=True)], True
            )
        )
    return "\n".join(lines)


def _row(file: str, pages: str, reader: str, scores: Sequence[float], whole: bool) -> str:
    *shares, milliseconds = [f"{score:.3f}" for score in scores[:-1]] + [f"{scores[-1]:.1f}"]
    if not whole:  # precision says nothing where the source does not hold all of the text
        shares[1] = shares[2] = "–"
    return f"| {' | '.join((file, pages, reader, *shares, milliseconds))} |"


def _scores(truth: Sequence[str], found: Sequence[str]) -> tuple[float, float, float, float, float]:
    """Recall, precision, F1, order, whole."""
    wanted, got = _words("\n".join(truth)), _words("\n".join(found))
    recall, precision, f1 = _overlap(Counter(wanted), Counter(got))
    order = _overlap(_grams(wanted), _grams(got))[0]
    return recall, precision, f1, order, _whole(truth, found)


def _whole(truth: Sequence[str], found: Sequence[str]) -> float:
    paragraphs = [Counter(_words(one)) for one in truth]
    texts = [Counter(_words(one)) for one in found]
    long = [one for one in paragraphs if one.total() >= _WHOLE_FROM]
    best = [max((_overlap(one, text)[2] for text in texts), default=0.0) for one in long]
    return fmean(best) if best else 1.0


def _overlap(wanted: Counter[str], got: Counter[str]) -> tuple[float, float, float]:
    common = (wanted & got).total()
    recall, precision = common / max(wanted.total(), 1), common / max(got.total(), 1)
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
    body = [one for one in document.elements if one.type not in _MARGINS]
    texts: list[str] = []
    end = -1
    for one in body:
        said = document.text[one.char_start : one.char_end]
        if document.text[end : one.char_start] == " ":  # it goes on from the page before
            texts[-1] += f" {said}"
        else:
            texts.append(said)
        end = one.char_end
    return texts


def _pdfium(data: bytes) -> list[str]:
    """pdfium tells no paragraphs, so that a page is one."""
    with pdfium.PdfDocument(data) as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def _pdfminer(data: bytes) -> list[str]:
    from pdfminer.high_level import extract_text

    return re.split(r"\n\s*\n|\f", extract_text(io.BytesIO(data)))


def _pdftotext(data: bytes) -> list[str]:
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return re.split(r"\n\s*\n|\f", done.stdout.decode("utf-8", "replace"))


def _tesseract(data: bytes) -> list[str]:
    """Each page at 300 dpi through tesseract as it comes."""
    from vouch.parsers.pdf.scanned_pages import render_page

    texts = []
    environment = {
        **os.environ,
        "OMP_THREAD_LIMIT": "1",
    }  # as Vouch does: more threads make it slower on few cores
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
