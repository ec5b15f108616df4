"""Count the tokens of any span of an element."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from vouch.schemas.documents.records import Element, Span, Tokenizer, Tokens

# A known token of a few letters can be followed by thousands of blanks, so characters are bounded
# too.
MAX_CHARS_PER_TOKEN = 12
# An unknown token may stand for a word or for a page without spaces. It counts as the tokens that a
# tokenizer with these letters would make of them: of 2.1 to 2.7 characters in the scripts that
# English models lack, of which a word has 5 to 9 (docs/decisions/0033).
_CHARS_PER_UNKNOWN_TOKEN = 3
_PIECE = 200_000  # characters that are tokenized at once


class TokenIndex:
    """Counts tokens in spans of an element, after one pass of the tokenizer over it.

    A large element, such as a log without empty lines, is tokenized in pieces, because a token
    takes a hundred times the memory of its letters.
    """

    def __init__(self, text: str, element: Element, tokenizer: Tokenizer) -> None:
        self.text = text
        self._starts = array("q")
        start = element.char_start
        while start < element.char_end:
            end = _end_of_piece(text, start, element.char_end)
            tokens = tokenizer.tokens(text[start:end])
            self._starts.extend(start + token for token in _starts(tokens))
            start = end

    def count(self, start: int, end: int) -> int:
        """Return the number of tokens that begin in a span."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def fits(self, start: int, end: int, budget: int) -> bool:
        """Return whether a span has at most `budget` tokens, and not too many characters."""
        return end - start <= budget * MAX_CHARS_PER_TOKEN and self.count(start, end) <= budget

    def furthest(self, start: int, end: int, budget: int) -> int:
        """Return the largest cut in `(start, end]` such that the part before it fits."""
        cut = min(end, start + budget * MAX_CHARS_PER_TOKEN)
        after = bisect_left(self._starts, start) + budget
        if after < len(self._starts):
            cut = min(cut, self._starts[after])
        return max(cut, start + 1)


def size(tokens: Tokens) -> int:
    """Return the number of tokens, where unknown ones count by their length."""
    return len(tokens.spans) + sum(_extra(start, end) for start, end in tokens.unknown)


def _extra(start: int, end: int) -> int:
    return max(0, (end - start - 1) // _CHARS_PER_UNKNOWN_TOKEN)


def _starts(tokens: Tokens) -> Iterator[int]:
    """Yield where tokens begin; an unknown one of many letters is several."""
    unknown = set(tokens.unknown)
    for span in tokens.spans:
        yield from _parts(span) if span in unknown else span[:1]


def _parts(span: Span) -> range:
    start, end = span
    return range(start, max(end, start + 1), _CHARS_PER_UNKNOWN_TOKEN)


def _end_of_piece(text: str, start: int, end: int) -> int:
    """Return where the next piece to tokenize ends: all of it, or before white space if possible.

    The space goes with the word behind it, as tokenizers see it.
    """
    if end - start <= _PIECE:
        return end
    latest = start + _PIECE
    for position in range(latest, start + _PIECE // 2, -1):
        if text[position - 1].isspace():
            return position - 1
    return latest
