"""Find the watermarks and stamps of a PDF: text that is printed across or beside other text."""

from collections import Counter
from collections.abc import Collection, Sequence

from vouch.parsers.pdf.page import Run

# Of the usual font size of a page: smaller text that overlaps is a note or a formula.
_MIN_SIZE = 1.8
# Characters: a large sign may be above its limits, a large first letter beside its text.
_MIN_LENGTH = 3
# In font sizes above the baseline: how far large text reaches, as most letters do.
_REACH = 0.7
# On one page: a pale text that is there so often is printed all over it.
_MIN_TILES = 3


def without_watermarks(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Return the runs of a page without its watermarks, and these.

    They are printed across other text, or larger than it and paler, or pale and many times.
    """
    lengths: Counter[float] = Counter()
    for run in runs:
        lengths[run.size] += len(run.text)
    usual = lengths.most_common(1)[0][0] if runs else 0.0
    is_dark = any(run.size == usual and not run.pale for run in runs)
    pale = Counter(run.text for run in runs if run.pale and is_dark)
    long = [run for run in runs if len(run.text) >= _MIN_LENGTH]
    large = [run for run in long if run.size >= _MIN_SIZE * usual]
    across = {
        id(run)
        for run in large
        if (run.pale and is_dark)
        or any(_is_across(run, text) for text in runs if text.size * _MIN_SIZE <= run.size)
    }
    across |= {id(run) for run in long if pale[run.text] >= _MIN_TILES and run.size > usual}
    return (
        [run for run in runs if id(run) not in across],
        [run for run in runs if id(run) in across],
    )


def repeated(pages: Sequence[Collection[str]]) -> set[str]:
    """Return the texts that are on several pages, and on most of them, or many times on one.

    A text in another direction on fewer, such as the label of an axis, is the page's own.
    """
    counts = Counter(text for texts in pages for text in set(texts))
    on_pages = {text for text, count in counts.items() if count > 1 and count * 2 >= len(pages)}
    tiles = Counter((number, text) for number, texts in enumerate(pages) for text in texts)
    return on_pages | {text for (_, text), count in tiles.items() if count >= _MIN_TILES}


def _is_across(run: Run, text: Run) -> bool:
    is_level = run.y < text.y < run.y + _REACH * run.size
    return is_level and text.x0 < run.x1 and run.x0 < text.x1
