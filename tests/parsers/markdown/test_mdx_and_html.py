"""A page in MDX, and the HTML that a site makes of it, are searched by the same words and links."""

import pytest

from tests.parsers.proofs import links
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document

TABS = (
    "<div><ul role=tablist><li role=tab>Linux</li><li role=tab>Windows</li></ul><div>%s</div></div>"
)
PANELS = (
    "<div role=tabpanel><p>Run <code>apt</code>.</p></div>"
    "<div role=tabpanel hidden><p>Run winget.</p></div>"
)
PAGES = {
    "Docusaurus' tabs": (
        'import Tabs from "@theme/Tabs";\n\n<Tabs groupId="os">\n  <TabItem value="linux" '
        'label="Linux" default>\n\n    Run `apt`.\n\n  </TabItem>\n  <TabItem value="win" '
        'label="Windows">Run winget.</TabItem>\n</Tabs>\n',
        TABS % PANELS,
    ),
    "tabs with values": (
        '<Tabs values={[{label: "Linux", value: "l"}, {label: \'Windows\', value: "w"}]}>\n'
        '<TabItem value="l">\n\nRun `apt`.\n\n</TabItem>\n<TabItem value="w">\n\nRun winget.\n\n'
        "</TabItem>\n</Tabs>\n",
        TABS % PANELS,
    ),
    "tabs with items": (
        '<Tabs items={["Linux", "Windows"]}>\n  <Tabs.Tab>\n\nRun `apt`.\n\n</Tabs.Tab>\n'
        "  <Tabs.Tab>\n\nRun winget.\n\n</Tabs.Tab>\n</Tabs>\n",
        TABS % PANELS,
    ),
    "tabs without labels": (
        '<Tabs>\n<TabItem value="Linux">\n\nRun `apt`.\n\n</TabItem>\n<TabItem value="Windows">\n\n'
        "Run winget.\n\n</TabItem>\n</Tabs>\n",
        TABS % PANELS,
    ),
    "an accordion": (
        '<AccordionGroup>\n<Accordion title="Who pays?">\nThe ship.\n</Accordion>\n</AccordionGroup>\n',
        "<button aria-expanded=false aria-controls=a>Who pays?</button><p id=a hidden>The ship.</p>",
    ),
    "details": (
        "<details>\n<summary>Who pays?</summary>\n\nThe **ship**.\n\n- one\n- two\n\n</details>\n",
        "<details><summary>Who pays?</summary><p>The <b>ship</b>.</p><ul><li>one<li>two</ul></details>",
    ),
    "steps": (
        "<Steps>\n\n1. Get it.\n2. Start it.\n\n</Steps>\n",
        "<ol><li>Get it.<li>Start it.</ol>",
    ),
    "a card": (
        '<CardGroup cols={2}>\n  <Card title="Quick" icon="bolt" href="https://a.example/q">\n'
        "    Start here.\n  </Card>\n</CardGroup>\n",
        '<div><a href="https://a.example/q"><p>Quick</p></a><p>Start here.</p></div>',
    ),
    "a card in one tag": (
        '<LinkCard\n  title="Quick"\n  description="Start here."\n  href="https://a.example/q"\n/>\n',
        '<div><a href="https://a.example/q"><p>Quick</p></a><p>Start here.</p></div>',
    ),
    "a group of code": (
        "<CodeGroup>\n```bash npm\nnpm i\n```\n```bash yarn\nyarn add\n```\n</CodeGroup>\n",
        "<p>npm</p><pre>npm i</pre><p>yarn</p><pre>yarn add</pre>",
    ),
    "admonitions": (
        ":::note\n\nMind the gap.\n\n:::\n\n:::tip[My tip]\nUse it.\n:::\n\n"
        '<Warning title="Hot">Do not touch.</Warning>\n',
        "<p>Note<br>Mind the gap.</p><p>My tip<br>Use it.</p><p>Hot</p><p>Do not touch.</p>",
    ),
    "comments and modules": (
        "import A from 'a'\nexport const x = 5\n\n{/* left\n\nout */}\n\nText {/* too */} here.\n",
        "<!-- left out --><p>Text here.</p>",
    ),
    "expressions": (
        'It is {`so`} and {"so"}.\n\n<p>\n  {"In a string"}\n</p>\n',
        "<p>It is so and so.</p><p>In a string</p>",
    ),
    "components in a line": (
        '<Trans>Hello</Trans> <Kbd>Ctrl</Kbd> <Badge text="New" /> and <Icon icon="x" /> '
        '<Link to="/x">see</Link>, <a href="/y">too</a>.\n',
        "<p>Hello Ctrl New and <a href=/x>see</a>, <a href=/y>too</a>.</p>",
    ),
    "a button": (
        '<Button href={"https://a.example/b"}>Go</Button>\n',
        '<p><a href="https://a.example/b">Go</a></p>',
    ),
    "data": (
        '<FAQ items={[{question: "Who pays?", answer: "The ship."}]} style={{content: "x y"}} />\n',
        "<p>Who pays?</p><p>The ship.</p>",
    ),
    "pictures": ('<Image src={crane} alt="A crane" />\n', '<p><img alt="A crane"></p>'),
    "ids of headings": ("## Fees {#fees}\n\nForty.\n", "<h2 id=fees>Fees</h2><p>Forty.</p>"),
    "powers and formulas": (
        "Of 10<sup>6</sup>, CO<sub>2</sub>, $x^2$.\n",
        "<p>Of 10<sup>6</sup>, CO<sub>2</sub>, $x^2$.</p>",
    ),
}


def words(document: Document) -> list[str]:
    """Return the words of a page without the bullets of lists."""
    return [word for word in document.text.split() if word != "-"]


@pytest.mark.parametrize(("mdx", "html"), PAGES.values(), ids=PAGES)
def test_both_have_the_same_words_and_links(mdx: str, html: str) -> None:
    source = parse(f"# Dock\n\n{mdx}".encode(), "a.mdx")
    page = parse(f"<html><body><main><h1>Dock</h1>{html}</main></body></html>".encode(), "a.html")
    assert words(source) == words(page)
    assert links(source) == links(page)


def test_what_a_tooltip_explains_is_behind_it() -> None:
    page = 'Ten <Tooltip tip="A knot is a mile an hour">knots</Tooltip> today.\n'
    assert parse(page.encode(), "a.mdx").text == "Ten knots (A knot is a mile an hour) today."


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("See https://a.example/x.", ["https://a.example/x"]),
        ("(as https://a.example/x_(y))", ["https://a.example/x_(y)"]),
        ("**https://a.example/x**, `https://a.example/code`", ["https://a.example/x"]),
        ("[https://a.example/x](https://b.example/)", ["https://b.example/"]),
        ('<a href="https://b.example/">https://a.example/x</a>', ["https://b.example/"]),
    ],
)
def test_bare_addresses_are_links(text: str, targets: list[str]) -> None:
    document = parse(f"{text}\n".encode(), "a.md")
    assert [target for _, target in links(document)] == targets
