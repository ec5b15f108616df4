"""JavaScript between the paragraphs of MDX: imports are removed, other statements become code."""

import re
from collections.abc import Iterator, Sequence

_LINE = re.compile(
    r"(?:import\s.*?\bfrom\s+['\"].*['\"];?|import\s+['\"].*['\"];?"
    r"|export\s+(?:default|const|let|function)\b.*)\s*"
)
_OPENS = re.compile(
    r"(?:export\s+(?:default|const|let|var|function|class|async)\b|import\b)[^\n]*[({\[]\s*"
)
_IMPORT = re.compile(r"import\s[^'\"]*\bfrom\s*['\"][^'\"\n]*['\"]\s*;?\s*")
# How each line begins that may be no text.
_CANDIDATE = re.compile(r"^(?:import|export|[^\S\n]*[{<])", re.MULTILINE)
_MAX_LINES = 500  # of one statement
_MAX_UNCLOSED = 100  # statements; more would make the search take quadratic time
_PLACEHOLDER = re.compile(r"\s*(?:\{\s*(?:props\.)?[\w.]+\s*\}|</?>)\s*")


def without_modules(text: str, *, mdx: bool) -> str:
    """Return `text`, which has no fenced code, without its module lines.

    With `mdx` also without bare expressions.
    """
    return "\n".join(_lines(text.split("\n"), mdx)) if _CANDIDATE.search(text) else text


def _lines(lines: Sequence[str], mdx: bool) -> Iterator[str]:
    number = unclosed = 0
    while number < len(lines):
        line = lines[number]
        if not _CANDIDATE.match(line):
            yield line
            number += 1
            continue
        begins = unclosed < _MAX_UNCLOSED and _begins_statement(line, mdx)
        count = _statement_lines(lines[number : number + _MAX_LINES]) if begins else 0
        unclosed += begins and not count
        statement = lines[number : number + count]
        if count > 1 and not line.startswith("import"):
            yield from ("", "```js", *statement, "```", "")
        elif count > 1 and not _IMPORT.fullmatch("\n".join(statement)):
            count = 0  # text, or code of another language, such as Go's `import (`
        if not count and not _LINE.fullmatch(line) and not (mdx and _PLACEHOLDER.fullmatch(line)):
            yield line
        number += max(1, count)


def _begins_statement(line: str, mdx: bool) -> bool:
    if _OPENS.fullmatch(line):
        return True
    return mdx and line.startswith("{") and not line.startswith("{/*")


def _statement_lines(lines: Sequence[str]) -> int:
    """Return after how many lines every bracket is closed at a line's end; 0 for never."""
    depth = 0
    for count, line in enumerate(lines, 1):
        if count > 1 and line.startswith(("import ", "export ")):
            return 0
        depth += sum((character in "({[") - (character in ")}]") for character in line)
        if depth <= 0:
            is_end = line.rstrip().endswith((")", "}", "]", ";", "'", '"'))
            return count if count > 1 and is_end else 0
    return 0
