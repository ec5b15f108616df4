"""Links: text that leads somewhere, and which places are worth keeping."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import Self, TypeAlias
from urllib.parse import urljoin, urlsplit

from vouch.parsers.common.clean import clean

Anchor: TypeAlias = tuple[int, int, str]
"""Start and end within a text, and the target."""

_NOWHERE = ("javascript", "data", "vbscript", "blob", "about")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_MAX_TARGET = 2000  # characters; what is longer carries data rather than an address
# Most links, with nothing in them that could be resolved or left out: from the root of a site, and with the site.
_QUERY = r"(?:\?[!-\"$-~]+)?(?:#[!-~]+)?"
_PATH = re.compile(rf"(?:/[\w%~:@!$&'()*+,=-][\w%~:@!$&'()*+,=.-]*)+/?{_QUERY}", re.ASCII)
_WHOLE = re.compile(rf"https?://[\w.-]+(?:/[\w%~:@!$&'()*+,=./-]*)?{_QUERY}", re.ASCII)
_WORD = re.compile(r"\S+")


class Linked(str):
    """A text with links in it, in order and not overlapping. What cuts or joins it gives a plain `str`, without them."""

    links: tuple[Anchor, ...]

    def __new__(cls, text: str, links: Iterable[Anchor] = ()) -> Self:
        made = str.__new__(cls, text)
        made.links = tuple(links)
        return made


def links_in(raw: str, made: str) -> Iterator[Anchor]:
    """Where the links of `raw` are in `made`, which is `raw` after cleaning and folding of white space.

    Both have the same visible characters, and by counting these a place is found again. Should that not be so (a letter
    and its accent stood on two sides of a border, and became one), the links are left out rather than misplaced.
    """
    if not isinstance(raw, Linked) or not raw.links:
        return
    if raw.strip() == made:
        yield from _moved(raw, raw.index(made))
        return
    words = [found.span() for found in _WORD.finditer(made)]
    counts = list(accumulate((end - start for start, end in words), initial=0))
    spans, count = _counted(raw)

    def place(character: int) -> int:
        word = bisect_right(counts, character) - 1
        return words[word][0] + character - counts[word]

    if count == counts[-1]:
        yield from (
            (place(start), place(end - 1) + 1, target)
            for start, end, target in spans
            if start < end
        )


def _moved(raw: Linked, margin: int) -> Iterator[Anchor]:
    """The links of a text, each without white space around it, where the text loses but its margin."""
    for start, end, target in raw.links:
        if words := raw[start:end].strip():
            place = raw.index(words, start) - margin
            yield place, place + len(words), target


def _counted(raw: Linked) -> tuple[list[Anchor], int]:
    """The links of a text in visible characters, and how many it has."""
    spans, count, position = [], 0, 0
    for start, end, target in raw.links:
        count += _visible(raw[position:start])
        begun = count
        count += _visible(raw[start:end])
        spans.append((begun, count, target))
        position = end
    return spans, count + _visible(raw[position:])


def _visible(text: str) -> int:
    return sum(map(len, clean(text).split()))


def target_of(written: str | None, base: str = "") -> str | None:
    """Where a link leads to, resolved against an absolute `base`; None for what leads nowhere or stays on its page."""
    target = written or ""
    if len(target) > 2 * _MAX_TARGET:
        return None
    if not (target.isascii() and target.isprintable() and " " not in target):
        target = _BLANKS.sub("", clean(target))
    if not target or target.startswith("#") or target.partition(":")[0].lower() in _NOWHERE:
        return None
    with suppress(ValueError):  # no URL by its grammar; it is kept as it was written
        target = _resolved(target, base) if base else target
    return target if len(target) <= _MAX_TARGET else None


def _resolved(target: str, base: str) -> str:
    """As `urljoin` does it, for most links at a tenth of its time."""
    if _WHOLE.fullmatch(target):
        return target
    if _PATH.fullmatch(target) and is_absolute(base):
        parts = urlsplit(base)
        return f"{parts.scheme}://{parts.netloc}{target}"
    return urljoin(base, target)


def is_absolute(url: str) -> bool:
    """Whether a URL says by itself which page of the web it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


class Gatherer:
    """Puts a text together from pieces, between which links begin and end."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._links: list[Anchor] = []
        self._open: tuple[int, str] | None = None

    def add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was gathered since the last time; a link that is open may be in its place."""
        return not self._pieces

    def open(self, target: str | None) -> None:
        """A link begins, and with it ends the one before: there are no links in links."""
        self.close()
        self._open = None if target is None else (self._length, target)

    def close(self) -> None:
        if self._open is not None and self._open[0] < self._length:
            self._links.append((self._open[0], self._length, self._open[1]))
        self._open = None

    def take(self) -> Linked:
        """What was gathered since the last time. A link that is open goes on in what follows."""
        if self._open is not None:
            if self._open[0] < self._length:
                self._links.append((self._open[0], self._length, self._open[1]))
            self._open = (0, self._open[1])
        text = Linked("".join(self._pieces), self._links)
        self._pieces, self._links, self._length = [], [], 0
        return text
