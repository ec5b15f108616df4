"""Scores of retrieved spans of characters, given the spans that answer a question.

Source: Smith & Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma, July 2024.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple


class Piece(NamedTuple):
    """Characters `start` to `end` (exclusive) of the text named `corpus`."""

    corpus: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the pieces of one text that answer it."""

    text: str
    references: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1, and the retrieved characters, where repeated ones count repeatedly."""

    recall: float
    precision: float
    iou: float
    characters: float


def scores(retrieved: Sequence[Piece], references: Sequence[Piece]) -> Scores:
    """Return the scores of one question, which has at least one reference, all of one text."""
    covered = union(_common(retrieved, references))
    expected = sum(piece.end - piece.start for piece in references)
    characters = sum(piece.end - piece.start for piece in retrieved)
    missed = union(references) - covered
    return Scores(
        covered / expected,
        _share(covered, characters),
        _share(covered, characters + missed),
        characters,
    )


def omega(chunks: Iterable[Piece], references: Sequence[Piece]) -> float:
    """Return the precision of retrieving exactly the chunks that overlap a reference.

    Each character counts once.
    """
    overlapping = [
        chunk for chunk in chunks if any(_overlap(chunk, reference) for reference in references)
    ]
    covered = union(_common(overlapping, references))
    return _share(covered, union(overlapping) + union(references) - covered)


def means(each: Sequence[Scores]) -> Scores:
    """Return the means over questions."""
    names = ("recall", "precision", "iou", "characters")
    return Scores(**{name: fmean(getattr(question, name) for question in each) for name in names})


def union(pieces: Iterable[Piece]) -> int:
    """Return the number of characters that are in at least one of the pieces."""
    total, corpus, reached = 0, "", 0
    for piece in sorted(pieces):
        if piece.corpus != corpus:
            corpus, reached = piece.corpus, 0
        total += max(0, piece.end - max(piece.start, reached))
        reached = max(reached, piece.end)
    return total


def cut(pieces: Iterable[Piece], budget: int) -> list[Piece]:
    """Return the first pieces up to `budget` characters; the last one is cut off there."""
    kept = []
    for piece in pieces:
        if budget <= 0:
            break
        kept.append(piece._replace(end=min(piece.end, piece.start + budget)))
        budget -= piece.end - piece.start
    return kept


def _overlap(a: Piece, b: Piece) -> bool:
    return a.start < b.end and b.start < a.end and a.corpus == b.corpus


def _common(pieces: Sequence[Piece], references: Sequence[Piece]) -> list[Piece]:
    """Return the intersections of pieces and references that are not empty."""
    return [
        Piece(piece.corpus, max(piece.start, reference.start), min(piece.end, reference.end))
        for piece in pieces
        for reference in references
        if _overlap(piece, reference)
    ]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
