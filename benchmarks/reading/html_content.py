"""Extraction of main content: `python -m benchmarks.reading.html_content CORPORA`.

On the pages of the article-extraction benchmark (Scrapinghub, MIT licence), and on pages of ours
that are made of real documents and page templates. The measure is that of the benchmark:
4-grams of words, precision and recall averaged over pages.
"""

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import process_time

from lxml import html

from benchmarks.reading.html_extractors import EXTRACTORS, vouch
from benchmarks.reading.html_pages import Page, pages
from benchmarks.reading.html_structure import structure
from vouch.parsers.registry import parse

_HEAD = (
    "| extractor | precision | recall | F1 | pages a second of processor time |\n"
    "|---|---:|---:|---:|---:|"
)
_KEPT = "| what | in the documents | kept as such |\n|---|---:|---:|"


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of real pages, then one of words and one of structure for our own."""
    articles = list(_articles(corpora / "article_extraction"))
    yield f"Main content of {len(articles)} real pages: article extraction\n\n{_table(articles)}"
    repeating = sum(map(_says_twice, (vouch(page) for page, _ in articles)))
    yield f"Pages on which a paragraph of eight words or more stands twice: {repeating}"
    for folder in ("development", "held_back"):
        test_pages = list(pages(corpora, folder))
        sources = [(page.html, truth(page)) for page in test_pages]
        yield f"Main content of {len(test_pages)} pages, templates: {folder}\n\n{_table(sources)}"
        counts = structure((page, parse(page.html.encode(), "page.html")) for page in test_pages)
        rows = (
            f"| {kind} | {expected:,} | {kept / max(1, expected):.1%} |"
            for kind, (expected, kept) in counts.items()
        )
        yield (
            f"Structure in what Vouch takes for main content, templates: {folder}\n\n{_KEPT}\n"
            + "\n".join(rows)
        )


def _articles(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each page with the body of its article."""
    truths = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    for path in sorted((folder / "html").glob("*.html.gz")):
        page = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        yield page, truths[path.name.removesuffix(".html.gz")]["articleBody"]


def _says_twice(text: str) -> bool:
    paragraphs = Counter(line.strip() for line in text.split("\n") if len(line.split()) >= 8)
    return any(count > 1 for count in paragraphs.values())


def _table(sources: Sequence[tuple[str, str]]) -> str:
    """Return what each extractor makes of pages, each with its true content."""
    rows = (f"| {name} | {_row(extract, sources)} |" for name, extract in EXTRACTORS.items())
    return "\n".join((_HEAD, *rows))


def _row(extract: Callable[[str], str], sources: Sequence[tuple[str, str]]) -> str:
    try:
        extract(sources[0][0])  # the first call loads models and imports modules
    except ImportError:
        return "not installed | | |"
    start = process_time()
    texts = [extract(page) for page, _ in sources]
    seconds = process_time() - start
    precision, recall, f1 = scores(texts, [content for _, content in sources])
    return f"{precision:.3f} | {recall:.3f} | {f1:.3f} | {len(sources) / seconds:,.0f}"


def scores(texts: Sequence[str], truths: Sequence[str]) -> tuple[float, float, float]:
    """Return precision and recall as means over the pages, and the F1 of these means."""
    overlaps = [
        _overlap(_shingles(text), _shingles(content))
        for text, content in zip(texts, truths, strict=True)
    ]
    precision, recall = (sum(column) / len(overlaps) for column in zip(*overlaps, strict=True))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def truth(page: Page) -> str:
    """Return the words of a page's content: its title and its document."""
    words = " ".join(html.fromstring(f"<div>{page.content.html}</div>").itertext())
    return f"{page.content.title} {words}"


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))


def _overlap(
    extracted: Counter[tuple[str, ...]], expected: Counter[tuple[str, ...]]
) -> tuple[float, float]:
    common = (extracted & expected).total()
    return common / max(1, extracted.total()), common / max(1, expected.total())


if __name__ == "__main__":
    for table in tables(Path(sys.argv[1])):
        print(table, end="\n\n")
