"""The HTML body of a mail, with a heading before each older mail that it quotes (see `vouch.parsers.email.threads`)."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html_tables import data_rows, table_rows
from vouch.parsers.common.html_tree import add_tree, parse_html
from vouch.parsers.common.html_visibility import BLOCKS, Node, events
from vouch.parsers.email.quote_patterns import is_attribution
from vouch.parsers.email.threads import older_mail
from vouch.schemas.errors import DocumentRejected

_LEVEL = 2  # below the subject
_QUOTE = "blockquote"
_MAX_ATTRIBUTION = 400
_REGULAR_ROWS = 3


class ThreadBuilder(DocumentBuilder):
    """Turns paragraphs that begin an older mail into headings, while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._tells_quotes = self._tells_older = False

    def paragraph(self, text: str) -> None:
        """Running text, or the heading of an older mail and what stands below it in the same block."""
        lines = text.strip().split("\n")
        if self._tells_quotes and is_attribution(" ".join(lines)):
            self.title(text, _LEVEL)
        elif self._tells_older and (found := older_mail(lines, 0)):
            self.title(found[0], _LEVEL)
            super().paragraph("\n".join(lines[found[1] :]))
        else:
            super().paragraph(text)

    def mail_html(self, text: str) -> None:
        """Add what a mail's HTML shows. Raises `DocumentRejected` (malformed, unsafe)."""
        if not text.strip():
            return
        root = parse_html(text)
        is_answered = _is_answered_within(root)
        if is_answered:
            _mark_quotes(root)
        self._tells_quotes, self._tells_older = not is_answered, True
        try:
            add_tree(self, root)
        finally:
            self._tells_quotes = self._tells_older = False


def has_data_table(text: str) -> bool:
    """Does a mail show figures in a table, which its plain text has lost? Not the frame of a page or of a signature."""
    if "<table" not in text.lower():
        return False
    with suppress(DocumentRejected):
        return any(_is_regular(data_rows(table)) for table in parse_html(text).iter("table"))
    return False


def _is_regular(rows: Sequence[Node]) -> bool:
    """Three rows or more, most of which fill two columns or more, and as many as the others."""
    filled = Counter(sum(map(bool, row)) for row in table_rows(rows)[0])
    columns, count = max(filled.items(), key=lambda one: one[1], default=(0, 0))
    return columns > 1 and count >= _REGULAR_ROWS and count * 3 >= filled.total() * 2


def _is_answered_within(root: Node) -> bool:
    """Does new text stand below a quoted mail? Other quotes, which nobody is said to have written, do not count."""
    depth = 0
    quoted = False
    for event, node, said in events(root):
        text: str | None = said
        if event != "tail":
            is_quote = said == _QUOTE
            depth += is_quote * (1 if event == "start" else -1)
            text = node.text if event == "start" else None
            quoted = quoted or (event == "start" and is_quote and _is_mail(node))
        if quoted and depth == 0 and (text or "").strip():
            return True
    return False


def _is_mail(quote: Node) -> bool:
    """Is a quote said to be of a mail, by its type or by the words before it?"""
    before = quote.getprevious()
    return quote.get("type") == "cite" or (
        before is not None and is_attribution(_beginning(before))
    )


def _beginning(node: Node) -> str:
    """The text of a block as far as it could be an attribution."""
    text = ""
    for piece in node.itertext():
        text += str(piece)
        if len(text) > _MAX_ATTRIBUTION:
            break
    return " ".join(text.split())


def _mark_quotes(root: Node) -> None:
    """Put `>` before the blocks inside quotes, as plain mail has it."""
    depth = 0
    block: Node | None = None  # the one whose first text is still to come
    marked = []
    for event, node, said in events(root):
        depth += (said == _QUOTE) * {"start": 1, "end": -1, "tail": 0}[event]
        if event == "start" and said in BLOCKS:
            block = node if depth else None
        elif event == "end" and said in BLOCKS:
            block = None
        text = (said if event == "tail" else node.text if event == "start" else "") or ""
        if block is not None and text.strip():
            marked.append(block)
            block = None
    for node in marked:
        node.text = f"> {(node.text or '').lstrip()}"
