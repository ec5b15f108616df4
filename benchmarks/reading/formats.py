"""What becomes of the files of public collections, and how well some formats are read.

`CORPORA/formats` may hold a folder for each of the source packages of puremagic (MIT), filetype
(MIT), py7zr (LGPL), odfpy (Apache, GPL), pyexcel-ods and pyexcel-ods3 (BSD), tablib (MIT), ezodf
(MIT) and libarchive-c (CC0), whose tests contain files of many formats.
"""

import io
import re
import subprocess
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pypdfium2 as pdfium
from lxml import etree
from python_calamine import CalamineWorkbook
from unstructured.file_utils.filetype import detect_filetype

from vouch.parsers.common.ocr.tesseract import find_engine
from vouch.parsers.format_names import UNKNOWN
from vouch.parsers.registry import parse, read
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_COLLECTIONS = ("unstructured", "markitdown", "pypdf", "pdf_samples")
_LARGEST = 3_000_000  # bytes
# Not documents: the collections' own programs. PDF files are measured by themselves.
_SKIPPED = {".py", ".pyc", ".pdf", ".pyi", ".so"}
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def tables(corpora: Path) -> Iterator[str]:
    """Yield the tables of the measurement `formats`."""
    folders = [corpora / name for name in _COLLECTIONS]
    more = corpora / "formats"
    if more.is_dir():
        folders += sorted(folder for folder in more.iterdir() if folder.is_dir())
    else:
        yield (
            f"{more} is absent: it may hold the unpacked source packages of puremagic, filetype, "
            "py7zr, odfpy, pyexcel-ods, pyexcel-ods3, tablib, ezodf and libarchive-c."
        )
    yield outcomes(folders)
    yield sheets(_files([corpora / "formats"], ".ods", ".ots"))
    if find_engine():
        yield pictures(corpora / "unstructured")


