"""The parser with dispatched rules renders the same as markdown-it's own parser."""

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from vouch.parsers.markdown.rule_dispatch import by_character

PIECES = [
    *"ab1 \n\t#>-+*_~`[](){}!|:=^$&<\\.)\u00a0é",
    *(
        "\n\n",
        "    ",
        "- ",
        "1. ",
        "[a]: /b\n",
        "](c)",
        "[^1]",
        "[^1]: n\n",
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "<x:y>",
        "<a@b.c>",
    ),
    *(
        "&amp;",
        "```\n",
        "~~",
        "$$",
        "\n---\n",
        "|-|-|\n",
        "\n: ",
        "![",
        "  \n",
        "<div>\n",
        "**",
        "``",
    ),
]


def parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(deflist_plugin)
    return markdown.use(footnote_plugin, inline=False, move_to_end=False).use(
        dollarmath_plugin, double_inline=True
    )


ORIGINAL, DISPATCHED = parser(), by_character(parser())


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@example(
    "[*a* <https://b.c/?d=e> `]`](f) ![_g_](h)\n- 1) i\n  > j ~~k~~ &copy; \\*\n\n| l |\n|---|\n| $m$ |\n"
)
def test_any_page_is_rendered_the_same(text: str) -> None:
    assert DISPATCHED.render(text) == ORIGINAL.render(text)
