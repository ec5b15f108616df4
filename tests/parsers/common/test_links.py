"""Links are kept with the text that they are on, wherever white space is folded."""

from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.proofs import links
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import (
    Linked,
    LinkedTextBuilder,
    join_linked,
    linked_from,
    links_in,
    on_one_line,
    target_of,
)
from vouch.parsers.registry import parse
from vouch.schemas.documents.codec import dump_structure, load_document
from vouch.schemas.documents.records import ElementType


@pytest.mark.parametrize(
    ("written", "base", "target"),
    [
        ("b.html", "https://example.org/a/", "https://example.org/a/b.html"),
        ("/b?c#d", "https://example.org/a/", "https://example.org/b?c#d"),
        ("b.html", "", "b.html"),
        (" https://exa\nmple.org/x y ", "", "https://example.org/xy"),
        ("mailto:a@example.org", "https://example.org/", "mailto:a@example.org"),
        ("http://[broken", "https://example.org/", "http://[broken"),
        ("#part", "https://example.org/", None),
        ("", "https://example.org/", None),
        (None, "", None),
        ("java\tscript:alert(1)", "", None),
        ("JAVASCRIPT:alert(1)", "https://example.org/", None),
        ("data:text/html,x", "", None),
        ("x" * 2001, "", None),
        ("x" * 10_000_000, "", None),
    ],
)
def test_the_target_of_a_link(written: str | None, base: str, target: str | None) -> None:
    assert target_of(written, base) == target


BASES = ["http://a.b", "https://a.b/c/d?e#f", "HTTPS://a.b:8/c/", "https://a.b/c;d"]
BEGINNINGS = ["/", "//", "", "http://a.b", "https://a.b/", "https://"]


@given(
    st.sampled_from(BASES), st.sampled_from(BEGINNINGS), st.text("ab/.-_?#&=%:@;~+()", max_size=8)
)
def test_targets_are_resolved_as_urljoin_does(base: str, beginning: str, rest: str) -> None:
    written = beginning + rest
    target = target_of(written, base)
    assert target is None or target == urljoin(base, written)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<p>see <a href='/a'> this \n one </a>, and <a href=/b>that</a></p>",
            [("this one", "/a"), ("that", "/b")],
        ),
        (
            "<h2><a href='/a'>Head</a></h2><ul><li>an <a href='/b'>item</a></ul>",
            [("Head", "/a"), ("item", "/b")],
        ),
        (
            "<table><tr><td>a<td><a href='/b'>b</a> c<tr><td> <a href='/d'>d</a><td>e</table>",
            [("b", "/b"), ("d", "/d")],
        ),
        ("<pre>x\n  <a href='/y'>y\n  z</a></pre>", [("y\n  z", "/y")]),
        ("<a href='/a'><p>one</p><p>two</p></a>", [("one", "/a"), ("two", "/a")]),
        ("<a href='/a'>one <a href='/b'>two</a></a>", [("one", "/a"), ("two", "/b")]),
        ("<a href='/a'><img src='x'></a><a href='/b'><img alt='Logo'></a>", [("Logo", "/b")]),
        (
            "<a href='#x'>up</a> <a href='javascript:x()'>do</a> <a>name</a> <a href=''>no</a> text",
            [],
        ),
        ("<p>a\ufeff <a href='/a'>b\ufeffc</a></p>", [("bc", "/a")]),
        ("<base href='https://x.org/d/'><p><a href='e'>E</a>", [("E", "https://x.org/d/e")]),
        (
            "<base href='/d/'><link rel='canonical' href='https://x.org/'><a href='e'>E</a>",
            [("E", "https://x.org/d/e")],
        ),
        ("<base href='/d/'><a href='e'>E</a>", [("E", "e")]),
        ("<h1>Head<a class='headerlink' href='#head'>¶</a></h1>text", []),
    ],
)
def test_links_of_pages(html: str, expected: list[tuple[str, str]]) -> None:
    assert links(parse(f"<html><body>{html}".encode(), "a.html")) == expected


def test_links_of_markdown() -> None:
    text = (
        "# On [a](http://a.org)\n\nsee [b\n *c*](d.md), <http://e.org>, [f](#f) and ![g](h)\n\n"
        "- [i](/j)\n\n|k|\n|-|\n|[l](m)|\n\n"
        "<b>a</b> <a class='x' HREF='/n'>o</a> p <a>q</a> <a href='#r'>s</a>"
    )
    assert links(parse(text.encode(), "a.md")) == [
        ("a", "http://a.org"),
        ("b c", "d.md"),
        ("http://e.org", "http://e.org"),
        ("i", "/j"),
        ("l", "m"),
        ("o", "/n"),
    ]


def test_links_of_navigation_are_kept_too() -> None:
    document = parse(b"<html><body><nav><a href='/n'>Nav</a></nav><main><p>text</main>", "a.html")
    assert links(document) == [("Nav", "/n")]
    assert document.elements[0].type is ElementType.HEADER


def test_a_link_between_a_letter_and_its_accent_is_dropped() -> None:
    assert list(links_in(Linked("e\u0301x", [(0, 1, "/a")]), "\xe9x")) == []


def test_links_survive_the_document_codec() -> None:
    document = parse(b"<html><body><p>to <a href='http://a.org/b'>there</a>", "a.html")
    assert load_document(document.text, dump_structure(document)) == document


@given(
    st.lists(st.tuples(st.text(" \n\tab\u0301\ufeff\xa0|", max_size=8), st.booleans()), max_size=8),
    st.data(),
)
def test_a_link_has_the_text_that_it_was_put_on(
    pieces: list[tuple[str, bool]], data: st.DataObject
) -> None:
    linked, builder = LinkedTextBuilder(), DocumentBuilder()
    for number, (piece, is_link) in enumerate(pieces):
        if is_link:
            linked.open(str(number))
        linked.add(piece)
        linked.close()
    text = linked.take()
    add = data.draw(
        st.sampled_from(
            [builder.paragraph, builder.code, builder.title, builder.list_item, builder.footer]
        )
    )
    add(text)
    builder.table([["x", text], [text]])
    document = builder.build()
    for words, number in links(document):
        plain = DocumentBuilder()
        plain.title(pieces[int(number)][0])
        assert " ".join(words.split()) == plain.build().text
        assert words == words.strip()


@given(
    st.lists(st.tuples(st.text(" \na|", max_size=4), st.booleans()), max_size=6),
    st.text(" a|", max_size=2),
    st.integers(0, 12),
)
def test_links_stay_on_their_text_where_texts_are_joined_and_cut(
    pieces: list[tuple[str, bool]], separator: str, start: int
) -> None:
    texts = [
        Linked(piece, [(0, len(piece), piece)]) if is_link and piece else piece
        for piece, is_link in pieces
    ]
    text = join_linked(texts, separator)
    assert text == separator.join(texts)
    assert [text[begin:end] for begin, end, _ in text.links] == [to for _, _, to in text.links]
    rest = linked_from(text, start)
    assert rest == text[start:]
    assert all(to.endswith(rest[begin:end]) for begin, end, to in rest.links)
    line = on_one_line(text)
    words = [" ".join(to.split()) for _, _, to in text.links if to.strip()]
    assert [line[begin:end] for begin, end, _ in line.links] == words
