"""Text formats: the elements and metadata of a document of each, and rejections with reasons."""

import json
from pathlib import Path

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, Element, ElementType, Reason
from vouch.schemas.errors import DocumentRejected

T = ElementType
CORPORA = Path(__file__).parent.parent.parent.parent / "shared" / "corpora"


def cells(document: Document, element: Element) -> list[list[str]]:
    assert element.table is not None
    return [[document.text[a:b] for a, b in row] for row in element.table.rows]


MARKDOWN = """---
title: Guide
description: What it is about.
tags: [a, b]
date: 2024-05-06
---
import { Card } from "x"

Some *emphasised* [linked](https://x.org) `code` and ![a picture](p.png).
Same paragraph<br/>next line.

## Steps

1. first
   - nested
2. second

   more of second

> quoted

```python
# not a title
```

| a | b |
|---|---|
| 1 | 2 |

<Tabs>
  <Tab title="From the CLI">
    Run it:

    ```bash
    vouch ingest
    ```
  </Tab>
  <Card icon="x" title={"More"} href="/y" />
</Tabs>
{/* a comment */}
<!-- another -->
"""
HTML = """<!doctype html><html lang="en-GB"><head><title>The  page</title><meta name="author" content="Ada">
<meta property="article:published_time" content="2024-05-06T07:08:09Z"><link rel="canonical" href="https://x.org/p">
<style>p{}</style><script>var x = 1</script></head><body>
<nav><a href="/">Home</a></nav><header>Banner</header>
<main><h1>Title</h1><p>One <b>bold</b>
word<br>and a break.</p><div style="display: none">hidden</div><p hidden>hidden too</p>
<ul><li>first<ul><li>nested</li></ul></li><li><p>second</p></li></ul>
<pre>  kept
   as is</pre><blockquote><p>quoted</p></blockquote><dl><dt>term</dt><dd>meaning</dd></dl>
<table><caption>Ages</caption><thead><tr><th>name<th>age</thead><tr><td>Ada<td>36<tr><td colspan=2>all</table>
<table><tr><td><h2>Layout</h2><p>cell text</p></td></tr></table>
<img alt="a picture"><svg><text>drawn</text></svg></main><footer>Imprint</footer></body></html>"""
XML = """<?xml version="1.0"?><!-- c --><catalog><book><title>Moby &amp; Dick</title><author>Melville</author>
<p>Call me <i>Ishmael</i>.</p></book></catalog>"""
RSS = """<rss version="2.0"><channel><title>News</title><language>en</language><item><title>Item</title>
<description>&lt;p&gt;Hello &lt;b&gt;world&lt;/b&gt;&lt;/p&gt;</description></item></channel></rss>"""
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Analysis\n", "\n", "We *look*."]},
            {
                "cell_type": "code",
                "source": "print(1)",
                "outputs": [
                    {"output_type": "stream", "text": ["1\n"]},
                    {"output_type": "display_data", "data": {"image/png": "iVBOR"}},
                    {"output_type": "error", "ename": "KeyError", "evalue": "x"},
                ],
            },
        ],
    }
)
TEXT = "The Title\n=========\n\nA paragraph\nof two lines.\n\n- one\n- two\n  goes on\n\nCHAPTER I\n\nIt was."


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.mdx",
            MARKDOWN,
            [
                (T.TITLE, "Guide"),
                (T.PARAGRAPH, "What it is about."),
                (T.PARAGRAPH, "Some emphasised linked code and a picture. Same paragraph\nnext line."),
                (T.TITLE, "Steps"),
                (T.LIST_ITEM, "1. first"),
                (T.LIST_ITEM, "  - nested"),
                (T.LIST_ITEM, "2. second"),
                (T.PARAGRAPH, "more of second"),
                (T.PARAGRAPH, "quoted"),
                (T.CODE, "# not a title"),
                (T.TABLE, "a | b\n1 | 2"),
                (T.PARAGRAPH, "From the CLI"),
                (T.PARAGRAPH, "Run it:"),
                (T.CODE, "vouch ingest"),
                (T.PARAGRAPH, "More"),
            ],
        ),
        (
            "a.html",
            HTML,
            [
                (T.HEADER, "Home"),
                (T.HEADER, "Banner"),
                (T.TITLE, "Title"),
                (T.PARAGRAPH, "One bold word\nand a break."),
                (T.LIST_ITEM, "- first"),
                (T.LIST_ITEM, "  - nested"),
                (T.LIST_ITEM, "- second"),
                (T.CODE, "  kept\n   as is"),
                (T.PARAGRAPH, "quoted"),
                (T.PARAGRAPH, "term"),
                (T.PARAGRAPH, "meaning"),
                (T.PARAGRAPH, "Ages"),
                (T.TABLE, "name | age\nAda | 36\nall | "),
                (T.TITLE, "Layout"),
                (T.PARAGRAPH, "cell text"),
                (T.PARAGRAPH, "a picture"),
                (T.PARAGRAPH, "drawn"),
                (T.FOOTER, "Imprint"),
            ],
        ),
        ("a.xml", XML, [(T.TITLE, "Moby & Dick"), (T.PARAGRAPH, "author: Melville"), (T.PARAGRAPH, "Call me Ishmael.")]),
        ("a.rss", RSS, [(T.TITLE, "News"), (T.PARAGRAPH, "language: en"), (T.TITLE, "Item"), (T.PARAGRAPH, "Hello world")]),
        ("a.xml", '<a><b name="x" size="3"/></a>', [(T.PARAGRAPH, "b name: x, size: 3")]),
        (
            "a.ipynb",
            NOTEBOOK,
            [
                (T.TITLE, "Analysis"),
                (T.PARAGRAPH, "We look."),
                (T.CODE, "print(1)"),
                (T.CODE, "1"),
                (T.CODE, "KeyError: x"),
            ],
        ),
        (
            "a.txt",
            TEXT,
            [
                (T.TITLE, "The Title"),
                (T.PARAGRAPH, "========="),
                (T.PARAGRAPH, "A paragraph\nof two lines."),
                (T.LIST_ITEM, "- one"),
                (T.LIST_ITEM, "- two\n  goes on"),
                (T.TITLE, "CHAPTER I"),
                (T.PARAGRAPH, "It was."),
            ],
        ),
        ("a.py", "import x\n\n\ndef f():\n    a = 1\n\n    return a\n", [(T.CODE, "import x"), (T.CODE, "def f():\n    a = 1\n\n    return a")]),
        ("a.csv", "name,age\nAda,36\n\"O'Neil, B\",7\n", [(T.TABLE, "name | age\nAda | 36\nO'Neil, B | 7")]),
        ("a.csv", 'a;b\n"x\ny";2,5\n', [(T.TABLE, "a | b\nx y | 2,5")]),
        ("a.tsv", "a\tb\n1\t2\n", [(T.TABLE, "a | b\n1 | 2")]),
        ("a.csv", "one\ntwo\n", [(T.TABLE, "one\ntwo")]),
        ("a.json", '{"title": "T", "a": {"b": [1, 2.50, null]}, "c": [{"d": true}, 7]}',
         [(T.PARAGRAPH, "title: T\na.b: 1, 2.50, null\nc[0].d: true\nc[1]: 7")]),
        ("a.json", '[{"n": "x", "v": 1}, {"n": "y", "v": 2}]', [(T.TABLE, "n | v\nx | 1\ny | 2")]),
        ("a.json", '{"a": 1, "a": 2}', [(T.PARAGRAPH, "a: 1\na: 2")]),
        ("a.json", "12345678901234567890", [(T.PARAGRAPH, "12345678901234567890")]),
        ("a.ndjson", '{"a": 1}\n\n{"a": "two"}\n', [(T.PARAGRAPH, "a: 1"), (T.PARAGRAPH, "a: two")]),
        ("a.json", '{"a": 1}\n{"a": 2}\n', [(T.PARAGRAPH, "a: 1"), (T.PARAGRAPH, "a: 2")]),
        ("a.json", '{"a":\n 1}\n\n{"b":\n 2}\n', [(T.PARAGRAPH, "a: 1"), (T.PARAGRAPH, "b: 2")]),
    ],
)  # fmt: skip
def test_the_elements_of_each_format(
    name: str, content: str, expected: list[tuple[ElementType, str]]
):
    assert elements_of(parse(content.encode(), name)) == expected


