"""Ordered lists keep the numbers that their readers see, in every format."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.parsers.common.text.numerals import numeral
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType

TEX = "\\documentclass{article}\\begin{document}\\begin{enumerate}%s\\end{enumerate}\\end{document}"
DOCBOOK = (
    "<article xmlns='http://docbook.org/ns/docbook' version='5.0'><title>T</title>%s</article>"
)
JATS = (
    "<article><front><article-meta><title-group><article-title>T</article-title></title-group>"
    "</article-meta></front><body><sec><title>S</title>%s</sec></body></article>"
)


@pytest.mark.parametrize(
    ("name", "source", "items"),
    [
        ("a.html", "<ol start=7><li>a<li>b<ol><li>c</ol><li>d</ol>", "7. a|8. b|  1. c|9. d"),
        ("a.html", "<ol><li value=7>a<li>b</ol>", "7. a|8. b"),
        ("a.html", "<ol reversed><li>a<li>b</ol>", "2. a|1. b"),
        ("a.html", "<ol reversed start=9><li>a<li>b</ol>", "9. a|8. b"),
        ("a.html", "<ol type=a start=26><li>a<li>b</ol>", "z. a|aa. b"),
        ("a.html", "<ol type=I start=3><li>a<li>b</ol>", "III. a|IV. b"),
        ("a.html", "<ol style='list-style: lower-roman'><li>a<li>b</ol>", "i. a|ii. b"),
        ("a.html", "<ol style='list-style-type:none'><li>a</ol>", "- a"),
        ("a.html", "<ol><li>1. a<li>2. b</ol>", "- 1. a|- 2. b"),
        ("a.html", "<ol><li><p>a<p>more<li><div>b</div></ol>", "1. a|2. b"),
        ("a.html", "<ul><li>a<ol><li>b</ol></ul>", "- a|  1. b"),
        ("a.html", "<ol start=x><li value=-2>a<li>b</ol>", "-2. a|-1. b"),
        ("a.md", "7. a\n8. b\n   1. c\n", "7. a|8. b|  1. c"),
        ("a.md", "7) a\n8) b\n", "7) a|8) b"),
        ("a.md", "1. a\n1. b\n", "1. a|2. b"),
        ("a.md", "0. a\n\n   more\n1. b\n", "0. a|1. b"),
        ("a.md", "1. a\n\nBetween.\n\n2. [x] b\n", "1. a|2. [x] b"),
        ("a.md", "> 3. a\n> 4. b\n", "3. a|4. b"),
        ("a.md", "- a\n* b\n+ c\n", "- a|- b|- c"),
        ("a.mdx", "<Steps>\n\n  7. a\n  8. b\n\n</Steps>\n", "7. a|8. b"),
        ("a.rst", "#. a\n#. b\n", "1. a|2. b"),
        ("a.rst", "7. a\n8. b\n\n   i. c\n   ii. d\n", "7. a|8. b|  i. c|  ii. d"),
        ("a.rst", "(a) a\n(b) b\n", "(a) a|(b) b"),
        ("a.rst", "C) a\nD) b\n", "C) a|D) b"),
        ("a.org", "5. [@5] a\n6. b\n   - c\n", "5. a|6. b|  - c"),
        ("a.tex", TEX % "\\setcounter{enumi}{6}\\item a\\item b", "7. a|8. b"),
        (
            "a.tex",
            TEX % "\\item a\\begin{enumerate}\\item b\\item c\\end{enumerate}",
            "1. a|  (a) b|  (b) c",
        ),
        ("a.textile", "#7 a\n# b\n", "7. a|8. b"),
        ("a.mediawiki", "# a\n# b\n## c\n", "1. a|2. b|  1. c"),
        (
            "a.dbk",
            DOCBOOK % "<orderedlist numeration='loweralpha'><listitem><para>a</para></listitem>"
            "<listitem><para>b</para></listitem></orderedlist>",
            "a. a|b. b",
        ),
        (
            "a.jats",
            JATS % "<list list-type='roman-upper'><list-item><p>a</p></list-item>"
            "<list-item><p>b</p></list-item></list>",
            "I. a|II. b",
        ),
        ("a.rtf", "{\\rtf1\\ansi{\\listtext\\tab 7.\\tab}\\ls1 a\\par{\\listtext\\tab 8.\\tab}b\\par}", "7. a|8. b"),
    ],
)  # fmt: skip
def test_items_have_the_numbers_that_readers_see(name: str, source: str, items: str) -> None:
    document = parse(source.encode(), name)
    assert [
        document.text[element.char_start : element.char_end]
        for element in document.elements
        if element.type is ElementType.LIST_ITEM
    ] == items.split("|")


def test_items_in_a_cell_have_theirs() -> None:
    source = "<table><tr><th>A<th>B<tr><td>x<td><ol start=3><li>c<li>d</ol></table>"
    assert parse(source.encode(), "a.html").text == "A | B\nx | 3. c 4. d"


@settings(max_examples=60)
@given(st.integers(1, 3999))
def test_letters_and_roman_numerals_count_as_they_do(number: int) -> None:
    letters = numeral(number, "a")
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - ord("a") + 1
    assert value == number
    signs = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
    values = [signs[sign] for sign in numeral(number, "i")]
    pairs = zip(values, [*values[1:], 0], strict=True)
    assert sum(-value if value < following else value for value, following in pairs) == number
    assert numeral(-number, "a") == numeral(-number, "I") == str(-number)
