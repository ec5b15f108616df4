"""PDFs with known text: from their sources through pandoc, or printed here from documents."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypandoc
import pypdfium2 as pdfium

# What the LaTeX package blindtext prints for \blindtext.
_BLIND = (
    "Hello, here is some text without a meaning. This text should show what a printed text will "
    "look like at this place. If you read this text, you will get no information. Really? Is there "
    "no information? Is there a difference between this text and some nonsense like “Huardest "
    "gefburn”? Kjift – not at all! A blind text like this gives you information about the selected "
    "font, how the letters are written and an impression of the look. This text should contain all "
    "letters of the alphabet and it should be written in of the original language. There is no "
    "need for special content, but the length of words should match the language."
)
_BLIND_CALL = re.compile(r"\\blindtext(?:\[(\d+)\])?")
_INPUT = re.compile(r"\\input\{([^}]+)\}")
_SOURCES = {".tex": "latex", ".odt": "odt", ".html": "html", ".md": "markdown"}
# A paragraph ends at an empty line, or before an item of a list.
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:-|\d{1,2}\.)\s)")
_SCAN_DPI = 200
_MIN_CHARACTERS = 200
_STYLES = {
    "one column": "",
    "two columns": (
        "body { column-count: 2; text-align: justify; hyphens: auto; font-size: 10pt } "
        "pre { font-size: 7pt }"
    ),
}


@dataclass(frozen=True, slots=True)
class KnownPdf:
    """A PDF and the paragraphs of its source.

    `whole` is False where a LaTeX package generates text that the source does not contain.
    """

    name: str
    data: bytes
    paragraphs: tuple[str, ...]
    whole: bool = True

    @property
    def pages(self) -> int:
        with pdfium.PdfDocument(self.data) as document:
            return len(document)


def with_sources(folder: Path) -> Iterator[KnownPdf]:
    """Yield each PDF below a folder that has its source beside it and opens without a password."""
    for path in sorted(folder.rglob("*.pdf")):
        source = next(
            (
                file
                for file in sorted(path.parent.iterdir())
                if file.suffix in _SOURCES and file.stem != "README"
            ),
            None,
        )
        if source is None or not _opens(path) or (source.suffix == ".md"):
            continue
        text = _expanded(source) if source.suffix == ".tex" else None
        match = _plain(text if text is not None else source, _SOURCES[source.suffix])
        if match:
            yield KnownPdf(path.stem, path.read_bytes(), match, whole="lipsum" not in (text or ""))


def with_references(folder: Path) -> Iterator[KnownPdf]:
    """Yield the PDFs of rst2pdf's tests, each with the text of its reStructuredText source.

    `folder` is its source distribution (MIT). Sources with little text, or none that pandoc can
    read, are left out.
    """
    for path in sorted((folder / "tests/reference").glob("*.pdf")):
        source = folder / "tests/input" / f"{path.stem}.rst"
        if not source.is_file():
            continue
        try:
            paragraphs = _plain(source, "rst")
        except RuntimeError:  # a directive of rst2pdf's own, or a file that pandoc may not include
            continue
        if sum(map(len, paragraphs)) > _MIN_CHARACTERS:
            yield KnownPdf(path.stem, path.read_bytes(), paragraphs)


def printed_pdfs(documents: list[Path], *, margins: bool = True) -> Iterator[KnownPdf]:
    """Yield documents as Chromium prints them, in one column and in two.

    `margins` adds the running headers and footers of the browser. Yields nothing where Chromium is
    not installed.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    for path in documents if program else []:
        truth = _plain(path, "rst")
        for name, style in _STYLES.items():
            html = pypandoc.convert_file(
                str(path), "html", format="rst", extra_args=["-s", "--sandbox", "-M", "lang=en"]
            )
            yield KnownPdf(
                f"{path.stem}, {name}",
                printed(str(program), html.replace("</head>", _css(style)), margins),
                truth,
            )


def scanned(pdf: KnownPdf, pages: int = 3) -> KnownPdf:
    """Return the first pages as images, as a scanner would, with pdfium's text of each page."""
    scan = pdfium.PdfDocument.new()
    with pdfium.PdfDocument(pdf.data) as document:
        truth = [
            document[number].get_textpage().get_text_range()
            for number in range(min(pages, len(document)))
        ]
        for number in range(len(truth)):
            add_image(scan, document[number], _SCAN_DPI)
    with tempfile.TemporaryFile() as file:
        scan.save(file)
        file.seek(0)
        return KnownPdf(f"{pdf.name}, scanned", file.read(), tuple(truth))


def add_image(scan: pdfium.PdfDocument, page: pdfium.PdfPage, dpi: int) -> None:
    """Add a page to `scan` that shows `page` as an image."""
    width, height = page.get_size()
    image = pdfium.PdfImage.new(scan)
    image.set_bitmap(page.render(scale=dpi / 72, grayscale=True))
    image.set_matrix(pdfium.PdfMatrix().scale(width, height))
    shown = scan.new_page(width, height)
    shown.insert_obj(image)
    shown.gen_content()


def _css(style: str) -> str:
    rules = (
        "body { max-width: none; padding: 0 } pre { white-space: pre-wrap } nav { display: none }"
    )
    return f"<style>{rules} {style}</style></head>"


def printed(program: str, html: str, margins: bool) -> bytes:
    """Return HTML printed as a PDF, with the browser's headers and footers if `margins`."""
    with tempfile.TemporaryDirectory() as folder:
        page, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_text(html, "utf-8")
        command = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={printed}",
            page.as_uri(),
            *([] if margins else ["--no-pdf-header-footer"]),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return printed.read_bytes()


def _expanded(path: Path) -> str:
    """Return a LaTeX file with its included files, and filler text in place of its command."""
    text = path.read_text("utf-8", "replace")
    text = _INPUT.sub(lambda match: _included(path.parent / match[1]), text)
    return _BLIND_CALL.sub(lambda match: " ".join([_BLIND] * int(match[1] or 1)), text)


def _included(path: Path) -> str:
    file = path if path.suffix else path.with_suffix(".tex")
    return _expanded(file) if file.is_file() else ""


def _plain(source: str | Path, reader: str) -> tuple[str, ...]:
    """Return the paragraphs of a source, each as one line, without emphasis and pictures."""
    arguments = ["--wrap=none", "--sandbox", "-s"]
    if isinstance(source, Path):
        text = pypandoc.convert_file(str(source), "plain", format=reader, extra_args=arguments)
    else:
        text = pypandoc.convert_text(source, "plain", format=reader, extra_args=arguments)
    paragraphs = (" ".join(part.split()) for part in _PARAGRAPH.split(text))
    return tuple(part for part in paragraphs if any(map(str.isalnum, part)))


def _opens(path: Path) -> bool:
    try:
        with pdfium.PdfDocument(path):
            return True
    except pdfium.PdfiumError:
        return False
