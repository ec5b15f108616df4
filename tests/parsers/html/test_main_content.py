"""Which part of a page is content: rule by rule on small pages, and no text is ever lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.parsers.registry import parse
from vouch.schemas.records import Document, ElementType

ASIDE = (ElementType.HEADER, ElementType.FOOTER)
TEXT = "".join(
    f"<p>This is paragraph number {n} of a text that says something at some length, as texts do.</p>"
    for n in range(24)
)


def page(body: str, head: str = "") -> Document:
    return parse(
        f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode(), "page.html"
    )


def texts(document: Document, *, aside: bool) -> list[str]:
    chosen = (element for element in document.elements if (element.type in ASIDE) == aside)
    return [document.text[element.char_start : element.char_end] for element in chosen]


@pytest.mark.parametrize(
    "part",
    [
        '<div class="navbar"><span>Home of things</span></div>',
        "<div><a href='/a'>One</a> <a href='/b'>Two</a> <a href='/c'>Three</a></div>",
        '<ul id="breadcrumbs"><li>Home</li><li>Here</li></ul>',
        f'<div id="comments" class="comments-area"><p>Rita says: {"I beg to differ. " * 9}</p></div>',
        '<div class="KommentarListe Kommentare__x1"><p>Das sehe ich anders als der Verfasser, und zwar ganz anders.</p></div>',
        '<div class="related-posts"><h3>Related</h3><p>Another text, of which this is the beginning.</p></div>',
        '<div role="dialog"><p>Sign up for our letter, and you will never miss a thing that we write again.</p></div>',
        f'<div class="x"><p>We use cookies to show you what others want you to see. {"And more. " * 20}</p></div>',
        "<div><p>We and our partners store cookies on your device.</p><button>Accept all</button></div>",
        "<div><p>© 2026 Example Limited, all of it. This must not be copied, not even a little, by anyone, ever.</p></div>",
        "<aside><a href='/a'>A teaser</a><a href='/b'>And another one</a></aside>",
        "<nav>Menu</nav>",
        "<footer>Imprint</footer>",
        "<div>Short, and beside the text</div>",
    ],
)
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("wrapper", ["div", "form", "font", "app-root", "table><tr><td"])
def test_boilerplate_beside_the_content_is_set_aside(part: str, wrapper: str, before: bool) -> None:
    content = f"<div class='text'><h1>Head</h1>{TEXT}</div>"
    document = page(
        f"<{wrapper}>{part if before else ''}{content}{'' if before else part}</{wrapper.split('>')[0]}>"
    )
    assert texts(document, aside=False) == texts(page(content), aside=False)
    assert texts(document, aside=True)


@pytest.mark.parametrize(
    "part",
    [
        "<p><a href='/a'>One</a></p>",
        "<ul><li><a href='/a'>One</a></li><li><a href='/b'>Two</a></li></ul>",
        "<h2>See also</h2><div><ul><li><a href='/a'>One</a></li><li><a href='/b'>Two</a></li><li><a href='/c'>C</a></li></ul></div>",
        "<table><tr><td><a href='/a'>One</a><td><a href='/b'>Two</a><tr><td><a href='/c'>C</a><td><a href='/d'>D</a></table>",
        "<div class='wrap'><table><tr><th>a<th>b<tr><td>1<td>2</table></div>",
        "<div class='highlight'><pre>x = 1\n  y = 2</pre></div>",
        "<aside class='footnotes'><ol><li>See <a href='/a'>A</a></li><li><a href='/b'>B</a></li><li><a href='/c'>C</a></li></ol></aside>",
        "<section id='related-work'><h2>Related work</h2><p>Others did it before.</p></section>",
        "<div class='section' id='cookies'><h2>Cookies</h2><p>A cookie is a small file.</p></div>",
        "<div class='code-toolbar'><pre>x = 1</pre></div>",
        "<blockquote>So it is.<footer class='blockquote-footer'>Someone</footer></blockquote>",
        "<section><a href='/s'>Source</a><h4>fn <a href='/f'>try</a>(<a href='/s'>self</a>) -> <a href='/r'>Result</a></h4></section>",
        "<div role='note' class='navigation-not-searchable'>Main article: <a href='/a'>A</a></div>",
        "<div class='app-sidebar-content'><p>Beside the point</p></div>",
        "<dl><dt>Term</dt><dd>What it means</dd></dl>",
        "<blockquote>Short, but quoted</blockquote>",
        "<div class='card'><a href='/x'>"
        + "A whole summary that can be clicked as one. " * 4
        + "</a></div>",
    ],
)
def test_parts_of_the_text_are_kept(part: str) -> None:
    for body in (
        f"<main>{TEXT}{part}</main>",
        f"<div><div class='text'>{TEXT}{part}{TEXT}</div></div>",
        f"{TEXT}{part}{TEXT}",
    ):
        assert texts(page(body), aside=True) == []


@pytest.mark.parametrize(
    "body",
    [
        "<p>Short</p>",
        "<div class='menu'><h1>Menu</h1><p>Soup of the day, four euros</p><p>Bread, two euros</p></div>",
        "".join(
            f"<div class='row'><a href='/{n}'>Entry {n} of a listing</a></div>" for n in range(30)
        ),
        "".join(
            f"<div class='post p{n % 2}'><p>{'A post of a thread. ' * (99 if n == 0 else 2)}</p></div>"
            for n in range(5)
        ),
        "".join(f"<div>{'Chapter with text in it. ' * n}</div>" for n in (60, 3, 2)),
        f"<div>{TEXT}</div><table><tr><th>a<th>b<tr><td>1<td>2</table>",
        f"<div><p>{'A page on cookies, and how to bake them. ' * 10}</p></div><p>Cookies are good.</p>",
        "<h1>Index</h1><div class='list'><ul>"
        + "".join(f"<li><a href='/{n}'>Entry {n}</a></li>" for n in range(30))
        + "</ul></div>",
        f"<div>{TEXT[:500]}</div><div class='l'>{'<p><a href=/x>An entry of the index</a></p>' * 60}</div>",
        "<div><p>Our recipe for cookies</p><button>Accept</button></div>",
        "<div class='comment'><p>The only text that there is, though it is a comment.</p></div>",
    ],
)
def test_a_page_that_is_no_article_loses_nothing(body: str) -> None:
    assert texts(page(body), aside=True) == []
    assert texts(page(body), aside=False)


def test_the_heading_of_the_page_is_kept_wherever_it_is() -> None:
    head = "<title>A Title | Site</title>"
    body = f"<div class='top'><a href='/'>Site</a><a href='/a'>About</a><h1>A Title</h1></div><div class='b'>{TEXT}</div>"
    for whole in (body, body.replace("div class='b'", "main").replace("</p></div>", "</p></main>")):
        document = page(whole, head)
        assert texts(document, aside=False)[0] == "A Title"
        assert document.elements[-1].heading_path == ("A Title",)


def test_the_name_of_the_site_is_not_taken_for_the_heading_of_the_page() -> None:
    bar = "<div class='bar'><h1>The Book</h1><p>Print this book</p></div>"
    document = page(
        f"{bar}<main><h1>What is It?</h1>{TEXT}</main>", "<title>What Is It? - The Book</title>"
    )
    assert texts(document, aside=False)[0] == "What is It?"
    assert document.metadata.title == "What is It?"
    assert texts(document, aside=True) == ["The Book", "Print this book"]


def test_boilerplate_before_the_content_is_header_and_after_it_footer() -> None:
    bars = "<div><a href='/{0}1'>One {0}</a> <a href='/{0}2'>Two {0}</a> <a href='/{0}3'>Three {0}</a></div>"
    document = page(f"{bars.format('up')}<div class='text'>{TEXT}</div>{bars.format('down')}")
    sides = [element.type for element in document.elements if element.type in ASIDE]
    assert sides == [ElementType.HEADER, ElementType.FOOTER]


def test_linked_characters_are_counted_as_in_the_file_with_their_white_space() -> None:
    """Version 3 of the parser counts so: another count would give unchanged files other chunks."""
    words = f"\n{' ' * 30}".join(["Other", "pages", "that", "we keep"])
    plain = "Written some time ago, and kept for those who ask. " * 4
    body = f"<div class='text'>{TEXT * 6}</div><div class='b'><p><a href='/x'>{words}</a> {plain}</p></div>"
    one_line = " ".join(words.split())
    assert page(body).elements[-1].type in ASIDE
    assert page(body.replace(words, one_line)).elements[-1].type not in ASIDE


def test_landmarks_inside_the_content_are_kept() -> None:
    body = f"<main>{TEXT}<div role='contentinfo'><p>A result of a search, whose author misread the standard.</p></div></main>"
    assert texts(page(body), aside=True) == []


TAGS = "<div> </div> <main> </main> <article> </article> <nav> </nav> <table> <tr> <td> </table> <ul> <li> </ul> <h1> </h1>"
PIECES = st.sampled_from(
    [
        *TAGS.split(),
        *(
            "<p>",
            "<pre>",
            "</pre>",
            "<aside>",
            "</aside>",
            "<br>",
            '<div class="comments">',
            '<div role="dialog">',
        ),
        *(
            "<a href='/x'>",
            "</a>",
            "<a href='http://a/b?c'>l</a>",
            "We use cookies",
            "<button>OK</button>",
        ),
        *(TEXT, "words", "é", "e\u0301", "\u1100\u1161"),
    ]
)


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=40))
def test_any_page_is_read_completely_and_deterministically(pieces: list[str]) -> None:
    data = ("<html><body>x" + "".join(pieces)).encode()
    document = parse(data, "page.html")
    assert document == parse(data, "page.html")
    assert "".join(document.text.split()).count("words") == pieces.count("words")
    ends = [0]
    for element in document.elements:
        assert ends[-1] <= element.char_start < element.char_end <= len(document.text)
        ends.append(element.char_end)
    for link in document.links:
        assert (
            document.text[link.char_start : link.char_end].strip()
            == document.text[link.char_start : link.char_end]
            != ""
        )
        assert any(
            element.char_start <= link.char_start and link.char_end <= element.char_end
            for element in document.elements
        )
    assert [link.char_start for link in document.links] == sorted(
        link.char_start for link in document.links
    )
