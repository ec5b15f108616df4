"""Extensions of Markdown: admonitions, footnotes, definitions, formulas, captions, front matter."""

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType

T = ElementType


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            ":::note Mind *this*\nBody **bold**\n:::\n\nafter",
            [(T.PARAGRAPH, "Mind this\nBody bold"), (T.PARAGRAPH, "after")],
        ),
        (":::warning\n\nDo not.\n\n:::", [(T.PARAGRAPH, "Warning"), (T.PARAGRAPH, "Do not.")]),
        ("::: {.callout-tip}\nSave.\n:::", [(T.PARAGRAPH, "Save.")]),
        ("::::{grid} 2\n:gutter: 3\n:::{note}\nIn it.\n:::\n::::", [(T.PARAGRAPH, "Note\nIn it.")]),
        (
            "::: package.module\n\ntext",
            [(T.PARAGRAPH, "::: package.module"), (T.PARAGRAPH, "text")],
        ),
        (":::\nno callout\n:::", [(T.PARAGRAPH, "::: no callout :::")]),
        (
            '!!! tip "Mind"\n    body\n\n    - item\n\n    ```\n    x\n    ```\n\nafter',
            [
                (T.PARAGRAPH, "Mind\nbody"),
                (T.LIST_ITEM, "- item"),
                (T.CODE, "x"),
                (T.PARAGRAPH, "after"),
            ],
        ),
        (
            '=== "Linux"\n\n    one\n\n    ??? note\n        two\n\nafter',
            [
                (T.PARAGRAPH, "Linux"),
                (T.PARAGRAPH, "one"),
                (T.PARAGRAPH, "Note\ntwo"),
                (T.PARAGRAPH, "after"),
            ],
        ),
        ("> [!WARNING]\n> Do not.", [(T.PARAGRAPH, "Warning\nDo not.")]),
        ("> [!tip]- Title\n> Do.", [(T.PARAGRAPH, "Title\nDo.")]),
        ("```\n:::note\n!!! tip\n```", [(T.CODE, ":::note\n!!! tip")]),
    ],
)
def test_admonitions_begin_with_their_title(
    markdown: str, expected: list[tuple[ElementType, str]]
) -> None:
    assert elements_of(parse(markdown.encode(), "a.md")) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            "One[^1] and[^none].\n\nTwo.\n\n[^1]: word\n[^2]: nobody refers to it",
            [
                (T.PARAGRAPH, "One and[^none]."),
                (T.PARAGRAPH, "word"),
                (T.PARAGRAPH, "Two."),
                (T.PARAGRAPH, "nobody refers to it"),
            ],
        ),
        ("| a[^t] |\n|---|\n| b |\n\n[^t]: note", [(T.TABLE, "a\nb"), (T.PARAGRAPH, "note")]),
        (
            "a[^1]\n\n[^1]: b[^2]\n\n[^2]: c[^1]",
            [(T.PARAGRAPH, "a"), (T.PARAGRAPH, "b"), (T.PARAGRAPH, "c")],
        ),
        (
            "Term *one*\n: Meaning\n\n  more",
            [(T.PARAGRAPH, "Term one: Meaning"), (T.PARAGRAPH, "more")],
        ),
        ("Term\n: - item", [(T.PARAGRAPH, "Term"), (T.LIST_ITEM, "- item")]),
        (
            "$a_1 * b_2 * c$ for $5 and $HOME/$USER\n\n$$\nx \\\\ \\{y\\}\n$$",
            [
                (T.PARAGRAPH, "$a_1 * b_2 * c$ for $5 and $HOME/$USER"),
                (T.CODE, "$$\nx \\\\ \\{y\\}\n$$"),
            ],
        ),
        ("| a |\n|:-:|\n| `x \\| y` \\| z |", [(T.TABLE, "a\nx | y | z")]),
        (
            "<table>\n<tr>\n\n<th>a</th><th>b</th>\n\n</tr>\n\n    <tr><td>c</td><td>d</td></tr>\n\n</table>\n\nafter",
            [(T.TABLE, "a | b\nc | d"), (T.PARAGRAPH, "after")],
        ),
        ("<table><tr><td>\n\n**a**\n\n</td></tr></table>", [(T.PARAGRAPH, "a")]),
        ("- [ ] open\n- [x] done", [(T.LIST_ITEM, "- [ ] open"), (T.LIST_ITEM, "- [x] done")]),
        (
            'see <img src="x" alt="the pool"> and ![a plan](y)',
            [(T.PARAGRAPH, "see the pool and a plan")],
        ),
        ('```py title="app.py" {1}\nx\n```\n', [(T.PARAGRAPH, "app.py"), (T.CODE, "x")]),
        ("```yaml conf/a.yaml\nx\n```", [(T.PARAGRAPH, "conf/a.yaml"), (T.CODE, "x")]),
        ("```py {2}\nx\n```", [(T.CODE, "x")]),
        (
            "````md\n```\nx\n```\n````\n\n~~~\ny```\n~~~",
            [(T.CODE, "```\nx\n```"), (T.CODE, "y```")],
        ),
        ("```\nnever closed", [(T.CODE, "never closed")]),
        (
            "Text at once:\n    ```py\n    if x:\n        y\n    ```",
            [(T.PARAGRAPH, "Text at once:"), (T.CODE, "if x:\n    y")],
        ),
    ],
)
def test_no_word_is_lost_and_code_is_verbatim(
    markdown: str, expected: list[tuple[ElementType, str]]
) -> None:
    assert elements_of(parse(markdown.encode(), "a.md")) == expected


@pytest.mark.parametrize(
    ("page", "title", "expected"),
    [
        (
            "---\ntitle: Guide\ndescription: >\n  In\n  short\nnav: Guide\ntags:\n  - a\n---\ntext",
            "Guide",
            [
                (T.TITLE, "Guide"),
                (T.PARAGRAPH, "In short"),
                (T.PARAGRAPH, "text"),
            ],
        ),
        (
            '+++\ntitle = "Guide"\ndate = 2024-05-06\n[extra]\nn = 1\n+++\n# Guide',
            "Guide",
            [(T.TITLE, "Guide")],
        ),
        (
            "---\na: &x 1\nb: *x\n---\n# Head",
            "Head",
            [(T.CODE, "a: &x 1\nb: *x"), (T.TITLE, "Head")],
        ),
        ("+++\ntitle = broken\n+++\ntext", "broken", [(T.TITLE, "broken"), (T.PARAGRAPH, "text")]),
        (
            "---\n\nA rule above.\n\n---\n\nBelow",
            None,
            [(T.PARAGRAPH, "A rule above."), (T.PARAGRAPH, "Below")],
        ),
        ("---\ntitle: never closed", None, [(T.PARAGRAPH, "title: never closed")]),
    ],
)
def test_front_matter_is_metadata_and_stays_in_the_text_where_it_cannot_be_read(
    page: str, title: str | None, expected: list[tuple[ElementType, str]]
) -> None:
    document = parse(page.encode(), "a.md")
    assert (document.metadata.title, elements_of(document)) == (title, expected)
