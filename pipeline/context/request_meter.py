"""Counts the requests to an embedding service, before they are sent and after they are answered."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from vouch.embedders.base import Vectors
from vouch.pipeline.context.budget import TokenMeter
from vouch.schemas.runs.cost import NO_SOURCE, Requests


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request without an answer so far: its tokens by source as estimated, and its day."""

    tokens: Counter[str]
    day: date


class ServiceMeter:
    """Counts the requests for some texts: a `vouch.embedders.base.RequestMeter`.

    A request counts with an estimate before it is sent, and with what the service has counted once
    it is answered. One whose answer is lost stays as estimated: it may have been charged. So does
    one whose answer does not say what it has used.
    """

    def __init__(
        self,
        tokens: TokenMeter,
        texts: Sequence[tuple[str, int]] = (),
        keep: Callable[[Sequence[int], Vectors], None] = lambda _places, _vectors: None,
    ) -> None:
        """`texts` are the source and the estimated tokens of each text, none for probe texts and
        queries, whose tokens are those that the service counts; `keep` is given the vectors of each
        answer.
        """
        self._tokens, self._texts, self._keep = tokens, texts, keep
        self._lock = threading.Lock()
        self._places_sent: set[int] = set()
        self._in_progress: dict[tuple[int, ...], list[_Sent]] = {}

    def sent(self, places: Sequence[int]) -> None:
        """Count a request that is about to be sent. Raises `BudgetExceeded`."""
        estimate: Counter[str] = Counter()
        for place in places if self._texts else ():
            source, tokens = self._texts[place]
            estimate[source] += tokens
        with self._lock:
            is_repeated = not self._places_sent.isdisjoint(places)
            self._places_sent.update(places)
        day = self._tokens.spend(estimate, Requests(sent=1, repeated=int(is_repeated)))
        with self._lock:
            self._in_progress.setdefault(tuple(places), []).append(_Sent(estimate, day))

    def answered(self, places: Sequence[int], tokens: int | None, vectors: Vectors) -> None:
        """Keep the vectors, and replace the estimate by what the service has counted."""
        self._keep(places, vectors)
        sent = self._ended(places)
        used = sent.tokens if tokens is None else shares(tokens, sent.tokens)
        self._tokens.correct(sent.day, _difference(used, sent.tokens), Requests(answered=1))

    def refused(self, places: Sequence[int]) -> None:
        """Take the estimate back."""
        sent = self._ended(places)
        self._tokens.correct(sent.day, _difference({}, sent.tokens), Requests(refused=1))

    def _ended(self, places: Sequence[int]) -> _Sent:
        with self._lock:
            return self._in_progress[tuple(places)].pop()


def shares(tokens: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Divide tokens in proportion to the parts, without a remainder; without parts, they are those
    of no source.
    """
    whole, left, result = sum(parts.values()), tokens, {}
    if not whole:
        return {NO_SOURCE: tokens}
    # Each takes its share of what is left, so that the last one takes the rest.
    for name, part in sorted(parts.items()):
        result[name] = round(left * part / whole)
        left, whole = left - result[name], whole - part
        if not whole:
            break
    return result


def _difference(used: Mapping[str, int], estimate: Mapping[str, int]) -> dict[str, int]:
    return {source: used.get(source, 0) - estimate.get(source, 0) for source in {*used, *estimate}}
