"""Texts that a page says twice side by side, as captions that are there cut and whole."""

import re
from collections.abc import Sequence, Set
from itertools import pairwise

from vouch.parsers.common.html.blocks import Block
from vouch.schemas.documents.records import ElementType

_WORD = re.compile(r"\w+")
_MIN_WORDS = 8  # fewer may be repeated with good reason
_MAX_MORE = 2  # words after a cut text, such as "read more"
_RUNNING_TEXT = (ElementType.PARAGRAPH, ElementType.LIST_ITEM, ElementType.TITLE)


def repetitions(blocks: Sequence[Block], content: Set[int]) -> set[int]:
    """Return those blocks of `content` whose text the one before or after them has, too.

    Of equal ones the second is returned. Further away a text may return with good reason: a
    reference says the same of several functions.
    """
    texts = [
        (index, blocks[index].type is ElementType.TITLE, _words(blocks[index]))
        for index in sorted(content)
    ]
    return {
        second if _is_cut(following, words) else first
        for (first, is_title, words), (second, is_next_title, following) in pairwise(texts)
        if words == following or is_title == is_next_title
        if _is_cut(following, words) or _is_cut(words, following)
    }


def _words(block: Block) -> list[str]:
    return _WORD.findall(block.text) if block.type in _RUNNING_TEXT else []


def _is_cut(text: Sequence[str], whole: Sequence[str]) -> bool:
    """Return whether a text is a longer one that was cut, and says so in a word or two."""
    if not _MIN_WORDS <= len(text) <= len(whole):
        return False
    common = len(text) if len(text) == len(whole) else max(_MIN_WORDS, len(text) - _MAX_MORE)
    return text[:common] == whole[:common]
