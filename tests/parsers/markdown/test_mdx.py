"""MDX: the text of components is kept, and what only a program reads is removed."""

import pytest

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType

T = ElementType


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            '<ParamField path="__id__" type="string" required>\n\n  The *id*.\n\n</ParamField>\nafter',
            [(T.PARAGRAPH, "__id__ (string, required)\nThe id."), (T.PARAGRAPH, "after")],
        ),
        (
            '<ResponseField name="--data" default="{}" required={false}>Body</ResponseField>\n<ResponseField name="-v" />',
            [(T.PARAGRAPH, "--data (default {})\nBody"), (T.PARAGRAPH, "-v")],
        ),
        (
            '<ResponseField name="a">\n  <Expandable title="more">\n    ```\n    x\n    ```\n  </Expandable>\n</ResponseField>',
            [(T.PARAGRAPH, "a"), (T.PARAGRAPH, "more"), (T.CODE, "x")],
        ),
        (
            '<Accordion title="1. Use *it* `a_b`" description="De_sc_" icon={<Icon name="q" style={{a: {b: 1}}}/>}>\n  Go\n</Accordion>',
            [(T.PARAGRAPH, "1. Use *it* a_b"), (T.PARAGRAPH, "De_sc_"), (T.PARAGRAPH, "Go")],
        ),
        (
            "<CodeGroup>\n```bash pip wrap\nx\n```\n```bash uv\ny\n```\n</CodeGroup>",
            [(T.PARAGRAPH, "pip"), (T.CODE, "x"), (T.PARAGRAPH, "uv"), (T.CODE, "y")],
        ),
        (
            '<Tree>\n  <Tree.Folder name="src">\n    <Tree.File name="a.py" />\n  </Tree.Folder>\n</Tree>',
            [(T.PARAGRAPH, "src"), (T.PARAGRAPH, "a.py")],
        ),
        ("a {\" \"} b {'c_d_'} {`e`} {name} `{'f'}`", [(T.PARAGRAPH, "a b c_d_ e {name} {'f'}")]),
        (
            '<div className="x">\n  ## Head\n  - item\n</div>',
            [(T.TITLE, "Head"), (T.LIST_ITEM, "- item")],
        ),
        ("<>\n{children}\n{props.children}\n</>\ntext", [(T.PARAGRAPH, "text")]),
        (
            "{items.map((x) => (\n  <Card title={x} />\n))}\n\ntext",
            [(T.CODE, "{items.map((x) => (\n  <Card title={x} />\n))}"), (T.PARAGRAPH, "text")],
        ),
        (
            "export const X = {\n  a: 1,\n\n  b: 2\n}\n\nimport {\n  A\n} from 'x'\nimport B from \"y\";\n\ntext",
            [(T.CODE, "export const X = {\n  a: 1,\n\n  b: 2\n}"), (T.PARAGRAPH, "text")],
        ),
        ("import (\n  fmt\n)", [(T.PARAGRAPH, "import ( fmt )")]),
        ("export const open = {\n\nnever closed", [(T.PARAGRAPH, "never closed")]),
        (
            "<img src={'/a.png'} alt={\"A pool\"} zoom />\n\n`<img src={x}>` <b style={{a: 1}}>bold</b>",
            [(T.PARAGRAPH, "A pool"), (T.PARAGRAPH, "<img src={x}> bold")],
        ),
        ("one\n\n      ```py\n      x\n      ```", [(T.PARAGRAPH, "one"), (T.CODE, "x")]),
    ],
)
def test_components_become_the_text_that_a_reader_sees(
    page: str, expected: list[tuple[ElementType, str]]
) -> None:
    assert elements_of(parse(page.encode(), "a.mdx")) == expected


def test_braces_are_text_in_plain_markdown() -> None:
    assert elements_of(parse(b'{"a"}\n\n{name}', "a.md")) == [
        (T.PARAGRAPH, '{"a"}'),
        (T.PARAGRAPH, "{name}"),
    ]
