"""Scores of retrieved spans of characters against the spans that answer a question.

As published: Smith & Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma, July 2024.
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
    """What is asked, and the pieces of one text that answer it."""

    text: str
    references: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1; `characters` is how many were retrieved, those retrieved twice counted twice."""

    recall: float
    precision: float
    iou: float
    characters: float


def scores(retrieved: Sequence[Piece], references: Sequence[Piece]) -> Scores:
    """Of one question. References must be given, and be of one text."""
    covered = union(_common(retrieved, references))
    wanted = sum(piece.end - piece.start for piece in references)
    characters = sum(piece.end - piece.start for piece in retrieved)
    missed = union(references) - covered
    return Scores(
        covered / wanted,
        _share(covered, characters),
        _share(covered, characters + missed),
        characters,
    )


def omega(chunks: Iterable[Piece], references: Sequence[Piece]) -> float:
    """Precision where exactly the chunks that touch a reference were retrieved, each of their characters counted once."""
    touching = [
        chunk for chunk in chunks if any(_touch(chunk, reference) for reference in references)
    ]
    covered = union(_common(touching, references))
    return _share(covered, union(touching) + union(references) - covered)


def means(each: Sequence[Scores]) -> Scores:
    """Over questions, each counted alike."""
    names = ("recall", "precision", "iou", "characters")
    return Scores(**{name: fmean(getattr(one, name) for one in each) for name in names})


def union(pieces: Iterable[Piece]) -> int:
    """Characters that stand in at least one of the pieces."""
    total, corpus, reached = 0, "", 0
    for piece in sorted(pieces):
        if piece.corpus != corpus:
            corpus, reached = piece.corpus, 0
        total += max(0, piece.end - max(piece.start, reached))
        reached = max(reached, piece.end)
    return total


def cut(pieces: Iterable[Piece], budget: int) -> list[Piece]:
    """The first pieces, of `budget` characters together: the last one is cut off where the budget ends."""
    kept = []
    for piece in pieces:
        if budget <= 0:
            break
        kept.append(piece._replace(end=min(piece.end, piece.start + budget)))
        budget -= piece.end - piece.start
    return kept


def _touch(one: Piece, other: Piece) -> bool:
    return one.start < other.end and other.start < one.end and one.corpus == other.corpus


def _common(pieces: Sequence[Piece], references: Sequence[Piece]) -> list[Piece]:
    """What each piece has in common with each reference, where that is anything."""
    return [
        Piece(piece.corpus, max(piece.start, reference.start), min(piece.end, reference.end))
        for piece in pieces
        for reference in references
        if _touch(piece, reference)
    ]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
