"""Rate the boundaries between lines of code, whatever its language: by empty lines and indentation.

A function, a class, a statement of SQL, a section of a configuration begins at the left, most often
behind an empty line. What is further in belongs to what is above it.
"""

import re
from collections.abc import Iterator, Sequence

from vouch.chunkers.border import Border

_TAB = 4  # columns
# The rest of what began above: closing brackets and tags, and words such as `else`.
_CLOSING = re.compile(
    r"[)\]}]|</|(?:end\w*|else|elif|elsif|elseif|except|finally|catch|rescue|ensure|fi|done|esac"
    r"|then)\b",
    re.IGNORECASE,
)
# What is written above the thing that it is about.
_COMMENT = re.compile(
    r"//|/\*|\*|#(?!include|define|import|if|endif|region|pragma)|--|;|<!--|%|\'\'\'|\"\"\""
)
_DECORATOR = re.compile(r"@\w|#!?\[")
_SECTION = re.compile(r"\[\[?[^\[\]]+\]\]?$")
_GOES_ON = (",", "\\", "(", "[", "=", "&&", "||", "->", "=>")
_ENDS = (";", "}")


def code_lines(lines: Sequence[str]) -> Iterator[Border]:
    """Yield the rating of the boundary before each line."""
    columns = [_column(line) for line in lines]
    levels = sorted({column for column in columns if column is not None})[:2]
    above, above_column, is_behind_empty = "", 0, False
    for line, column in zip(lines, columns, strict=True):
        if column is None:
            yield Border.WORD
            is_behind_empty = True
            continue
        text = line.strip()
        if not above:
            yield Border.PART
        elif column > above_column or (text.startswith("{") and not is_behind_empty):
            yield Border.BEHIND_LEAD
        elif _CLOSING.match(text):
            yield Border.INSIDE
        elif is_behind_empty:
            is_behind_block = column < above_column or bool(_CLOSING.match(above))
            yield _behind_empty_line(
                levels.index(column) if column in levels else 2, is_behind_block
            )
        else:
            yield _behind_line(above, text, column < above_column, column == levels[0])
        above, above_column, is_behind_empty = text, column, False


def _behind_empty_line(level: int, ends_block: bool) -> Border:
    if level == 0:
        return Border.BLOCK
    return Border.MEMBER if level == 1 and ends_block else Border.PARAGRAPH


def _behind_line(above: str, text: str, is_further_out: bool, is_outermost: bool) -> Border:
    is_comment, was_comment = (_COMMENT.match(line) is not None for line in (text, above))
    if _DECORATOR.match(above) or (was_comment and not is_comment):
        return Border.BEHIND_LEAD
    if was_comment or above.endswith(_GOES_ON):
        return Border.INSIDE
    if not is_outermost:
        return Border.PART if is_further_out else Border.INSIDE
    begins = is_further_out or is_comment or _SECTION.match(text) or above.endswith(_ENDS)
    return Border.STATEMENT if begins else Border.PART


def _column(line: str) -> int | None:
    """Return how far in a line begins; None where it is empty."""
    text = line.expandtabs(_TAB)
    return len(text) - len(text.lstrip()) if text.strip() else None
