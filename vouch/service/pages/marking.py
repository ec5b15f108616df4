"""What is marked in a text: pieces of it that a template escapes one by one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vouch.index.search.identifiers import identifiers
from vouch.schemas.documents.records import Span

_WORD = re.compile(r"\w+")
# Letters of scripts that do not part words by spaces: any two of them in a row are looked for.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_MIN_LETTERS = 4  # of a word that is marked: shorter ones are mostly `the`, `is`, `und`
_MIN_STEM = 5  # letters that a word shares with one of the query, of which it is another form
_MAX_ENDING = 3
_SPACE = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n\s*\n")
_MAX_WORD = 40  # characters; in a script without spaces an excerpt ends anywhere
# Characters that reorder the text around them, or that no browser shows.
_DECEPTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, in the order of the text.

    Attributes:
        text: The characters, with those shown by their code that would deceive a reader.
        is_best: Whether it is part of the passage that is cited, or of its best chunk.
        is_word: Whether it is a word of the query.
    """

    text: str
    is_best: bool = False
    is_word: bool = False


def pieces(text: str, best: Span | None = None, words: Iterable[Span] = ()) -> list[Piece]:
    """Cut a text where a mark begins or ends. Together the pieces are the text.

    Spans are `(first character, character after the last one)`, and may reach beyond the text.
    """
    inside = [(max(0, start), min(len(text), end)) for start, end in (*words, best or (0, 0))]
    *marks, (start, end) = [(first, after) if first < after else (0, 0) for first, after in inside]
    ordered = sorted({0, len(text), start, end, *(border for mark in marks for border in mark)})
    cut = []
    for first, after in zip(ordered, ordered[1:], strict=False):
        is_word = any(begin <= first and after <= finish for begin, finish in marks)
        cut.append(Piece(visible(text[first:after]), start <= first and after <= end, is_word))
    return cut


def visible(text: str) -> str:
    """Return a text with the characters shown by their code that reorder the text around them."""
    return _DECEPTIVE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def words_in(text: str, query: str) -> list[Span]:
    """Return the spans of a text that are words of the query, or other forms of them."""
    queried = [word.casefold() for word in _WORD.findall(query)]
    words = [word for word in queried if len(word) >= _MIN_LETTERS or not word.isalpha()] or queried
    spans = [match.span() for match in _WORD.finditer(text) if _is_form(match[0].casefold(), words)]
    named = [identifier.text for identifier in identifiers(query)]
    unspaced = [
        word[start : start + 2]
        for word in queried
        for start in range(len(word) - 1)
        if all(map(_UNSPACED.match, word[start : start + 2]))
    ]
    for sought in dict.fromkeys([*named, *unspaced]):
        spans += [match.span() for match in re.finditer(re.escape(sought), text, re.IGNORECASE)]
    return _joined(spans)


def excerpt(text: str, query: str, length: int = 600) -> str:
    """Return the part of a long text that has most of the words of a query, without empty lines and
    with … where it is cut; a text that is hardly longer as it is.
    """
    if len(text) <= 1.5 * length:
        return text
    words = words_in(text, query)
    # A window that begins a little before a word has as many as any other that has it.
    starts = [max(0, start - length // 6) for start, _ in words] or [0]
    first = max(starts, key=lambda start: sum(start <= word < start + length for word, _ in words))
    after = min(len(text), first + length)
    if first:
        space = _SPACE.search(text, first, after)
        first = space.end() if space else first
    space = _SPACE.search(text, after)
    if space and space.start() < after + _MAX_WORD:
        after = space.start()
    cut = _EMPTY_LINES.sub("\n", text[first:after].strip())
    return f"{'… ' if first else ''}{cut}{' …' if after < len(text) else ''}"


def _is_form(word: str, words: Sequence[str]) -> bool:
    return any(
        word == each
        or (
            min(len(word), len(each)) >= _MIN_STEM
            and abs(len(word) - len(each)) <= _MAX_ENDING
            and (word.startswith(each) or each.startswith(word))
        )
        for each in words
    )


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