def test_declared_metadata_is_read():
    page = parse(HTML.encode(), "a.html").metadata
    assert (page.title, page.author, page.language) == ("The page", "Ada", "en-GB")
    assert page.created is not None
    assert dict(page.extra) == {"canonical": "https://x.org/p"}
    guide = parse(MARKDOWN.encode(), "a.mdx").metadata
    assert guide.title == "Guide"
    assert dict(guide.extra)["tags"] == ("a", "b")
    assert parse(NOTEBOOK.encode(), "a.ipynb").metadata.title == "Analysis"
    assert parse(b"---\n: [broken\n---\n\n# Fine\n", "a.md").metadata.title == "Fine"


def test_tables_have_their_header_and_cells():
    document = parse(HTML.encode(), "a.html")
    (table,) = [element for element in document.elements if element.table]
    assert table.table is not None
    assert table.table.header_rows == 1
    assert cells(document, table) == [["name", "age"], ["Ada", "36"], ["all", ""]]
    captioned = parse(b"Cups,,\nTeam,City,Cups\nBlues,STL,1\n", "a.csv")
    title, named = captioned.elements
    assert title.type is T.TITLE
    assert named.heading_path == ("Cups",)
    assert named.table is not None
    assert named.table.header_rows == 1


def test_the_text_of_a_plain_text_is_that_of_the_file():
    text = "  indented\n\n\n\ttabbed — naïve  \n"
    assert parse(text.encode(), "a.txt").text == text


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.txt", Reason.EMPTY),
        (b" \n\t", "a.md", Reason.EMPTY),
        (b"<html><head><script>x</script></head></html>", "a.html", Reason.NO_TEXT),
        (b"<html>" + b"<div>" * 20000 + b"deep" + b"</div>" * 20000, "a.html", Reason.UNSAFE),
        (b"<a><b></a>", "a.xml", Reason.MALFORMED),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            "a.xml",
            Reason.UNSAFE,
        ),
        (
            b'<!DOCTYPE a [<!ENTITY l "%s"><!ENTITY m "%s">]><a>&m;</a>'
            % (b"lol" * 500, b"&l;" * 50),
            "a.xml",
            Reason.UNSAFE,
        ),
        (b"<a>" * 5000, "a.xml", Reason.UNSAFE),
        (b'{"a": ', "a.json", Reason.MALFORMED),
        (b'{"a": NaN}', "a.json", Reason.MALFORMED),
        (b"[" * 100_000, "a.json", Reason.UNSAFE),
        (b"[" * 400 + b"]" * 400, "a.json", Reason.UNSAFE),
        (b'"\xff"', "a.json", Reason.MALFORMED),
        (b'{"a": \n{"b": \n', "a.ndjson", Reason.MALFORMED),
        (b'{"nbformat": 4, "cells": [{}]}', "a.ipynb", Reason.MALFORMED),
        (b"ITSF\x03" + bytes(40), "a.chm", Reason.UNSUPPORTED_TYPE),
    ],
)
def test_unreadable_files_are_rejected_with_their_reason(data: bytes, name: str, reason: Reason):
    with pytest.raises(DocumentRejected) as raised:
        parse(data, name)
    assert raised.value.reason == reason


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora are not here")
def test_the_json_test_suite_is_accepted_and_rejected_as_it_demands():
    wrong = []
    for file in sorted((CORPORA / "json_suite" / "test_parsing").glob("*.json")):
        try:
            parse(file.read_bytes(), file.name)
            accepted = True
        except DocumentRejected as rejected:
            accepted = rejected.reason in (Reason.EMPTY, Reason.NO_TEXT)
            if rejected.reason == Reason.EMPTY and file.name.startswith("n_"):
                accepted = False
        if (file.name[0], accepted) in (("y", False), ("n", True)):
            wrong.append(file.name)
    assert wrong == []
