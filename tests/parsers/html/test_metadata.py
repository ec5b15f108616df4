"""Metadata that pages declare, and which declaration wins."""

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Metadata


def page_metadata(head: str, body: str = "<p>text</p>", lang: str = "") -> Metadata:
    return parse(
        f"<html {lang}><head>{head}</head><body>{body}</body></html>".encode(), "a.html"
    ).metadata


def json_ld(data: str) -> str:
    return f'<script type="application/ld+json">{data}</script>'


@pytest.mark.parametrize(
    ("head", "heading", "title"),
    [
        ("<title>How it works | Example</title>", "How it works", "How it works"),
        ("<title>How it works - Example - Docs</title>", "How it works", "How it works"),
        ("<title>Example: How it works</title>", "How it works", "How it works"),
        ("<title>Example — How it works</title>", "Example", "Example"),
        ("<title>How it works at Example</title>", "How it works", "How it works at Example"),
        ("<title>How it works</title>", "Another heading", "How it works"),
        ("<title>Well-known | Site</title>", "Well", "Well-known | Site"),
        (
            "<title>Report | Institute</title><meta property='og:title' content='Institute'>",
            "Other",
            "Report | Institute",
        ),
        (
            "<title>Report | Institute</title><meta property='og:title' content='Report'>",
            "Other",
            "Report",
        ),
        ("<title>Untitled document</title>", "How it works", "How it works"),
        ("<title>export_2024.html</title>", "How it works", "How it works"),
        ("<title>export_2024.html</title>", "", "export_2024.html"),
        ("<meta property='og:title' content='Declared'>", "Head", "Declared"),
        (json_ld('{"@type": "NewsArticle", "headline": "Declared"}'), "Head", "Declared"),
        ("", "Head", "Head"),
        ("", "", None),
    ],
)
def test_the_title_without_the_name_of_the_site(head: str, heading: str, title: str | None) -> None:
    assert (
        page_metadata(head, f"<svg><title>icon</title></svg><h1>{heading}</h1><p>text</p>").title
        == title
    )


GRAPH = """{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Site", "author": "Nobody"},
{"@type": ["Article", "X"], "headline": "From data", "datePublished": "2024-05-06T07:08:09Z", "dateModified": "2024-06-01",
"inLanguage": "de", "author": [{"@type": "Person", "name": "Ada"}, {"name": "Bob"}, "Ada"],
"comment": {"@type": "Article", "author": "Troll"}}]}"""


def test_json_ld_is_used_where_no_tag_declares_the_value() -> None:
    metadata = page_metadata(json_ld(GRAPH))
    assert (metadata.title, metadata.author, metadata.language) == ("From data", "Ada, Bob", "de")
    assert (str(metadata.created), str(metadata.modified)) == (
        "2024-05-06 07:08:09+00:00",
        "2024-06-01 00:00:00+00:00",
    )
    tagged = page_metadata(
        json_ld(GRAPH) + '<title>Tag</title><meta name="author" content="Cy">', lang="lang=fr"
    )
    assert (tagged.title, tagged.author, tagged.language) == ("Tag", "Cy", "fr")


@pytest.mark.parametrize(
    "data",
    [
        "[" * 100_000,
        '{"@graph": ' * 900,
        '{"@type": "Article", "author": ' + "[" * 400 + "]" * 400 + "}",
        "1",
        "{",
        '{"@type": "Article", "headline": {"name": 7}, "author": null, "datePublished": 5}',
        '{"@type": 3, "headline": "No"}',
        '{"@type": "Organization", "headline": "No", "author": "No"}',
        '{"@type": "Article", "headline": "' + "x" * 600_000 + '"}',
    ],
)
def test_malformed_json_ld_is_ignored(data: str) -> None:
    metadata = page_metadata(json_ld(data) + json_ld("{"), "<h1>Head</h1>")
    assert (metadata.title, metadata.author, metadata.created) == ("Head", None, None)


