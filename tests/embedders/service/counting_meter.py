"""A meter that notes what an engine reports to it."""

from collections import Counter
from collections.abc import Callable, Sequence

from vouch.embedders.base import Vectors


class CountingMeter:
    """A meter that counts; `answers` are pairs of places and tokens."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self.texts = texts
        self.sent_texts: Counter[str] = Counter()
        self.requests = self.refusals = 0
        self.answers: list[tuple[Sequence[int], int | None]] = []
        self.vectors: dict[int, Vectors] = {}
        self.on_sent: Callable[[Sequence[int]], None] = lambda places: None

    def sent(self, places: Sequence[int]) -> None:
        self.on_sent(places)
        self.requests += 1
        self.sent_texts.update(self.texts[place] for place in places)

    def answered(self, places: Sequence[int], tokens: int | None, vectors: Vectors) -> None:
        assert len(places) == len(vectors)
        self.answers.append((tuple(places), tokens))
        self.vectors |= dict(zip(places, vectors, strict=True))

    def refused(self, places: Sequence[int]) -> None:
        self.refusals += 1
