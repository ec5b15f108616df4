"""The HTML body of a mail, with a heading before each older mail that it quotes.

`threads.py` does the same for plain text, and says why.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html.tables import data_rows, table_rows
from vouch.parsers.common.html.tree import add_html, add_tree, parse_html
from vouch.parsers.common.html.visibility import BLOCKS, Node, events
from vouch.parsers.email.quote_patterns import is_attribution
from vouch.parsers.email.threads import older_mail_header
from vouch.schemas.errors import DocumentRejected

_LEVEL = 2  # of headings: below the subject
_QUOTE = "blockquote"
_MAX_ATTRIBUTION = 400  # characters
_MIN_REGULAR_ROWS = 3


class ThreadBuilder(DocumentBuilder):
    """Turns paragraphs that begin an older mail into headings, while `mail_html` is running."""

    def __init__(self) -> None:
        super().__init__()
        self._marks_attributions = self._marks_headers = False

    def paragraph(self, text: str) -> None:
        """Add running text, or the heading of an older mail and what follows in the same block."""
        lines = text.strip().split("\n")
        if self._marks_attributions and is_attribution(" ".join(lines)):
            self.title(text, _LEVEL)
        elif self._marks_headers and (header := older_mail_header(lines, 0)):
            heading, length = header
            self.title(heading, _LEVEL)
            super().paragraph("\n".join(lines[length:]))
        else:
            super().paragraph(text)

    def mail_html(self, text: str) -> None:
        """Add the shown text of a mail's HTML. Raises `DocumentRejected` (malformed, unsafe)."""
        if not text.strip():
            return
        root = parse_html(text)
        has_inline_answers = _has_inline_answers(root)
        if has_inline_answers:
            _mark_quoted_blocks(root)
        self._marks_attributions, self._marks_headers = not has_inline_answers, True
        try:
            add_tree(self, root)
        finally:
            self._marks_attributions = self._marks_headers = False


def shown_text(text: str) -> str:
    """Return what a mail's HTML shows, as plain text; "" where it cannot be read."""
    builder = DocumentBuilder()
    with suppress(DocumentRejected):
        add_html(builder, text)
    return builder.build().text


def has_data_table(text: str) -> bool:
    """Return whether a mail shows data in a table, whose columns its plain text has lost.

    The table that frames a page or a signature is none.
    """
    if "<table" not in text.lower():
        return False
    with suppress(DocumentRejected):
        return any(_is_regular(data_rows(table)) for table in parse_html(text).iter("table"))
    return False


def _is_regular(rows: Sequence[Node]) -> bool:
    """Return whether three rows or more, two thirds of all, fill the same number of columns."""
    row_counts = Counter(sum(map(bool, row)) for row in table_rows(rows)[0])
    columns, count = max(row_counts.items(), key=lambda item: item[1], default=(0, 0))
    return columns > 1 and count >= _MIN_REGULAR_ROWS and count * 3 >= row_counts.total() * 2


def _has_inline_answers(root: Node) -> bool:
    """Return whether new text is below a quoted mail; quotes of anything else do not count."""
    depth = 0
    has_quoted_mail = False
    for event, node, name_or_tail in events(root):
        text: str | None = name_or_tail
        if event != "tail":
            is_quote = name_or_tail == _QUOTE
            depth += is_quote * (1 if event == "start" else -1)
            text = node.text if event == "start" else None
            has_quoted_mail |= event == "start" and is_quote and _is_quoted_mail(node)
        if has_quoted_mail and depth == 0 and (text or "").strip():
            return True
    return False


def _is_quoted_mail(quote: Node) -> bool:
    """Return whether the type of a quote, or the text before it, says that it is a mail."""
    before = quote.getprevious()
    return quote.get("type") == "cite" or (before is not None and is_attribution(_start(before)))


def _start(node: Node) -> str:
    """Return the text of a block, as far as it could be an attribution."""
    text = ""
    for piece in node.itertext():
        text += str(piece)
        if len(text) > _MAX_ATTRIBUTION:
            break
    return " ".join(text.split())


def _mark_quoted_blocks(root: Node) -> None:
    """Put `>` before the blocks inside quotes, as plain mail has it."""
    depth = 0
    block: Node | None = None  # whose first text is still to come
    quoted = []
    for event, node, name_or_tail in events(root):
        text: str | None = name_or_tail if event == "tail" else None
        if event == "start":
            depth += name_or_tail == _QUOTE
            text = node.text
        elif event == "end":
            depth -= name_or_tail == _QUOTE
        if event != "tail" and name_or_tail in BLOCKS:
            block = node if depth and event == "start" else None
        if block is not None and (text or "").strip():
            quoted.append(block)
            block = None
    for node in quoted:
        node.text = f"> {(node.text or '').lstrip()}"