@pytest.mark.parametrize(
    ("head", "body", "created", "modified"),
    [
        ("<meta property='article:published_time' content='2020-01-02'>", "", "2020-01-02", None),
        ("<meta name='dcterms.modified' content='2020-01-02'>", "", None, "2020-01-02"),
        (
            "",
            "<header>By Ida, <time datetime='2020-01-02'>then</time></header>",
            "2020-01-02",
            None,
        ),
        ("", "<p class='post-meta'><time datetime='2020-01-02'>then</time>", "2020-01-02", None),
        ("", "<p>It is held on <time datetime='2031-08-14'>14 August</time>.</p>", None, None),
        ("", "<ul class=events><li><time datetime='2031-08-14'>then</time></ul>", None, None),
        (
            "",
            "<time datetime='2020-01-02'>1</time><time datetime='2021-01-02'>2</time>",
            None,
            None,
        ),
        (
            "",
            "<time class='published' datetime='2020-01-02'/><time class='updated' datetime='2021-01-02'/>",
            "2020-01-02",
            "2021-01-02",
        ),
        ("", "<time datetime='soon'>then</time> Copyright 2019, seen on 2018-03-04", None, None),
    ],
)
def test_created_and_modified_times(
    head: str, body: str, created: str | None, modified: str | None
) -> None:
    metadata = page_metadata(head, f"<p>text</p>{body}")
    assert [time and str(time.date()) for time in (metadata.created, metadata.modified)] == [
        created,
        modified,
    ]


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        ("<meta name=author content=Ada>", "<a rel=author>Bob</a>", "Ada"),
        (
            "<meta property='article:author' content='https://example.org/ada'>",
            "<a rel=author>Bob</a>",
            "Bob",
        ),
        ("", "<div itemprop=author><b itemprop=name>Ada</b> who writes</div>", "Ada"),
        ("", f"<div itemprop=author>{'word ' * 50}</div>", None),
    ],
)
def test_authors(head: str, body: str, author: str | None) -> None:
    assert page_metadata(head, f"<p>text</p>{body}").author == author


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ("<link rel='canonical' href='https://example.org/a'>", "https://example.org/a"),
        (
            "<link rel=canonical href='/a'><meta property='og:url' content='https://example.org/b'>",
            "https://example.org/b",
        ),
        (
            "<base href='https://example.org/x/'><link rel=canonical href='a'>",
            "https://example.org/x/a",
        ),
        ("<link rel=canonical href='/a'>", "/a"),
        ("<link rel=canonical href='javascript:a'>", None),
    ],
)
def test_canonical_links(head: str, canonical: str | None) -> None:
    assert dict(page_metadata(head).extra).get("canonical") == canonical


@pytest.mark.parametrize(
    ("head", "lang", "language"),
    [
        ("", "lang=de-CH", "de-CH"),
        ("", "xml:lang=de", "de"),
        ("<meta http-equiv=content-language content=fr>", "", "fr"),
        ("<meta property='og:locale' content='pt_BR'>", "lang=''", "pt-BR"),
        ("", "lang='{{ lang }}'", None),
    ],
)
def test_declared_languages(head: str, lang: str, language: str | None) -> None:
    assert page_metadata(head, lang=lang).language == language


_TEXT = "<p>The harbour is open all day for ships.</p>"


@pytest.mark.parametrize(
    ("html", "created"),
    [
        ("<time pubdate datetime=2021-08-14>14 August</time>", "2021-08-14"),
        ("<time itemprop=datePublished datetime=2021-08-14>x</time>", "2021-08-14"),
        ("<p class=byline>By Ida, <time datetime=2021-08-14>x</time></p>", "2021-08-14"),
        ("<p class=byline><time>2021-08-14</time></p>", "2021-08-14"),
        ("<header><h1>News</h1><time datetime=2021-08-14>x</time></header>", "2021-08-14"),
        ("<p>Held on <time datetime=2031-08-14>x</time>.</p>", None),
        ("<header><h1>Offer</h1>Apply until <time datetime=2031-08-14>x</time></header>", None),
        ("<div class=event-meta><header><time datetime=2031-08-14>x</time></header></div>", None),
        ("<div class=h-event><header><time class=dt-start datetime=2031-08-14>x</time></header></div>", None),
        (
            "<div itemscope itemtype='https://schema.org/Event' class=post-meta>"
            "<time itemprop=startDate datetime=2031-08-14>x</time></div>",
            None,
        ),
        ("<div class=comment><header><time datetime=2020-01-01>x</time></header>Nice.</div>", None),
        ("<footer><time datetime=2021>2021</time></footer>", None),
    ],
)  # fmt: skip
def test_a_time_of_the_text_is_that_of_the_page_only_where_it_says_so(
    html: str, created: str | None
) -> None:
    document = parse(f"<html><body><h1>News</h1>{html}{_TEXT}</body></html>".encode(), "a.html")
    time = document.metadata.created
    assert (time.date().isoformat() if time else None) == created


@pytest.mark.parametrize(
    ("name", "content", "keywords"),
    [
        ("keywords", "harbour, pier", ("harbour", "pier")),
        ("news_keywords", "harbour", ("harbour",)),
        ("keywords", " , ", None),
    ],
)
def test_keywords_are_a_list(name: str, content: str, keywords: tuple[str, ...] | None) -> None:
    page = f"<html><head><meta name={name} content='{content}'></head><body>{_TEXT}</body></html>"
    extra = dict(parse(page.encode(), "a.html").metadata.extra)
    assert extra.get("keywords") == keywords