def outcomes(folders: list[Path]) -> str:
    """Return a table of what became of the files of each folder."""
    lines = [
        "### Files by outcome",
        "",
        "Without PDF files. `named`: the message says which format an unsupported file has.",
        "",
        "| collection | files | read | without text | encrypted or damaged | needs a program "
        "| unsupported, named | not named | unstructured has a reader | s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for folder in folders:
        counts: Counter[str] = Counter()
        start = time.process_time()
        for file in _files([folder]):
            counts["files"] += 1
            counts[_outcome(file)] += 1
        seconds = time.process_time() - start
        partitionable = sum(_is_partitionable(file) for file in _files([folder]))
        cells = [
            counts[name]
            for name in ("files", "read", "empty", "refused", "program", "named", "unnamed")
        ]
        lines.append(
            f"| {folder.name} | {' | '.join(map(str, cells))} | {partitionable} | {seconds:.1f} |"
        )
    return "\n".join(lines)


def _outcome(file: Path) -> str:
    try:
        read(file.read_bytes(), file.name)
    except DocumentRejected as rejected:
        if rejected.reason == Reason.UNSUPPORTED_TYPE:
            is_named = rejected.media_type != UNKNOWN or "the format" in rejected.message
            return "named" if is_named else "unnamed"
        if rejected.reason in (Reason.EMPTY, Reason.NO_TEXT):
            return "empty"
        needed = (Reason.NEEDS_LIBREOFFICE, Reason.NEEDS_OCR)
        return "program" if rejected.reason in needed else "refused"
    return "read"


def _is_partitionable(file: Path) -> bool:
    """Return whether unstructured detects a type that one of its partitioners reads."""
    with suppress(Exception):
        return bool(detect_filetype(str(file)).is_partitionable)
    return False


def sheets(files: list[Path]) -> str:
    """Return a table of the texts that cells of OpenDocument spreadsheets show, by reader."""
    shown: list[tuple[Path, list[str]]] = []
    for file in files:
        with suppress(zipfile.BadZipFile, KeyError, etree.XMLSyntaxError):
            shown.append((file, _shown_texts(file)))
    lines = [
        "### OpenDocument spreadsheets",
        "",
        f"{sum(len(texts) for _, texts in shown)} texts that cells and comments show, in "
        f"{len(shown)} files; dates and times excepted, which are written in ISO notation.",
        "",
        "| reader | files read | texts found | s |",
        "|---|---:|---:|---:|",
    ]
    for name, reader in (("vouch", _by_vouch), ("python-calamine", _by_calamine)):
        start = time.process_time()
        read_files = hits = 0
        for file, texts in shown:
            content = reader(file)
            read_files += content is not None
            hits += sum(text in (content or "") for text in texts)
        seconds = time.process_time() - start
        lines.append(f"| {name} | {read_files} | {hits} | {seconds:.2f} |")
    return "\n".join(lines)


def _shown_texts(file: Path) -> list[str]:
    """Return the paragraphs of cells and comments, with white space folded."""
    with zipfile.ZipFile(file) as archive:
        root = etree.fromstring(archive.read("content.xml"))
    for blank in root.iter(f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"):
        blank.text = " "
    texts = []
    for cell in root.iter(f"{_TABLE}table-cell"):
        if cell.get(f"{_OFFICE}value-type") in ("date", "time", "boolean"):
            continue
        for paragraph in cell.iter(f"{_TEXT}p"):
            if text := " ".join("".join(map(str, paragraph.itertext())).split()):
                texts.append(text)
    return texts


def _by_vouch(file: Path) -> str | None:
    try:
        return " ".join(parse(file.read_bytes(), file.name).text.split())
    except DocumentRejected as rejected:
        return "" if rejected.reason == Reason.NO_TEXT else None


def _by_calamine(file: Path) -> str | None:
    with suppress(Exception):
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(file.read_bytes()))
        cells = [
            # 3 for 3.0, as in the reader of Excel's workbooks.
            int(cell) if isinstance(cell, float) and cell.is_integer() else cell
            for name in workbook.sheet_names
            for row in workbook.get_sheet_by_name(name).to_python()
            for cell in row
        ]
        return " ".join(" ".join(map(str, cells)).split())
    return None


def pictures(folder: Path) -> str:
    """Return a table of the words read in pictures of pages, of which the PDF is there too."""
    lines = [
        "### Pictures of pages",
        "",
        "Compared with the text of the PDF that the picture shows.",
        "",
        "| picture | words | vouch recall | precision | tesseract recall | precision | vouch s "
        "| tesseract s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for picture in sorted((folder / "img").glob("*")):
        source = folder / "pdf" / f"{picture.stem}.pdf"
        if picture.suffix not in (".png", ".jpg", ".jpeg") or not source.exists():
            continue
        truth = _page_words(source)
        if not truth:
            continue
        start = time.perf_counter()
        ours = Counter(_words(_by_vouch(picture) or ""))
        middle = time.perf_counter()
        command = ["tesseract", str(picture), "stdout", "-l", "eng"]
        plain = subprocess.run(command, capture_output=True, check=False).stdout
        end = time.perf_counter()
        cells = [
            f"{value:.3f}"
            for read_words in (ours, Counter(_words(plain.decode("utf-8", "replace"))))
            for value in (
                (truth & read_words).total() / max(truth.total(), 1),
                (truth & read_words).total() / max(read_words.total(), 1),
            )
        ]
        lines.append(
            f"| {picture.name} | {truth.total()} | {' | '.join(cells)} "
            f"| {middle - start:.1f} | {end - middle:.1f} |"
        )
    return "\n".join(lines)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _page_words(source: Path) -> Counter[str]:
    with pdfium.PdfDocument(source) as document:
        return Counter(_words(document[0].get_textpage().get_text_range()))


def _files(folders: list[Path], *suffixes: str) -> list[Path]:
    return [
        file
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and (file.suffix.lower() in suffixes if suffixes else file.suffix.lower() not in _SKIPPED)
        and file.stat().st_size <= _LARGEST
    ]
