"""Markdown's rules, each asked only where it can apply.

markdown-it asks every rule at every line and at every character that any of them may begin with, and most refuse because of
one character. Here the character is looked at first. What is parsed is the same.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.parser_inline import ParserInline, RuleFuncInlineType
from markdown_it.ruler import Rule, Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, autolink, text
from markdown_it.token import Token
from markdown_it.utils import EnvType

_Function = TypeVar("_Function")

# The characters that a line's text must begin with; a rule that is not named here is asked about each line.
_OF_BLOCKS = {
    "math_block": "$",
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*-+0123456789",
    "footnote_def": "[",
    "reference": "[",
    "html_block": "<",
    "heading": "#",
}
# The characters that a piece of a text must begin with; `text` takes what stands before the next of them.
_OF_TEXTS = {
    "newline": "\n",
    "math_inline": "$",
    "escape": "\\",
    "backticks": "`",
    "strikethrough": "~",
    "emphasis": "*_",
    "link": "[",
    "image": "!",
    "footnote_ref": "[",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
}
_PIECE = re.compile(r"[\n$\\`~*_\[\]!<&]")  # the closing bracket ends the text of a link
_PAIRED = re.compile(r"[*_~]")
_ADDRESS = re.compile(
    r"<[\w.!#$%&'*+/=?^`{|}~-]+[:@]", re.ASCII
)  # what every address between angle brackets begins with


def by_character(markdown: MarkdownIt) -> MarkdownIt:
    """The same parser with its rules asked by character; no rule can be added to it any more."""
    markdown.inline.ruler.at("autolink", _autolink)
    markdown.block.ruler = _Chains(markdown.block.ruler, _OF_BLOCKS, _block_rule)
    inline = _Texts()
    inline.ruler = _Chains(markdown.inline.ruler, _OF_TEXTS, _inline_rule)
    inline.ruler2 = markdown.inline.ruler2
    markdown.inline = inline
    return markdown


class _Chains(Ruler[_Function]):
    """Each chain of rules as one rule that asks those that the character allows."""

    def __init__(
        self,
        rules: Ruler[_Function],
        characters: Mapping[str, str],
        together: Callable[[Mapping[str, Sequence[_Function]], Sequence[_Function]], _Function],
    ) -> None:
        super().__init__()
        self.__rules__ = [rule for rule in rules.__rules__ if rule.enabled]
        chains = {"", *(chain for rule in self.__rules__ for chain in rule.alt)}
        self._chains = {
            chain: [together(*_sorted(self.__rules__, chain, characters))] for chain in chains
        }

    def getRules(self, chainName: str = "") -> list[_Function]:
        return self._chains[chainName]


def _sorted(
    rules: Sequence[Rule[_Function]], chain: str, characters: Mapping[str, str]
) -> tuple[dict[str, list[_Function]], list[_Function]]:
    """The rules of a chain by character, in their order, and those for all other characters."""
    chosen = [rule for rule in rules if not chain or chain in rule.alt]
    everywhere = [rule.fn for rule in chosen if rule.name not in characters]
    known = {one for rule in chosen for one in characters.get(rule.name, "")}
    return {
        one: [rule.fn for rule in chosen if one in characters.get(rule.name, one)] for one in known
    }, everywhere


def _block_rule(
    rules: Mapping[str, Sequence[RuleFuncBlockType]], others: Sequence[RuleFuncBlockType]
) -> RuleFuncBlockType:
    def ask(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        place = state.bMarks[start] + state.tShift[start]
        for rule in rules.get(state.src[place : place + 1], others):
            if rule(state, start, end, silent):
                return True
        return False

    return ask


def _inline_rule(
    rules: Mapping[str, Sequence[RuleFuncInlineType]], others: Sequence[RuleFuncInlineType]
) -> RuleFuncInlineType:
    markup = {one: [rule for rule in asked if rule is not text] for one, asked in rules.items()}

    def ask(state: StateInline, silent: bool) -> bool:
        for rule in markup.get(state.src[state.pos], others):  # noqa: SIM110 - as above
            if rule(state, silent):
                return True
        return False

    return ask


def _autolink(state: StateInline, silent: bool) -> bool:
    return _ADDRESS.match(state.src, state.pos) is not None and autolink(state, silent)


class _Texts(ParserInline):
    """Texts without markup, and with none that comes in pairs, the short way."""

    def __init__(self) -> None:
        super().__init__()
        self.terminator_re = _PIECE

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        if _PAIRED.search(src):
            return super().parse(src, md, env, tokens)
        if _PIECE.search(src):
            self.tokenize(StateInline(src, md, env, tokens))
        elif src:
            tokens.append(Token("text", "", 0, content=src))
        return tokens
