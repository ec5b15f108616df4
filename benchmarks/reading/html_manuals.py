"""Main content of manuals: `python -m benchmarks.reading.html_manuals FOLDER`.

FOLDER has a folder of HTML pages for each manual, such as the packages of documentation of a Linux
distribution (Debian: python3.11-doc, python-sqlalchemy-doc, mkdocs-doc, nodejs-doc,
postgresql-doc-15, git-doc, rust-doc; their licences are those of the programs). What a page
declares to be its main element is its content. The measure is that of `html_content`.
"""

import gzip
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from benchmarks.reading.html_content import scores
from benchmarks.reading.html_extractors import trafilatura_alone, vouch

_EACH = 14  # pages of each manual
_MIN_BYTES, _MAX_BYTES = 3_000, 150_000
# Main elements, the surest first: of HTML, of Sphinx and MkDocs, of Node.js, of DocBook.
_MAIN = (
    "//main",
    "//*[@role='main']",
    "//article",
    "//*[@id='apicontent' or @id='content']",
    "//*[@class='chapter' or @class='sect1' or @class='refentry' or @class='part']",
    "//body",
)
_NO_TEXT = "//script | //style | //a[@class='headerlink']"
_HEAD = "| manual | pages | read by | precision | recall | F1 |\n|---|---:|---|---:|---:|---:|"


def table(folder: Path) -> str:
    """Return a table with two lines for each manual."""
    lines = (line for manual in sorted(folder.iterdir()) for line in _lines(manual))
    return "\n".join((_HEAD, *lines))


def _lines(manual: Path) -> Iterator[str]:
    pages = list(_pages(manual))
    truths = list(map(_main_text, pages))
    for name, extract in (("vouch", vouch), ("trafilatura", trafilatura_alone)):
        figures = scores([extract(page) for page in pages], truths)
        cells = " | ".join(f"{figure:.3f}" for figure in figures)
        yield f"| {manual.name} | {len(pages)} | {name} | {cells} |"


def _pages(manual: Path) -> Iterator[str]:
    """Yield some pages, always the same."""
    files = sorted(
        path
        for path in manual.rglob("*.html*")
        if path.is_file() and _MIN_BYTES < path.stat().st_size < _MAX_BYTES
    )
    for path in random.Random(7).sample(files, min(_EACH, len(files))):
        data = path.read_bytes()
        page = gzip.decompress(data) if path.suffix == ".gz" else data
        yield page.decode("utf-8", "replace")


def _main_text(page: str) -> str:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True)
    root = html.document_fromstring(page.encode(), parser=parser)
    for node in root.xpath(_NO_TEXT):
        node.drop_tree()
    mains = next(filter(None, (root.xpath(path) for path in _MAIN)))
    return " ".join(mains[0].itertext())


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
