"""Links: text with the addresses that it leads to, and which addresses are worth keeping."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import Self, TypeAlias
from urllib.parse import urljoin, urlsplit

from vouch.parsers.common.text.clean import clean, one_line

Anchor: TypeAlias = tuple[int, int, str]
"""Start and end within a text, and the target."""

_IGNORED_SCHEMES = ("javascript", "data", "vbscript", "blob", "about")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_MAX_TARGET = 2000  # characters; a longer one carries data rather than an address
# Most links, which `urljoin` would only join: a path from the root of a site, and a whole URL.
_QUERY = r"(?:\?[!-\"$-~]+)?(?:#[!-~]+)?"
_PATH = re.compile(rf"(?:/[\w%~:@!$&'()*+,=-][\w%~:@!$&'()*+,=.-]*)+/?{_QUERY}", re.ASCII)
_WHOLE = re.compile(rf"https?://[\w.-]+(?:/[\w%~:@!$&'()*+,=./-]*)?{_QUERY}", re.ASCII)
_WORD = re.compile(r"\S+")


class Linked(str):
    """A text with its links, in order and not overlapping.

    String methods return a plain `str`, without links.
    """

    links: tuple[Anchor, ...]

    def __new__(cls, text: str, links: Iterable[Anchor] = ()) -> Self:
        linked = str.__new__(cls, text)
        linked.links = tuple(links)
        return linked


def join_linked(pieces: Iterable[str], separator: str = "") -> Linked:
    """Return the pieces as one text, as `str.join` does, with their links."""
    text = LinkedTextBuilder()
    for number, piece in enumerate(pieces):
        if number:
            text.add(separator)
        text.add_linked(piece)
    return text.take()


def linked_from(text: str, start: int) -> Linked:
    """Return the text from `start` on, with the links in it."""
    links = text.links if isinstance(text, Linked) else ()
    return Linked(
        text[start:],
        ((max(begin, start) - start, end - start, to) for begin, end, to in links if end > start),
    )


def on_one_line(text: str) -> Linked:
    """Return the text as `one_line` does, with its links."""
    line = one_line(text)
    return Linked(line, links_in(text, line))


def links_in(raw: str, cleaned: str) -> Iterator[Anchor]:
    """Locate the links of `raw` in `cleaned`, which is `raw` after cleaning and folding of spaces.

    Both have the same visible characters, and counting these finds a place again. Where they differ
    (a letter and its accent on two sides of a link's border were composed), the links are dropped
    rather than misplaced.
    """
    if not isinstance(raw, Linked) or not raw.links:
        return
    if raw.strip() == cleaned:
        yield from _moved(raw, raw.index(cleaned))
        return
    words = [match.span() for match in _WORD.finditer(cleaned)]
    counts = list(accumulate((end - start for start, end in words), initial=0))
    spans, count = _visible_links(raw)

    def place(character: int) -> int:
        word = bisect_right(counts, character) - 1
        return words[word][0] + character - counts[word]

    if count == counts[-1]:
        for start, end, target in spans:
            if start < end:
                yield place(start), place(end - 1) + 1, target


def _moved(raw: Linked, margin: int) -> Iterator[Anchor]:
    """Yield the stripped links of a text that loses no more than its margins."""
    for start, end, target in raw.links:
        if words := raw[start:end].strip():
            place = raw.index(words, start) - margin
            yield place, place + len(words), target


def _visible_links(raw: Linked) -> tuple[list[Anchor], int]:
    """Return the links of a text in visible characters, and how many of these it has."""
    spans, count, position = [], 0, 0
    for start, end, target in raw.links:
        count += _visible(raw[position:start])
        visible_start = count
        count += _visible(raw[start:end])
        spans.append((visible_start, count, target))
        position = end
    return spans, count + _visible(raw[position:])


def _visible(text: str) -> int:
    return sum(map(len, clean(text).split()))


def target_of(written: str | None, base: str = "") -> str | None:
    """Return where a link leads to, resolved against the absolute URL `base`.

    None for links within a page, of scripts or data, and longer than 2,000 characters.
    """
    target = written or ""
    # Before cleaning, which would be slow on the megabytes of an embedded image.
    if len(target) > 2 * _MAX_TARGET:
        return None
    if not (target.isascii() and target.isprintable() and " " not in target):
        target = _BLANKS.sub("", clean(target))
    if not target or target.startswith("#"):
        return None
    if target.partition(":")[0].lower() in _IGNORED_SCHEMES:
        return None
    if base:
        with suppress(ValueError):  # no valid URL; it is kept as it is written
            target = _resolved(target, base)
    return target if len(target) <= _MAX_TARGET else None


def _resolved(target: str, base: str) -> str:
    """Return the same as `urljoin`; for most links in a tenth of its time."""
    if _WHOLE.fullmatch(target):
        return target
    if _PATH.fullmatch(target) and is_absolute(base):
        parts = urlsplit(base)
        return f"{parts.scheme}://{parts.netloc}{target}"
    return urljoin(base, target)


def is_absolute(url: str) -> bool:
    """Return whether a URL is a web address with scheme and host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


class LinkedTextBuilder:
    """Joins pieces of a text, between which links begin and end."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._links: list[Anchor] = []
        self._open: tuple[int, str] | None = None  # start and target of the open link

    def add(self, text: str) -> None:
        """Append a piece."""
        self._pieces.append(text)
        self._length += len(text)

    def add_linked(self, text: str) -> None:
        """Append a piece with the links in it."""
        if isinstance(text, Linked):
            self._links += (
                (start + self._length, end + self._length, target)
                for start, end, target in text.links
            )
        self.add(text)

    @property
    def end(self) -> str:
        """The last piece with text since the last `take`, "" for none."""
        return next(filter(None, reversed(self._pieces)), "")

    @property
    def is_empty(self) -> bool:
        """Whether no piece was added since the last `take`."""
        return not self._pieces

    def open(self, target: str | None) -> None:
        """Begin a link, which ends an open one: links do not nest. None begins no link."""
        self.close()
        self._open = None if target is None else (self._length, target)

    def close(self) -> None:
        """End the open link, if there is one."""
        if self._open is not None and self._open[0] < self._length:
            self._links.append((self._open[0], self._length, self._open[1]))
        self._open = None

    def take(self) -> Linked:
        """Return the text since the last `take`. An open link continues in the next text."""
        still_open = self._open
        self.close()
        if still_open is not None:
            self._open = (0, still_open[1])
        text = Linked("".join(self._pieces), self._links)
        self._pieces, self._links, self._length = [], [], 0
        return text
