"""Web pages with known main content: real documents in page templates.

The parser was developed on the templates in `pages/development`; those in `pages/held_back` were
used for the last measurement only.
"""

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from string import Template

import pypandoc
from markdown_it import MarkdownIt

_PAGES = Path(__file__).parent / "pages"
_MAX_BYTES = 60_000  # of a source document
_LANGUAGES = ("en", "de", "es", "ru", "ar", "hi")


@dataclass(frozen=True, slots=True)
class Content:
    """A document as HTML, and texts of further documents that fill teasers and comments."""

    title: str
    html: str
    teasers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page and its content."""

    template: str
    content: Content
    html: str


def pages(corpora: Path, folder: str, each: int = 6) -> Iterator[Page]:
    """Yield every template of `folder` with `each` documents of each corpus."""
    contents = [*_peps(corpora, each), *_prefect(corpora, each), *_xquad(corpora, each)]
    for template in sorted((_PAGES / folder).glob("*.html")):
        for content in contents:
            yield Page(template.stem, content, _filled(template.read_text("utf-8"), content))


def _filled(template: str, content: Content) -> str:
    short = {
        f"teaser{n}": html.escape(text.split(". ")[0][:90])
        for n, text in enumerate(content.teasers, 1)
    }
    long = {f"para{n}": html.escape(text) for n, text in enumerate(reversed(content.teasers), 1)}
    return Template(template).safe_substitute(
        short | long, title=html.escape(content.title), content=content.html
    )


def _spread(corpora: Path, name: str, suffix: str, each: int) -> list[Path]:
    """Return about `each` files, spread evenly over a corpus."""
    files = sorted(
        path
        for path in (corpora / name / "base").rglob(f"*{suffix}")
        if 2_000 < path.stat().st_size < _MAX_BYTES
    )
    return files[:: max(1, len(files) // each)][:each]


def _peps(corpora: Path, each: int) -> Iterator[Content]:
    for path in _spread(corpora, "peps", ".rst", each):
        source = path.read_text("utf-8")
        title = next(
            (line[7:] for line in source.split("\n") if line.startswith("Title: ")), path.stem
        )
        body = source.partition("\n\n")[2]
        yield Content(
            title,
            pypandoc.convert_text(body, "html", "rst", extra_args=["--syntax-highlighting=none"]),
            _teasers(corpora, "en"),
        )


def _prefect(corpora: Path, each: int) -> Iterator[Content]:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table"])
    for path in _spread(corpora, "prefect_docs", ".mdx", each):
        front, _, body = path.read_text("utf-8").removeprefix("---\n").partition("\n---\n")
        plain = "\n".join(
            line
            for line in body.split("\n")
            if not line.lstrip().startswith(("<", "import ", "{/*"))
        )
        title = next(
            (line[7:].strip("\"' ") for line in front.split("\n") if line.startswith("title: ")),
            path.stem,
        )
        yield Content(title, reader.render(plain), _teasers(corpora, "en"))


def _xquad(corpora: Path, each: int) -> Iterator[Content]:
    for number, language in enumerate(islice(cycle(_LANGUAGES), each)):
        article = _articles(corpora, language)[number]
        paragraphs = "\n".join(
            f"<p>{html.escape(part['context'])}</p>" for part in article["paragraphs"]
        )
        yield Content(article["title"].replace("_", " "), paragraphs, _teasers(corpora, language))


def _teasers(corpora: Path, language: str) -> tuple[str, ...]:
    return tuple(
        article["paragraphs"][0]["context"] for article in _articles(corpora, language)[-6:]
    )


@cache
def _articles(corpora: Path, language: str) -> list[dict]:
    return json.loads((corpora / "xquad" / f"xquad.{language}.json").read_text("utf-8"))["data"]
