"""HTML trees: the text that a browser shows is kept, in order, however malformed the page is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html.tree import add_html
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, ElementType
from vouch.schemas.errors import DocumentRejected

T = ElementType


def parse_fragment(html: str) -> Document:
    builder = DocumentBuilder()
    add_html(builder, html)
    return builder.build()


def typed_texts(document: Document) -> list[tuple[ElementType, str]]:
    return [
        (element.type, document.text[element.char_start : element.char_end])
        for element in document.elements
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("just <b>text</b>", [(T.PARAGRAPH, "just text")]),
        (
            "<h3><button>Why?</button></h3><p>So. <button>Copy</button></p>",
            [(T.TITLE, "Why?"), (T.PARAGRAPH, "So.")],
        ),
        (
            "<h1>Struct Vec <button>Copy path</button></h1><p>So.",
            [(T.TITLE, "Struct Vec"), (T.PARAGRAPH, "So.")],
        ),
        ("<table><tr><th>a<td><ul><li>1<li>2</ul></table>", [(T.TABLE, "a | 1 2")]),
        ("<table><tr><td>a<td><style>" + "x{} " * 900 + "</style>1</table>", [(T.TABLE, "a | 1")]),
        (
            '<span role="heading" aria-level="3">Head</span>body',
            [(T.TITLE, "Head"), (T.PARAGRAPH, "body")],
        ),
        ("<main hidden><p>not shown</p></main><p>shown</p>", [(T.PARAGRAPH, "shown")]),
        (
            f"<script>{'x ' * 5000}</script><nav>N</nav><main><p>Text</p></main><p>after</p>",
            [(T.HEADER, "N"), (T.PARAGRAPH, "Text"), (T.FOOTER, "after")],
        ),
        (
            "<html><body><p>a</p></body></html><p>late</p>",
            [(T.PARAGRAPH, "a"), (T.PARAGRAPH, "late")],
        ),
        (
            "<html><head><title>A</title></head><body>one</body></html><html><head><title>B</title></head><body><p>two</p>",
            [(T.PARAGRAPH, "one"), (T.PARAGRAPH, "two")],
        ),
        (
            "<ol><li><h3>Step</h3>do it<pre>a\n  b</pre></li></ol>",
            [(T.TITLE, "Step"), (T.LIST_ITEM, "1. do it"), (T.CODE, "a\n  b")],
        ),
        ("<!-- <p>no</p> -->", []),
        (
            "<p>法律では<ruby>虐待<rp>(</rp><rt>ぎゃくたい</rt><rp>)</rp></ruby>をした。",
            [(T.PARAGRAPH, "法律では虐待をした。")],
        ),
        ("<p><ruby>東<rt>とう<rtc>east</rtc></ruby>京", [(T.PARAGRAPH, "東京")]),
        (
            "<html><frameset><noframes><body><p>No <b>frames</b>.<ul><li>one</ul></noframes></frameset>",
            [(T.PARAGRAPH, "No frames."), (T.LIST_ITEM, "- one")],
        ),
        (
            f"<h1>a</h1><noscript><p>{'Text of the page. ' * 12}<p>b</noscript>",
            [
                (T.TITLE, "a"),
                (T.PARAGRAPH, "Text of the page. " * 11 + "Text of the page."),
                (T.PARAGRAPH, "b"),
            ],
        ),
        (
            "a<noscript><p>Switch on JavaScript. " + "It is needed. " * 20 + "</noscript>",
            [(T.PARAGRAPH, "a")],
        ),
        ("a<noscript><img alt='picture' src='x'></noscript>", [(T.PARAGRAPH, "a")]),
    ],
)
def test_shown_text_is_kept_with_its_type(
    html: str, expected: list[tuple[ElementType, str]]
) -> None:
    assert typed_texts(parse_fragment(html)) == expected


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td><p>one</p>two<td><div>x</div>y</table>", "one two | x y"),
        (
            "<table><tr><th>a<th>b<th>c<tr><td rowspan=2>1<td>2<td>3<tr><td>4<td>5</table>",
            "a | b | c\n1 | 2 | 3\n1 | 4 | 5",
        ),
        (
            "<table><tr><td rowspan=2 colspan=2>1<td>2<tr><td>3<tr><td>4<td>5<td>6</table>",
            "1 |  | 2\n1 |  | 3\n4 | 5 | 6",
        ),
        ("<table><tr><td>1<td rowspan=2>2<tr><td>3</table>", "1 | 2\n3 | 2"),
        ('<table><tr><td colspan="²">a<td rowspan="-1">b</table>', "a | b"),
        (f'<table><tr><td colspan="{"9" * 5000}">a<td>b</table>', "a | b"),
    ],
)
def test_cells_keep_their_words_apart_and_their_columns(html: str, text: str) -> None:
    assert typed_texts(parse_fragment(html)) == [(T.TABLE, text)]


QUESTION = "<div><button aria-expanded=false aria-controls=a>Who pays?</button></div>"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (f"{QUESTION}<div id=a hidden><p>The ship.</p></div>", ["Who pays?", "The ship."]),
        (
            f"{QUESTION}<p id=a style='color: red; display: none'>The ship.</p>",
            ["Who pays?", "The ship."],
        ),
        (
            f"<h3>{QUESTION[5:-6]}</h3><div id=a aria-hidden=true>The ship.</div>",
            ["Who pays?", "The ship."],
        ),
        ("<div role=tabpanel hidden><pre>sail --east</pre></div>", ["sail --east"]),
        ("<section hidden=until-found>Found</section>", ["Found"]),
        ("<div hidden>Never shown</div><button>Copy</button>", []),
        (f"{QUESTION}<div id=a hidden><a href=/a>Home</a> <a href=/b>News</a></div>", []),
        (f"<nav>{QUESTION}<div id=a hidden>Menu</div></nav>", []),
        (f"{QUESTION}<div id=a role=dialog hidden>Accept?</div>", []),
        (f"{QUESTION}<div id=a hidden><form>Search <input></form></div>", []),
    ],
)
def test_what_a_click_opens_is_shown_unless_it_is_a_menu(html: str, shown: list[str]) -> None:
    assert [text for _, text in typed_texts(parse_fragment(html))] == shown


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<mfrac><mn>1</mn><mn>20</mn></mfrac>", "1/20"),
        (
            "<mi>x</mi><mo>=</mo><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>",
            "x = (a + b)/c",
        ),
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = m c^2"),
        ("<msub><mi>x</mi><mn>1</mn></msub>", "x_1"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x + 1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "√[3]x"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>", "∑_i^n i"),
        (
            "<semantics><mrow><mi>F</mi></mrow><annotation encoding='application/x-tex'>F</annotation></semantics>",
            "F",
        ),
        ("<mfrac><mn>1</mn></mfrac>", "1"),
        ("<mrow>" * 300 + "<mi>x</mi>", ""),
    ],
)
def test_formulas_are_written_on_one_line(formula: str, text: str) -> None:
    expected = f"It is {text} here." if text else "It is here."
    document = parse_fragment(f"<p>It is <math>{formula}</math> here.</p>")
    assert one_line(document.text) == expected


def test_a_table_in_a_cell_leaves_the_rows_around_it_whole() -> None:
    inner = "<table><tr><th>bar<th>litres<tr><td>9<td>400</table>"
    rows = f"<tr><th>Pump<th>Limits<tr><td>Alpha<td>{inner}<tr><td>Beta<td>none"
    assert typed_texts(parse_fragment(f"<table>{rows}</table>")) == [
        (T.TABLE, "Pump | Limits\nAlpha | bar litres 9 400\nBeta | none")
    ]
    layout = f"<table><tr><td>Menu<td>{inner}</table>"
    assert typed_texts(parse_fragment(layout))[-1] == (T.TABLE, "bar | litres\n9 | 400")


@pytest.mark.parametrize("depth", [200, 300, 1000, 2000])
def test_deeply_nested_text_is_kept(depth: int) -> None:
    assert typed_texts(parse_fragment("<div>" * depth + "deep" + "</div>" * depth + "tail")) == [
        (T.PARAGRAPH, "deep"),
        (T.PARAGRAPH, "tail"),
    ]


def test_external_entities_are_not_read() -> None:
    page = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>a&x;b</p></body></html>'
    with pytest.raises(DocumentRejected, match="refers to another file"):
        parse(page, "a.html")


@settings(max_examples=60)
@given(
    words=st.lists(
        st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=6
    ),
    data=st.data(),
)
def test_no_word_is_lost_whatever_tags_are_left_open(words: list[str], data: st.DataObject) -> None:
    tags = st.sampled_from(
        [
            "<p>",
            "<li>",
            "</ul>",
            "<ul>",
            "<b>",
            "</div>",
            "<td>",
            "<table>",
            "</html>",
            "<h2>",
            "<pre>",
            "</body>",
        ]
    )
    html = "".join(f"{data.draw(tags)} {word} " for word in words)
    text = one_line(parse_fragment(html).text)
    assert [word for word in words if one_line(word) not in text] == []


@pytest.mark.parametrize(
    "html",
    [
        "<p class='" + "cookie " * 50_000 + "'>text</p>",
        "<span class=btn>" * 1_900 + "accept the cookie text",
        "<title>" + "a - " * 20_000 + "</title><h1>" + "a - " * 5_000 + "</h1>text",
        "<title>a</title>" + "<h1>a</h1>" * 2_000 + "text",
        "<div>x</div>" * 5_000 + "text",
        "<a rel=author href='" + "x" * 100_000 + "'>" + "<b>" * 1_000 + "text",
        "<nav>" * 1_900 + "text",
        "<ul><li><a href=x>" * 600 + "text",
        "text<table><td colspan=99999999 rowspan=99999999>" * 100,
    ],
)
def test_crafted_pages_are_read(html: str) -> None:
    assert "text" in parse(f"<html><body>{html}".encode(), "a.html").text


def test_a_page_that_libxml2_truncates_is_rejected() -> None:
    with pytest.raises(DocumentRejected, match="cannot be read to its end"):
        parse(("<div>" * 20_000 + "text").encode(), "a.html")
