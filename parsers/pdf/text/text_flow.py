"""Whether the text of a PDF runs on from page to page, as that of a book or a report does.

Pages that are invoices, forms or letters of their own repeat labels and letterheads that belong to
the text of each of them.
"""

from collections.abc import Sequence
from itertools import pairwise

from vouch.parsers.pdf.paragraphs import SENTENCE_END
from vouch.parsers.pdf.text.lines import Line

# Of the ends of pages: within so many a sentence continues.
_MIN_SHARE = 0.1
# Characters: a shorter line may be a label, an address or a cell.
_MIN_LENGTH = 30
# In font sizes: a full line ends so near the right edge of its column.
_SHORT_BY = 5.0


def flows_over_pages(pages: Sequence[Sequence[Line]]) -> bool:
    """Return whether text continues on the next page at some of the ends of pages.

    `pages` are the lines of each page without what may be headers and footers.
    """
    ends = [
        (above[-1], below[0]) for above, below in pairwise(filter(None, pages)) if above and below
    ]
    return sum(_continues(*end) for end in ends) > _MIN_SHARE * len(ends)


def _continues(last: Line, first: Line) -> bool:
    if last.hyphenated:
        return True
    is_text = len(last.cells) == len(first.cells) == 1 and len(last.text) >= _MIN_LENGTH
    if not is_text or SENTENCE_END.search(last.text):
        return False
    return first.text[:1].islower() or last.x1 > last.right - _SHORT_BY * last.size
