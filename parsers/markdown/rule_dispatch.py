"""A faster Markdown parser: each rule is called only where its first character is.

markdown-it calls every rule at every line, and at every character that any rule may begin with;
most refuse because of that character. Here the character is looked up first, with equal results.
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

# First characters of a line's text, by block rule. A rule that is not here is called for each line.
_BLOCK_CHARACTERS = {
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
# First characters of a piece of text, by inline rule. `text` takes what is before the next of them.
_INLINE_CHARACTERS = {
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
_INLINE = re.compile(r"[\n$\\`~*_\[\]!<&]")  # a closing bracket ends the text of a link
_PAIRED = re.compile(r"[*_~]")
# How each autolink begins.
_ADDRESS = re.compile(r"<[\w.!#$%&'*+/=?^`{|}~-]+[:@]", re.ASCII)


def by_character(markdown: MarkdownIt) -> MarkdownIt:
    """Return the parser with its rules dispatched by character. Add no rules afterwards."""
    markdown.inline.ruler.at("autolink", _autolink)
    markdown.block.ruler = _Chains(markdown.block.ruler, _BLOCK_CHARACTERS, _block_rule)
    inline = _InlineParser()
    inline.ruler = _Chains(markdown.inline.ruler, _INLINE_CHARACTERS, _inline_rule)
    inline.ruler2 = markdown.inline.ruler2
    markdown.inline = inline
    return markdown


class _Chains(Ruler[_Function]):
    """Makes each chain of rules one rule, which calls those that the character allows."""

    def __init__(
        self,
        rules: Ruler[_Function],
        characters: Mapping[str, str],
        combine: Callable[[Mapping[str, Sequence[_Function]], Sequence[_Function]], _Function],
    ) -> None:
        super().__init__()
        self.__rules__ = [rule for rule in rules.__rules__ if rule.enabled]
        chains = {"", *(chain for rule in self.__rules__ for chain in rule.alt)}
        self._chains = {
            chain: [combine(*_by_character(self.__rules__, chain, characters))] for chain in chains
        }

    def getRules(self, chainName: str = "") -> list[_Function]:
        return self._chains[chainName]


def _by_character(
    rules: Sequence[Rule[_Function]], chain: str, characters: Mapping[str, str]
) -> tuple[dict[str, list[_Function]], list[_Function]]:
    """Return the rules of a chain by character, in their order, and those for all others."""
    chosen = [rule for rule in rules if not chain or chain in rule.alt]
    everywhere = [rule.fn for rule in chosen if rule.name not in characters]
    special = {character for rule in chosen for character in characters.get(rule.name, "")}
    return {
        character: [rule.fn for rule in chosen if character in characters.get(rule.name, character)]
        for character in special
    }, everywhere


def _block_rule(
    rules: Mapping[str, Sequence[RuleFuncBlockType]], everywhere: Sequence[RuleFuncBlockType]
) -> RuleFuncBlockType:
    def dispatch(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        place = state.bMarks[start] + state.tShift[start]
        # A loop, not `any`: this runs for every line, and a generator would cost noticeable time.
        for rule in rules.get(state.src[place : place + 1], everywhere):
            if rule(state, start, end, silent):
                return True
        return False

    return dispatch


def _inline_rule(
    rules: Mapping[str, Sequence[RuleFuncInlineType]], everywhere: Sequence[RuleFuncInlineType]
) -> RuleFuncInlineType:
    # At a special character the rule `text` never matches.
    markup = {
        character: [rule for rule in candidates if rule is not text]
        for character, candidates in rules.items()
    }

    def dispatch(state: StateInline, silent: bool) -> bool:
        for rule in markup.get(state.src[state.pos], everywhere):  # noqa: SIM110 - as above
            if rule(state, silent):
                return True
        return False

    return dispatch


def _autolink(state: StateInline, silent: bool) -> bool:
    return _ADDRESS.match(state.src, state.pos) is not None and autolink(state, silent)


class _InlineParser(ParserInline):
    """Skips steps for texts without markup, and for texts without paired markup."""

    def __init__(self) -> None:
        super().__init__()
        self.terminator_re = _INLINE

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        if _PAIRED.search(src):
            return super().parse(src, md, env, tokens)
        if _INLINE.search(src):
            self.tokenize(StateInline(src, md, env, tokens))
        elif src:
            tokens.append(Token("text", "", 0, content=src))
        return tokens
