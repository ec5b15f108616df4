"""Join ranked chunks to passages: adjacent chunks are read together and cited as one span."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vouch.index.search.explanation import Explanation
from vouch.index.search.ranking import Row, place
from vouch.schemas.settings.choices import Breadth

# Chunks are found if their relevance is at least this share of the best one's. Measured in
# BENCHMARKS.md, "Retrieval".
MIN_RELEVANCE: Mapping[Breadth, float] = {
    "precise": 0.6,
    "balanced": 0.4,
    "broad": 0.2,
    "all": 0.0,
}
_MAX_CHUNKS = 4  # of one passage
# Characters between two of its chunks: white space. A wider gap is text that was left out of both,
# such as a page's header.
_MAX_GAP = 8


@dataclass(frozen=True, slots=True)
class Passage:
    """Adjacent chunks of a document.

    Attributes:
        chunks: Their rows, in the order of the text.
        relevance: The relevance of the best of them.
        best: The row of the best of them.
        factor: What boosts and decay multiply its relevance by.
        explanation: Why it is where it is, where the search is to explain.
        copies: Passages of the same text elsewhere.
    """

    chunks: tuple[Row, ...]
    relevance: float
    best: Row
    factor: float = 1.0
    explanation: Explanation | None = None
    copies: tuple["Passage", ...] = ()

    @property
    def places(self) -> tuple["Passage", ...]:
        """This passage, and those of the same text: see `vouch.index.search.equal_texts`."""
        return (self, *self.copies)

    @property
    def source(self) -> str:
        """The source of the document."""
        return str(self.best["source"])

    @property
    def uri(self) -> str:
        """The uri of the document."""
        return str(self.best["uri"])

    @property
    def language(self) -> str | None:
        """The language of the best chunk, None where it was not detected."""
        language: str | None = self.best["language"]
        return language

    @property
    def text(self) -> str:
        """The texts of its chunks, one after the other, to look for words in."""
        return "\n".join(str(chunk["text"]) for chunk in self.chunks)

    @property
    def char_start(self) -> int:
        """The first character in the canonical text."""
        return int(self.chunks[0]["char_start"])

    @property
    def char_end(self) -> int:
        """The character after the last one in the canonical text."""
        return int(self.chunks[-1]["char_end"])


def passages(
    order: Sequence[str], relevance: Mapping[str, float], rows: Mapping[str, Row], k: int
) -> list[Passage]:
    """Return at most `k` passages from chunks in their order of rank.

    A chunk that is adjacent to a passage joins it, also when there are `k` passages already.

    Args:
        order: Chunk ids, most relevant first.
        relevance: Relevance by chunk id.
        rows: Rows by chunk id, with the columns of a chunk's place.
        k: The number of passages.
    """
    groups: list[list[str]] = []
    group_of: dict[str, list[str]] = {}
    taken: dict[tuple[str, int], str] = {}
    for identity in order:
        document, number = place(rows[identity])
        adjacent = [
            group_of[taken[document, number + step]]
            for step in (-1, 1)
            if (document, number + step) in taken
            and _touch(rows[taken[document, number + step]], rows[identity])
        ]
        if len(adjacent) == 2 and sum(map(len, adjacent)) < _MAX_CHUNKS:
            # The chunk lies between two passages, and all become one with the better one's rank.
            group, neighbour = sorted(adjacent, key=groups.index)
            group.extend(neighbour)
            group_of.update(dict.fromkeys(neighbour, group))
            groups.remove(neighbour)
        elif adjacent:
            group = min(adjacent, key=len)
            if len(group) >= _MAX_CHUNKS:
                continue
        elif len(groups) < k:
            group = []
            groups.append(group)
        else:
            continue
        group.append(identity)
        group_of[identity] = group
        taken[document, number] = identity
    return [_passage(group, relevance, rows) for group in groups]


def _touch(first: Row, second: Row) -> bool:
    gap = max(first["char_start"], second["char_start"]) - min(
        first["char_end"], second["char_end"]
    )
    return bool(gap <= _MAX_GAP)


def _passage(
    group: Sequence[str], relevance: Mapping[str, float], rows: Mapping[str, Row]
) -> Passage:
    best = max(group, key=lambda identity: relevance[identity])
    chunks = sorted((rows[identity] for identity in group), key=lambda row: row["char_start"])
    return Passage(tuple(chunks), relevance[best], rows[best])
