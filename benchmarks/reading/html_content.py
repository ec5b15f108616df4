"""How much of a web page's main content is found, and how little else: `python -m benchmarks.reading.html_content CORPORA`.

The measure is that of the article-extraction benchmark: 4-grams of words, precision and recall averaged over pages.
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

_HEAD = "| extractor | precision | recall | F1 | pages a second of processor time |\n|---|---:|---:|---:|---:|"
_KEPT = "| what | in the documents | kept as such |\n|---|---:|---:|"


def tables(corpora: Path) -> Iterator[str]:
    """One table of words and one of structure, for each half of the templates."""
    for folder in ("development", "held_back"):
        made = list(pages(corpora, folder))
        yield f"Main content of {len(made)} pages, templates: {folder}\n\n{_HEAD}\n" + "\n".join(
            f"| {name} | {_row(extract, made)} |" for name, extract in EXTRACTORS.items()
        )
        kept = structure((page, parse(page.html.encode(), "page.html")) for page in made)
        rows = (
            f"| {what} | {there:,} | {found / max(1, there):.1%} |"
            for what, (there, found) in kept.items()
        )
        yield (
            f"Structure in what Vouch takes for main content, templates: {folder}\n\n{_KEPT}\n"
            + "\n".join(rows)
        )


def _row(extract: Callable[[str], str], made: list[Page]) -> str:
    extract(made[0].html)  # its first call loads what it needs
    begun = process_time()
    texts = [extract(page.html) for page in made]
    seconds = process_time() - begun
    precision, recall, f1 = scores(texts, made)
    return f"{precision:.3f} | {recall:.3f} | {f1:.3f} | {len(made) / seconds:,.0f}"


def scores(texts: list[str], made: list[Page]) -> tuple[float, float, float]:
    """Precision and recall as means over the pages, and the F1 of these two."""
    both = [
        _overlap(_shingles(text), _shingles(truth(page)))
        for text, page in zip(texts, made, strict=True)
    ]
    precision, recall = (sum(column) / len(both) for column in zip(*both, strict=True))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def truth(page: Page) -> str:
    """The words of a page's content: its title and its document."""
    words = " ".join(html.fromstring(f"<div>{page.content.html}</div>").itertext())
    return f"{page.content.title} {words}"


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))


def _overlap(
    found: Counter[tuple[str, ...]], true: Counter[tuple[str, ...]]
) -> tuple[float, float]:
    common = (found & true).total()
    return common / max(1, found.total()), common / max(1, true.total())


if __name__ == "__main__":
    for table in tables(Path(sys.argv[1])):
        print(table, end="\n\n")
