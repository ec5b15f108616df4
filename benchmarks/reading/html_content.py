"""Extraction of main content: `python -m benchmarks.reading.html_content CORPORA`.

The measure is that of the article-extraction benchmark: 4-grams of words, precision
and recall averaged over pages.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

from lxml import html

from benchmarks.reading.html_extractors import EXTRACTORS
from benchmarks.reading.html_pages import Page, pages
from benchmarks.reading.html_structure import structure
from vouch.parsers.registry import parse

_HEAD = (
    "| extractor | precision | recall | F1 | pages a second of processor time |\n"
    "|---|---:|---:|---:|---:|"
)
_KEPT = "| what | in the documents | kept as such |\n|---|---:|---:|"


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of words and one of structure, for each set of templates."""
    for folder in ("development", "held_back"):
        test_pages = list(pages(corpora, folder))
        yield (
            f"Main content of {len(test_pages)} pages, templates: {folder}\n\n{_HEAD}\n"
            + "\n".join(
                f"| {name} | {_row(extract, test_pages)} |" for name, extract in EXTRACTORS.items()
            )
        )
        counts = structure((page, parse(page.html.encode(), "page.html")) for page in test_pages)
        rows = (
            f"| {kind} | {expected:,} | {kept / max(1, expected):.1%} |"
            for kind, (expected, kept) in counts.items()
        )
        yield (
            f"Structure in what Vouch takes for main content, templates: {folder}\n\n{_KEPT}\n"
            + "\n".join(rows)
        )


def _row(extract: Callable[[str], str], test_pages: list[Page]) -> str:
    extract(test_pages[0].html)  # the first call loads models and imports modules
    start = process_time()
    texts = [extract(page.html) for page in test_pages]
    seconds = process_time() - start
    precision, recall, f1 = scores(texts, test_pages)
    return f"{precision:.3f} | {recall:.3f} | {f1:.3f} | {len(test_pages) / seconds:,.0f}"


def scores(texts: list[str], test_pages: list[Page]) -> tuple[float, float, float]:
    """Return precision and recall as means over the pages, and the F1 of these means."""
    overlaps = [
        _overlap(_shingles(text), _shingles(truth(page)))
        for text, page in zip(texts, test_pages, strict=True)
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
