"""The text of a table cell that was built as a document of its own."""

from itertools import pairwise

from vouch.parsers.common.links import Linked
from vouch.schemas.documents.records import Document


def cell_text(content: Document) -> Linked:
    """Return the text with its links; cells of a table within the cell are divided by spaces.

    Their borders would be taken for those of the table around them.
    """
    text = list(content.text)
    for element in content.elements:
        for row in element.table.rows if element.table else ():
            for (_, end), (start, _) in pairwise(row):
                text[end:start] = " " * (start - end)
    return Linked(
        "".join(text), ((link.char_start, link.char_end, link.target) for link in content.links)
    )
