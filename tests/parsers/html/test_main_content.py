"""Which part of a page is content: rule by rule on small pages, and no text is ever lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, ElementType

ASIDE = (ElementType.HEADER, ElementType.FOOTER)
TEXT = "".join(
    f"<p>This is paragraph number {n} of a text that says something at some length, as texts do.</p>"
    for n in range(24)
)

ARTICLE = "<meta property='og:type' content='article'>"
MORE = TEXT.replace("paragraph", "part").replace("says something", "goes on")


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
        f"<div><div class='text'>{TEXT}{part}{MORE}</div></div>",
        f"{TEXT}{part}{MORE}",
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
            f"<div class='post p{n % 2}'><p>{f'A post of a thread, by number {n}. ' * (99 if n == 0 else 2)}</p></div>"
            for n in range(5)
        ),
        "".join(f"<div>{f'Chapter with {n} texts in it. ' * n}</div>" for n in (60, 3, 2)),
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


def test_how_a_link_is_broken_into_lines_does_not_change_what_is_content() -> None:
    words = ["Other", "pages", "that", "we", "keep", "for", "those", "who", "ask"]
    for body in (
        f"<p><a href='/x'>{{}}</a> and more</p>{TEXT}",
        f"{TEXT}<p><a href='/x'>{{}}</a></p>",
    ):
        pages = [
            page(body.format(between.join(words)), ARTICLE) for between in (" ", "\n" + " " * 30)
        ]
        assert pages[0] == pages[1]
        assert any("Other pages" in text for text in texts(pages[0], aside=True))


def test_landmarks_inside_the_content_are_kept() -> None:
    body = f"<main>{TEXT}<div role='contentinfo'><p>A result of a search, whose author misread the standard.</p></div></main>"
    assert texts(page(body), aside=True) == []


STORY = "".join(
    f"<p>{sentence}</p>"
    for sentence in (
        "The ferry to the outer islands will not sail in the first week of March, the company said.",
        "Its only ship goes into the dock for a new shaft, which was ordered two years ago in Norway.",
        "Whoever has to cross may ask the pilots, who take up to four people on a quiet day, for free.",
        "The school on the largest island stays closed, since its two teachers live on the mainland.",
    )
)
COMMENT_FORM = """<div id='respond'><h3>Leave a reply</h3><form id='commentform'>
<p class='comment-notes'>Your email address will not be published.</p><textarea></textarea></form></div>"""
WIDGETS = """<div class='obar'><ul><li class='widget'><div class='textwidget'><strong>If you want to join
our readers, please write to us.</strong></div></li><li class='widget'><h2>Categories</h2><ul>
<li><a href='/1'>Ships</a> (44)</li><li><a href='/2'>Fish</a> (1)</li></ul></li></ul></div>"""
CARDS = "".join(
    f"""<article class='item'><a href='/v{n}'><h4>{title}</h4><p>{title}, and nobody at the
    harbour can say for how long that is going to be so.</p></a></article>"""
    for n, title in enumerate(
        ("Fish is dear", "A lamp is out", "The tide is late", "Gulls are back")
    )
)
FOOTER = """<div class='site-footer-wrap'><div>The customer service can be reached by telephone from
Monday to Friday, and by mail at any time; subscriptions end with the month in which they are
cancelled in writing, and prices include the tax of the country that you live in. Copyright 2026
Ferry News. All rights reserved. Terms of use. The crew is not to be asked about any of this.</div></div>"""


@pytest.mark.parametrize("head", ["", ARTICLE], ids=["undeclared", "article"])
@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(
            "<section><article><h1>No ferry</h1>{}</article>" + COMMENT_FORM + "</section>"
        ),
        pytest.param(
            "<div class='post'><h1>No ferry</h1>{}<p class='akismet_comment_form_privacy_notice'>"
            "This site uses a filter to reduce spam.</p></div>"
        ),
        pytest.param(
            "<div id='page'><div class='post'><h1>No ferry</h1>{}</div>" + WIDGETS + "</div>"
        ),
        pytest.param("<aside>" + WIDGETS + "</aside><div class='post'><h1>No ferry</h1>{}</div>"),
        pytest.param(
            "<div class='row'><article><h1>No ferry</h1>{}</article></div><div class='row'><section>"
            "<h3>More from the coast</h3>" + CARDS + "</section></div>"
        ),
        pytest.param("<div class='body'><h1>No ferry</h1>{}</div>" + FOOTER),
        pytest.param(
            "<div><a href='#m'>Skip to the content</a><header class='site-header'><ul><li>"
            "<a href='/a'>News</a></li></ul><main><article><h1>No ferry</h1>{}</article></main>"
            "</header></div>"
        ),
    ],
    ids=["form", "notice", "widgets", "widgets before", "cards", "footer", "open header"],
)
def test_what_is_around_a_story_is_no_content(beside: str, head: str) -> None:
    document = page(beside.format(STORY), f"<title>No ferry</title>{head}")
    assert texts(document, aside=False) == [
        "No ferry",
        *STORY.removeprefix("<p>")[:-4].split("</p><p>"),
    ]
    assert texts(document, aside=True)


def test_a_footer_by_its_class_may_be_longer_than_the_text() -> None:
    document = page(f"<div class='a-body'><h1>Sold</h1><div>The ferry is sold.</div></div>{FOOTER}")
    assert texts(document, aside=False) == ["Sold", "The ferry is sold."]


@pytest.mark.parametrize(
    "name", ["live-comment", "match comment", "social-post", "newsletter-issue"]
)
def test_a_name_that_most_of_the_text_has_describes_the_page(name: str) -> None:
    """A live ticker, an archive of newsletters: no comments of readers, no advertisement."""
    parts = STORY.removeprefix("<p>")[:-4].split("</p><p>")
    ticker = "".join(f"<div class='{name}'><div>{part}</div></div>" for part in parts)
    document = page(f"<main><h1>Live</h1><div class='{name}s'>{ticker}</div></main>")
    assert texts(document, aside=False) == ["Live", *parts]


@pytest.mark.parametrize("head", ["", ARTICLE])
@pytest.mark.parametrize(
    "marked", ["<p>{}</p>", "<div>{}</div>", "<li>{}</li>", "<figcaption>{}</figcaption>"]
)
@pytest.mark.parametrize("cut", [None, "", " more", " … read more"])
def test_a_caption_that_is_there_twice_is_kept_once(
    head: str, marked: str, cut: str | None
) -> None:
    caption = "The old ferry at the north quay, seen from the tower on a grey day in its last week."
    short = caption if cut is None else caption[:60].rsplit(" ", 1)[0] + cut
    body = f"<article><h1>No ferry</h1>{STORY}<div>{marked.format(short)}{marked.format(caption)}</div></article>"
    content = texts(page(body, f"<title>No ferry</title>{head}"), aside=False)
    assert sum("The old ferry at the north" in text for text in content) <= 1
    listed = f"<ul><li><div>{short}</div><div>{caption}</div></li></ul>"
    content = texts(page(f"<main>{STORY}{listed}</main>", head), aside=False)
    assert sum("The old ferry at the north" in text for text in content) == 1
    assert "".join(content).count(caption) == sum("The old ferry" in text for text in content)


@pytest.mark.parametrize("mark", ["\xad", "\u200b", "\u2060", "\ufeff", "\u200d", "\u0301"])
def test_marks_within_words_do_not_hide_them_from_the_extractor(mark: str) -> None:
    marked = STORY.replace("e", f"e{mark}").replace(f"<pe{mark}", "<p")
    document = page(f"<article><h1>No ferry</h1>{marked}</article>{FOOTER}", ARTICLE)
    assert len(texts(document, aside=False)) == 5


def test_a_heading_that_is_there_twice_is_kept_once() -> None:
    title = "The ferry to the outer islands will not sail in March"
    heads = (f"<h1>{title}</h1><h2>{title}</h2>", f"<h1>{title}</h1><div class=big>{title}</div>")
    for body in (f"<main>{head}{STORY}</main>" for head in heads):
        assert texts(page(body), aside=False).count(title) == 1


def test_the_same_answer_below_two_questions_is_kept() -> None:
    answer = "<p>Ask the crew, who will do for you whatever can be done at sea.</p>"
    document = page(f"<main><h2>Is there tea?</h2>{answer}<h2>Is there soup?</h2>{answer}</main>")
    assert len(texts(document, aside=False)) == 4


def test_a_manual_that_declares_its_pages_articles_is_read_whole() -> None:
    option = "<dl><dt><code>--wait</code></dt><dd>For the tide.</dd></dl>"
    body = f"<main><h1>sail</h1>{STORY}<pre>sail --wait</pre><div class='meta'>Since 1.2</div>{option}</main>"
    assert texts(page(body, ARTICLE), aside=True) == []


@pytest.mark.parametrize("head", ["", ARTICLE], ids=["undeclared", "article"])
def test_the_questions_of_closed_answers_are_kept_with_them(head: str) -> None:
    faq = "".join(
        f"<div class='accordion-item'><h3><button aria-expanded=false aria-controls=p{n}>Who pays for tug {n}?"
        f"</button></h3><div class=panel id=p{n} hidden><p>Of tug number {n} the ship pays {n} tenths, and "
        "the harbour pays the rest of it.</p></div></div>"
        for n in range(8)
    )
    assert texts(page(faq, f"<title>FAQ</title>{head}"), aside=True) == []


def test_links_above_the_heading_of_the_main_part_are_no_content() -> None:
    bar = "<div><a href='/'><img alt='logo'></a></div>"
    assert texts(page(f"<main>{bar}<h1>sail</h1>{STORY}</main>"), aside=True) == ["logo"]
    entries = "".join(f"<p><a href='/{n}'>Entry {n} of the list</a></p>" for n in range(9))
    assert texts(page(f"<main>{entries}<h2>sail</h2>{STORY}</main>"), aside=True) == []


def test_an_article_keeps_its_code_and_tables() -> None:
    table = "<table><tr><th>Day<th>Ferries<tr><td>Monday<td>4<tr><td>Sunday<td>1</table>"
    body = (
        f"<article><h1>No ferry</h1>{STORY}<pre>sail --to north\nwait</pre>{table}{MORE}</article>"
    )
    kinds = {element.type for element in page(body, ARTICLE).elements if element.type not in ASIDE}
    assert {ElementType.CODE, ElementType.TABLE} <= kinds


@pytest.mark.parametrize(
    "failure", [ValueError("broken"), RecursionError(), TypeError(), AttributeError("None")]
)
def test_where_the_extractor_fails_the_page_is_read_without_it(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("trafilatura.bare_extraction", fail)
    document = page(f"<nav>Menu</nav><h1>No ferry</h1>{STORY}<footer>Imprint</footer>", ARTICLE)
    assert texts(document, aside=True) == ["Menu", "Imprint"]
    assert "Norway" in document.text


def test_a_page_reads_the_same_whatever_was_read_before() -> None:
    """The extractor has a memory of texts that it has seen, which must not be used."""
    first = page(f"<article><h1>No ferry</h1>{STORY}</article>", ARTICLE)
    for _ in range(5):
        page(f"<article><h1>Another</h1>{STORY}{MORE}</article>", ARTICLE)
    assert page(f"<article><h1>No ferry</h1>{STORY}</article>", ARTICLE) == first


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


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        ("<span class=dropcap>T</span>he crane is late.", "The crane is late."),
        ("Donau<wbr>dampf<b>schiff</b>e", "Donaudampfschiffe"),
        ("<ruby>東<rt>とう</rt>京<rt>きょう</rt></ruby>都", "東京都"),
        ("Of CO<sub>2</sub> and 10<sup>6</sup>.", "Of CO2 and 10^6."),
        ("<i class=material-icons aria-hidden=true>chevron_right</i>Go on", "Go on"),
        ("Short.", "Short."),
        ("See <a href=/x>all things</a> now", "See all things now"),
    ],
)
def test_a_short_paragraph_is_content_whatever_is_in_its_words(paragraph: str, text: str) -> None:
    page = f"<h1>Berth</h1><p>The harbour is open all day for ships.</p><p>{paragraph}</p>"
    document = parse(f"<html><body>{page}".encode(), "a.html")
    assert elements_of(document)[-1] == (ElementType.PARAGRAPH, text)


def article_in_parts(part: str, between: str) -> str:
    """Return an article of 18 paragraphs that an advertisement divides into two parts."""
    sentence = (
        "The crane on quay {} was moved on Friday, which took the harbour a whole day, and the "
        "ships that carry more than forty containers had to unload at the other quay, where no "
        "crane is high enough for them"
    )
    paragraphs = [f"<p>{sentence.format(number)}.</p>" for number in range(18)]
    body = between.join(part.format("".join(half)) for half in (paragraphs[:9], paragraphs[9:]))
    return (
        '<html><head><meta property="og:type" content="article"><title>Cranes</title></head>'
        f"<body><main><article><h1>Cranes</h1><div class='chunks'>{body}</div></article></main>"
        "</body></html>"
    )


@pytest.mark.parametrize(
    ("part", "between"),
    [
        ("<div class='article__body'>{}</div>", "<div class='ad'>Advertisement</div>"),
        (
            "<div class='grid'><div class='item article__body'>{}</div></div>",
            "<div class='row'><div class='ad'>Advertisement</div></div>",
        ),
        ("<section class='entry-content'>{}</section>", "<aside>Advertisement</aside>"),
    ],
)
def test_an_article_that_advertisements_divide_is_kept_as_a_whole(part: str, between: str) -> None:
    document = parse(article_in_parts(part, between).encode(), "a.html")
    kept = " ".join(texts(document, aside=False))
    assert [f"quay {number} " in kept for number in range(18)] == [True] * 18
