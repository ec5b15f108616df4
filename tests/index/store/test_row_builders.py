"""Rows of chunks: a chunk has the links that begin in its span."""

import pytest

from vouch.index.store.row_builders import chunk_rows
from vouch.schemas.documents.records import (
    Chunk,
    Document,
    ElementType,
    Fingerprints,
    Link,
    Metadata,
    Origin,
)

FINGERPRINTS = Fingerprints("c" * 16, "e" * 16, "k" * 16, "l" * 16, {})
ORIGIN = Origin(
    "d" * 32, "docs", "a.html", content_sha256="0" * 64, parser="html", parse_fingerprint="p" * 16
)


def links_of(document: Document, start: int, end: int) -> list[str]:
    chunk = Chunk(
        start, end, document.text[start:end], None, 3, (), (ElementType.PARAGRAPH,), None, None
    )
    pairs = chunk_rows(ORIGIN, document, [chunk], ["en"], FINGERPRINTS)[0]["metadata"]
    assert pairs[0] == {"key": "author", "value": "Ada"}
    return [pair["value"] for pair in pairs[1:] if pair["key"] == "link"]


@pytest.mark.parametrize(
    ("span", "targets"),
    [
        ((0, 10), ["/a", "/b"]),
        ((0, 5), ["/a"]),
        ((4, 9), ["/b"]),
        ((1, 5), []),
        ((5, 7), ["/b"]),
        ((9, 12), ["/a"]),
    ],
)
def test_a_chunk_has_the_links_that_begin_in_it(span: tuple[int, int], targets: list[str]):
    links = (Link(0, 2, "/a"), Link(5, 9, "/b"), Link(9, 10, "/a"))
    document = Document("x" * 12, (), Metadata(author="Ada"), links=links)
    assert links_of(document, *span) == targets


def test_a_chunk_has_at_most_a_hundred_links():
    links = tuple(Link(number, number + 1, f"/{number}") for number in range(500))
    document = Document("x" * 500, (), Metadata(author="Ada"), links=links)
    assert links_of(document, 0, 500) == [f"/{number}" for number in range(100)]
