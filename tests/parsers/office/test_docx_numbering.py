"""Numbers of Word's lists."""

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.office.docx_writer import (
    LISTS,
    cell,
    docx,
    numbered,
    paragraph,
    row,
    styled,
    table,
    texts,
)


def test_lists_are_numbered_as_word_draws_them():
    items = [(0, 1), (1, 1), (1, 1), (2, 1), (3, 1), (0, 1), (1, 1), (0, 2), (0, 0)]
    body = "".join(paragraph("x", numbered(*item)) for item in items)
    assert texts(docx(body, LISTS)) == [
        "1. x",
        "  1a) x",
        "  1b) x",
        "    (IV) x",
        "      - x",
        "2. x",
        "  2a) x",
        "7. x",
        "x",
    ]


def test_lists_of_a_real_file_have_their_numbers():
    items = texts(parse(data_of("example-list-items-multiple.docx"), "a.docx"))
    assert "  a) The quick brown fox jumps over the lazy dog." in items
    deep = "(a) This is simply dummy text of the printing and typesetting industry."
    assert f"        {deep}" in items


def test_numbered_items_in_cells_keep_their_numbers():
    inside = paragraph("one", numbered(0)) + paragraph("two", numbered(0))
    body = table(row(f"<w:tc>{inside}</w:tc>", cell("b"))) + paragraph("three", numbered(0))
    assert typed_texts(docx(body, LISTS)) == [
        ("table", "1. one 2. two | b"),
        ("list_item", "3. three"),
    ]


def level(depth: int, notation: str, pattern: str, start: int = 1, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{notation}"/>{more}'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


def abstract(number: int, levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>'


def listed(number: int, definition: int, more: str = "") -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{definition}"/>{more}</w:num>'


def in_list(number: int, depth: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'


@pytest.mark.parametrize(
    ("notation", "start", "shown"),
    [
        ("decimal", 9, "9. 10."),
        ("decimalZero", 9, "09. 10."),
        ("upperLetter", 26, "Z. AA."),
        ("lowerRoman", 4, "iv. v."),
        ("ordinal", 11, "11th. 12th."),
        ("ordinal", 21, "21st. 22nd."),
        ("ordinalText", 20, "Twentieth. Twenty-first."),
        ("cardinalText", 19, "Nineteen. Twenty."),
        ("decimalEnclosedCircle", 20, "⑳. 21."),
        ("chineseCounting", 10, "十. 十一."),
        ("japaneseCounting", 19, "十九. 二十."),
        ("russianLower", 1, "а. б."),
        ("hebrew1", 3, "3. 4."),
        ("numberInDash", 1, "- 1 -. - 2 -."),
    ],
)
def test_numbers_are_in_the_notation_of_their_list(notation, start, shown) -> None:
    numbering = abstract(0, level(0, notation, "%1.", start)) + listed(1, 0)
    body = paragraph("x", in_list(1)) * 2
    items = texts(docx(body, {"numbering": numbering}))
    assert " ".join(item.removesuffix(" x") for item in items) == shown


LEGAL = level(0, "upperRoman", "Article %1") + level(1, "decimal", "%1.%2", 1, "<w:isLgl/>")
KEPT = level(0, "decimal", "%1.") + level(1, "decimal", "(%2)", 1, '<w:lvlRestart w:val="0"/>')
LINKED = level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2", 1, '<w:pStyle w:val="S"/>')
AGAIN = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
IN_LETTERS = f'<w:lvlOverride w:ilvl="0">{level(0, "upperLetter", "%1)")}</w:lvlOverride>'


@pytest.mark.parametrize(
    ("numbering", "items", "shown"),
    [
        (abstract(0, LEGAL) + listed(1, 0), [(1, 0), (1, 1)], ["Article I x", "  1.1 x"]),
        (
            abstract(0, KEPT) + listed(1, 0),
            [(1, 0), (1, 1), (1, 0), (1, 1)],
            ["1. x", "  (1) x", "2. x", "  (2) x"],
        ),
        (
            abstract(0, LEGAL) + listed(1, 0) + listed(2, 0, AGAIN),
            [(1, 0), (1, 0), (2, 0)],
            ["Article I x", "Article II x", "Article I x"],
        ),
        (abstract(0, LEGAL) + listed(1, 0, IN_LETTERS), [(1, 0), (1, 0)], ["A) x", "B) x"]),
        (
            abstract(0, '<w:numStyleLink w:val="N"/>')
            + abstract(1, f'<w:styleLink w:val="N"/>{level(0, "decimal", "§ %1")}')
            + listed(1, 0),
            [(1, 0), (1, 0)],
            ["§ 1 x", "§ 2 x"],
        ),
    ],
)
def test_levels_restart_and_inherit_as_in_word(numbering, items, shown) -> None:
    body = "".join(paragraph("x", in_list(*item)) for item in items)
    assert texts(docx(body, {"numbering": numbering})) == shown


def test_a_style_is_on_the_level_that_is_linked_to_it() -> None:
    style = (
        '<w:style w:styleId="S"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    parts = {"numbering": abstract(0, LINKED) + listed(1, 0), "styles": style}
    body = paragraph("x", in_list(1)) + paragraph("x", styled("S")) * 2
    assert texts(docx(body, parts)) == ["1. x", "  1.1 x", "  1.2 x"]


def test_an_empty_item_is_counted_and_a_hidden_one_is_not() -> None:
    hidden = "<w:rPr><w:vanish/></w:rPr>"
    body = "".join(
        paragraph(text, in_list(1) + more)
        for text, more in (("x", ""), ("", ""), ("", hidden), ("x", ""))
    )
    numbering = abstract(0, level(0, "decimal", "%1.")) + listed(1, 0)
    assert texts(docx(body, {"numbering": numbering})) == ["1. x", "3. x"]
