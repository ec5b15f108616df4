"""Fields before a page are its metadata, counted as left out, and no chunk of their own."""

import json
from datetime import date, datetime

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import read
from vouch.schemas.documents.records import Document, ElementType, LeftOutKind
from vouch.schemas.documents.values import Value

T = ElementType
YAML = "title: The pier\nauthor: Mary\nlayout: article\nweight: 30\ntags: [pier, harbour]\n"
BODY = "\n# The pier\n\nThe pier is long.\n"
PAGES = {
    "a.md": f"---\n{YAML}---\n{BODY}",
    "a.mdx": f"---\n{YAML}---\nimport X from 'y'\n{BODY}",
    "a.qmd": f"---\n{YAML}---\n{BODY}",
    "a.Rmd": f"---\n{YAML}---\n{BODY}",
    "named.md": f"---yaml\n{YAML}---\n{BODY}",
    "dots.md": f"---\n{YAML}...\n{BODY}",
    "mark.md": f"\ufeff---\n{YAML}---\n{BODY}",
    "lines.md": f"\n\n---\n{YAML}---\n{BODY}",
    "licence.md": f"<!-- Copyright\n 2026 -->\n---\n{YAML}---\n{BODY}",
    "windows.md": f"---\n{YAML}---\n{BODY}".replace("\n", "\r\n"),
    "toml.md": '+++\ntitle = "The pier"\nauthor = "Mary"\nlayout = "article"\nweight = 30\n'
    f'tags = ["pier", "harbour"]\n+++\n{BODY}',
    "json.md": '{\n"title": "The pier", "author": "Mary", "layout": "article", "weight": 30,\n'
    f'"tags": ["pier", "harbour"]\n}}\n{BODY}',
    "named-json.md": '---json\n{"title": "The pier", "author": "Mary", "layout": "article",'
    f' "weight": 30, "tags": ["pier", "harbour"]}}\n---\n{BODY}',
    "semicolons.md": ';;;\n"title": "The pier", "author": "Mary", "layout": "article",'
    f' "weight": 30, "tags": ["pier", "harbour"]\n;;;\n{BODY}',
}


def notebook(*cells: tuple[str, str]) -> bytes:
    parts = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": parts}).encode()


def metadata(document: Document) -> dict[str, Value | None]:
    declared = document.metadata
    return {"title": declared.title, "author": declared.author} | dict(declared.extra)


EXPECTED = {"title": "The pier", "author": "Mary", "layout": "article", "weight": 30,
            "tags": ("pier", "harbour")}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_fields_of_every_syntax_are_metadata(name: str):
    document = read(PAGES[name].encode(), name).document
    assert metadata(document) == EXPECTED
    assert elements_of(document) == [(T.TITLE, "The pier"), (T.PARAGRAPH, "The pier is long.")]
    (left_out,) = document.left_out
    assert left_out.kind is LeftOutKind.METADATA
    assert "article" in left_out.examples[0]


@pytest.mark.parametrize(
    "data",
    [
        notebook(("raw", f"---\n{YAML}---"), ("markdown", BODY)),
        notebook(("markdown", f"---\n{YAML}---\n{BODY}")),
        notebook(("markdown", f"---\n{YAML}---"), ("markdown", BODY)),
    ],
)
def test_so_are_those_of_a_notebook(data: bytes):
    document = read(data, "a.ipynb").document
    assert metadata(document) == EXPECTED
    assert elements_of(document) == [(T.TITLE, "The pier"), (T.PARAGRAPH, "The pier is long.")]


def test_a_title_block_of_pandoc_is_metadata():
    page = f"% The pier\n% Mary;\n  Percy\n% 2026-01-02\n{BODY}"
    document = read(page.encode(), "a.md").document
    assert (document.metadata.title, document.metadata.author) == ("The pier", "Mary; Percy")
    assert document.metadata.created is not None
    assert elements_of(document) == [(T.TITLE, "The pier"), (T.PARAGRAPH, "The pier is long.")]


