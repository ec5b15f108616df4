"""Markdown and MDX: text is kept, markup and components are removed, front matter never fails."""

import time

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.markdown.front_matter import take_front_matter
from vouch.parsers.markdown.parser import add_markdown
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType

T = ElementType


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            "Use `Optional<String>` and\n``Vec<T> ` `` here.",
            [(T.PARAGRAPH, "Use Optional<String> and Vec<T> ` here.")],
        ),
        ("Set `<Card x={1}>` now", [(T.PARAGRAPH, "Set <Card x={1}> now")]),
        (
            "first\nuse <Tip tip={'x'}>the API</Tip> here\nlast",
            [(T.PARAGRAPH, "first use the API (x) here last")],
        ),
        ('now <Badge label="Beta" /> there', [(T.PARAGRAPH, "now Beta there")]),
        ("- one\n  - <Icon icon='x' /> two", [(T.LIST_ITEM, "- one"), (T.LIST_ITEM, "  - two")]),
        (
            "text\n\n    x: Map<String>\n    import x from 'y'\n",
            [(T.PARAGRAPH, "text"), (T.CODE, "x: Map<String>\nimport x from 'y'")],
        ),
        (
            'before\n<Note title="Mind">\n    ## Head\n    - item\n</Note>\nafter',
            [
                (T.PARAGRAPH, "before"),
                (T.PARAGRAPH, "Mind"),
                (T.TITLE, "Head"),
                (T.LIST_ITEM, "- item"),
                (T.PARAGRAPH, "after"),
            ],
        ),
        (r"\*a\* &amp; ~~gone~~ <kbd>k</kbd> a<br>b", [(T.PARAGRAPH, "*a* & gone k a\nb")]),
        ("---\ntitle: Guide\n---\n# *Guide*\n\ntext", [(T.TITLE, "Guide"), (T.PARAGRAPH, "text")]),
        (
            ">" * 5000 + " deep\n\nafter",
            [(T.PARAGRAPH, ">" * 5000 + " deep"), (T.PARAGRAPH, "after")],
        ),
        ("> " * 40 + "deep", [(T.PARAGRAPH, "deep")]),
    ],
)
def test_text_is_kept_and_markup_removed(
    markdown: str, expected: list[tuple[ElementType, str]]
) -> None:
    assert elements_of(parse(markdown.encode(), "a.mdx")) == expected


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.10", "1.10"),
        ("no", "no"),
        ("true", "true"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("2024-05-06", "2024-05-06"),
        ("2024-05-06 07:08", "2024-05-06 07:08"),
        ("+49 30", "+49 30"),
        ("'it''s'", "it's"),
        (r'"a\tb \u00e9"', "a b é"),
        ("a  b # remark", "a b"),
        (">\n  folded\n  lines", "folded lines"),
        ("[a, 007, {name: b}]", "a, 007, b"),
        ("", ""),
        ("~", ""),
        ("null", ""),
    ],
)
def test_fields_of_front_matter_keep_their_values_as_they_are_written(
    written: str, value: str
) -> None:
    assert take_front_matter(f"---\nField: {written}\n---\n")[0].fields == {"field": value}


@pytest.mark.parametrize(
    ("front", "title"),
    [
        # No YAML, but the most common mistake.
        ("title: Guide: a start\nauthor: Ada", "Guide: a start"),
        ("title: 'Guide'\nx: !!bool z", "Guide"),
        ("title: Guide\nx: 0x" + "f" * 9000, "Guide"),
        ("{[a]: b}", "Heading"),
        ("title: &a [*a]", "Heading"),
        ("x: " + "[" * 400, "Heading"),
        (BOMB, "Heading"),
    ],
)
def test_front_matter_never_fails_a_document(front: str, title: str) -> None:
    started = time.process_time()
    document = parse(f"---\n{front}\n---\n\n# Heading\n\nbody".encode(), "a.md")
    assert document.metadata.title == title
    assert elements_of(document)[-2:] == [(T.TITLE, "Heading"), (T.PARAGRAPH, "body")]
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "{/*" * 15_000,
        "<A " * 20_000,
        "<A a={" * 10_000,
        "![" * 4_000,
        "`" * 9 + "`a" * 20_000,
        "export const x = {\n" * 10_000 + "end",
        "{\n" * 8_000,
        ":::note\n" * 4_000,
        ":::{" * 20_000,
        "!!! a\n    " * 5_000 + "b",
        "[^1]: [^1]" * 5_000,
        "".join(f"a[^{n}]\n\n[^{n}]: b[^{n + 1}]\n\n" for n in range(1_000)),
        "a\n: b\n\n" * 1_500,
        "$a" * 10_000,
        "---\n" + "a: b\n" * 1_500 + "---\nend",
        "<img " * 20_000,
        "<table>\n\n" * 1_000 + "end",
    ],
)
def test_hostile_markup_is_parsed_in_linear_time(text: str) -> None:
    started = time.process_time()
    assert parse(text.encode(), "a.mdx").text
    assert time.process_time() - started < 5


def test_markdown_can_be_added_to_a_document() -> None:
    builder = DocumentBuilder()
    builder.paragraph("above")
    front = add_markdown(builder, "---\nauthor: Ada\n---\n")
    assert front.fields == {"author": "Ada"}
    assert elements_of(builder.build()) == [(T.PARAGRAPH, "above"), (T.CODE, "author: Ada")]
