"""Negative golden queries: what must not answer a question, and questions without an answer."""

import re
from collections.abc import Sequence

from pathspec import GitIgnoreSpec

from vouch.validators.retrieval.golden_queries import Forbidden, GoldenQuery, locate
from vouch.validators.retrieval.hits import FoundPlace, SearchHit

MAX_WORDING = 0.7
"""How much of a question's wording a hit may have where no document must answer it.

Of XQuAD's questions whose paragraph was taken out of the index, a paragraph of the same article has
more in 4 % (English), 3 % (German) and 1 % (Russian); with the paragraph in it, in 68, 59 and 35 %.
"""
_WORD = re.compile(r"\w+")
_IDEOGRAPH = re.compile("[\u2e80-\ud7ff]")


def breach(query: GoldenQuery, hits: Sequence[SearchHit], k: int) -> str | None:
    """Return how the first k hits break what a negative query says; None where they do not."""
    for rank, hit in enumerate(hits[:k], 1):
        for place in hit.places:
            if any(_is_forbidden(hit, place, forbidden) for forbidden in query.not_from):
                return f"hit {rank} is from {place.uri}"
        wording = shared_wording(query.query, hit.text) if query.absent else 0.0
        limit = MAX_WORDING if query.max_wording is None else query.max_wording
        if query.absent and wording > limit:
            return (
                f"hit {rank}, from {hit.uri}, has {wording:.0%} of the question's wording "
                f"(at most {limit:.0%})"
            )
    return None


def _is_forbidden(hit: SearchHit, place: FoundPlace, forbidden: Forbidden) -> bool:
    if forbidden.source not in (None, place.source):
        return False
    if not GitIgnoreSpec.from_lines([forbidden.uri]).match_file(place.uri):
        return False
    return forbidden.answer is None or bool(locate(forbidden.answer, hit.text))


def shared_wording(question: str, text: str) -> float:
    """Return the share of a question's wording that a text has.

    The wording is all sequences of four letters within its words, so that endings matter little;
    two in scripts without spaces. 0 where the question has no such sequence.
    """
    wording = _wording(question)
    return len(wording & _wording(text)) / len(wording) if wording else 0.0


def _wording(text: str) -> set[str]:
    return {
        word[start : start + length]
        for word in _WORD.findall(text.casefold())
        for length in [2 if _IDEOGRAPH.search(word) else 4]
        for start in range(len(word) - length + 1)
    }