def test_sentences_among_the_fields_are_searched():
    page = (
        "---\nlayout: home\nhero:\n  tagline: An index in which every chunk is vouched for.\n---\n"
    )
    document = read(f"{page}{BODY}".encode(), "a.md").document
    assert elements_of(document)[0] == (
        T.PARAGRAPH,
        "An index in which every chunk is vouched for.",
    )
    assert metadata(document)["hero.tagline"] == "An index in which every chunk is vouched for."


def test_fields_are_text_where_there_is_nothing_else():
    page = "---\nlayout: home\nfeatures:\n  - title: Fast\n    details: Reads pages.\n---\n"
    document = read(page.encode(), "a.md").document
    assert [kind for kind, _ in elements_of(document)] == [T.CODE]
    assert "Reads pages." in document.text


@pytest.mark.parametrize(
    "page",
    [
        '{"not": "at the top" and no JSON}\n\ntext',
        "Minutes\n\n---\nDate: today\n---\n\ntext",
        "---\n\nA rule.\n\n---\n\ntext",
        "{{ shortcode }}\n\ntext",
        "100 % sure\n\ntext",
    ],
)
def test_a_page_that_begins_like_fields_keeps_its_text(page: str):
    document = read(page.encode(), "a.md").document
    words = "".join(filter(str.isalnum, page))
    assert "".join(filter(str.isalnum, document.text)) == words
    assert not document.left_out


def test_keywords_of_org_are_metadata():
    page = "#+TITLE: The pier\n#+AUTHOR: Mary\n#+OPTIONS: toc:nil\n\n* Length\nThe pier is long.\n"
    document = read(page.encode(), "a.org").document
    assert (document.metadata.title, document.metadata.author) == ("The pier", "Mary")
    assert elements_of(document) == [
        (T.TITLE, "The pier"), (T.TITLE, "Length"), (T.PARAGRAPH, "The pier is long."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("---\nv: 1.10\nn: 2024\nq: \"2024\"\ns: '5'\nt: !!str 5\nc: 007\n---\n",
         {"v": "1.10", "n": 2024, "q": "2024", "s": "5", "t": "5", "c": "007"}),
        ("---\nyes: yes\ntrue: true\nno: False\nnull: null\nnothing:\n---\n",
         {"yes": "yes", "true": True, "no": False}),
        ("---\nday: 2026-01-31\nat: 2026-01-31 09:30\nin: \"2026-01-31\"\n---\n",
         {"day": date(2026, 1, 31), "at": datetime(2026, 1, 31, 9, 30), "in": "2026-01-31"}),
        ("---\nacl: [staff, managers]\none: [5]\nnone: []\ntext: staff, managers\n---\n",
         {"acl": ("staff", "managers"), "one": (5,), "text": "staff, managers"}),
        ("---\nhero:\n  year: 2024\npeople: [{name: Ada}, {name: 7}, [b]]\n---\n",
         {"hero.year": 2024, "people": ("Ada", 7, "b")}),
        ("+++\nn = 5\nf = 2.50\nb = true\nday = 2026-01-31\nl = [\"a\", 1]\ns = \"5\"\n+++\n",
         {"n": 5, "f": 2.5, "b": True, "day": date(2026, 1, 31), "l": ("a", 1), "s": "5"}),
        (';;;\n"n": 5, "s": "5", "b": false, "l": ["2026-01-31"]\n;;;\n',
         {"n": 5, "s": "5", "b": False, "l": ("2026-01-31",)}),
        # No YAML: it is read line by line.
        ('---\nn: 5\nq: "5"\nlink: [a](b): c\n---\n', {"n": 5, "q": "5", "link": "[a](b): c"}),
    ],
)  # fmt: skip
def test_fields_have_the_types_that_they_are_written_with(page: str, fields: dict[str, Value]):
    extra = dict(read(f"{page}\n# Title\n\nText.\n".encode(), "a.md").document.metadata.extra)
    assert extra == fields
    assert {key: type(value) for key, value in extra.items()} == {
        key: type(value) for key, value in fields.items()
    }


def test_what_is_written_otherwise_than_its_type_says_is_kept():
    page = "---\ndraft: True\nat: 2026-01-31 09:30\nn: 5\n---\n\nText.\n"
    metadata = read(page.encode(), "a.md").document.metadata
    assert metadata.written == (("draft", "True"), ("at", "2026-01-31 09:30"))
