"""Inline markup of Markdown within a number of steps that grows with the length of a text only.

markdown-it tries each opening bracket to the end of its paragraph, and brackets in it too, as deep
as nesting is allowed: a megabyte of `![` takes it a minute.
"""

from typing import Self

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

_FREE_STEPS = 5  # for each character of a paragraph
_SPARE_STEPS = 200_000  # of all paragraphs of a page together, for those that need more


class _TooManySteps(Exception):
    """A paragraph is no text with links, whatever its brackets are."""


class BoundedInline(ParserInline):
    """A parser of inline markup that reads a paragraph which takes too many steps as plain text."""

    @classmethod
    def of(cls, parser: ParserInline) -> Self:
        """Return a bounded parser with the rules of another."""
        bounded = cls()
        vars(bounded).update(vars(parser))
        return bounded

    def skipToken(self, state: StateInline) -> None:
        state.env["steps_left"] -= 1
        if state.env["steps_left"] < 0:
            raise _TooManySteps
        super().skipToken(state)

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Parse a text; that of an image is parsed within the paragraph that the image is in."""
        outer = env.get("steps_left")
        spare = env.setdefault("spare_steps", _SPARE_STEPS)
        env["steps_left"] = _FREE_STEPS * len(src) + spare
        try:
            tokens = super().parse(src, md, env, tokens)
            env["spare_steps"] = min(spare, env["steps_left"])
        except _TooManySteps:
            env["spare_steps"] = 0
            tokens[:] = [Token("text", "", 0, content=src)]
        env["steps_left"] = outer
        return tokens
