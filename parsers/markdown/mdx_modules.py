"""The JavaScript between the paragraphs of an MDX page: imports go, what is computed over several lines becomes code."""

import re
from collections.abc import Iterator, Sequence

_LINE = re.compile(
    r"(?:import\s.*?\bfrom\s+['\"].*['\"];?|import\s+['\"].*['\"];?|export\s+(?:default|const|let|function)\b.*)\s*"
)
_OPENS = re.compile(
    r"(?:export\s+(?:default|const|let|var|function|class|async)\b|import\b)[^\n]*[({\[]\s*"
)
_IMPORT = re.compile(r"import\s[^'\"]*\bfrom\s*['\"][^'\"\n]*['\"]\s*;?\s*")
# What each line that is no text begins with.
_SUSPECT = re.compile(r"^(?:import|export|[^\S\n]*[{<])", re.MULTILINE)
_MAX_LINES = 500  # of one statement
_MAX_UNCLOSED = 100  # statements; a page with more of them is none
_PLACEHOLDER = re.compile(r"\s*(?:\{\s*(?:props\.)?[\w.]+\s*\}|</?>)\s*")


def without_modules(text: str, *, mdx: bool) -> str:
    """`text`, which holds no fenced code, without its module lines; with `mdx` also without bare expressions."""
    return "\n".join(_lines(text.split("\n"), mdx)) if _SUSPECT.search(text) else text


def _lines(lines: Sequence[str], mdx: bool) -> Iterator[str]:
    number = unclosed = 0
    while number < len(lines):
        line = lines[number]
        if not _SUSPECT.match(line):
            yield line
            number += 1
            continue
        begins = unclosed < _MAX_UNCLOSED and _begins(line, mdx)
        count = _statement(lines[number : number + _MAX_LINES]) if begins else 0
        unclosed += begins and not count
        if count > 1 and not line.startswith("import"):
            yield from ("", "```js", *lines[number : number + count], "```", "")
        elif count > 1 and not _IMPORT.fullmatch("\n".join(lines[number : number + count])):
            count = 0
        if not count and not _LINE.fullmatch(line) and not (mdx and _PLACEHOLDER.fullmatch(line)):
            yield line
        number += max(1, count)


def _begins(line: str, mdx: bool) -> bool:
    return bool(_OPENS.fullmatch(line)) or (
        mdx and line.startswith("{") and not line.startswith("{/*")
    )


def _statement(lines: Sequence[str]) -> int:
    """How many lines it takes until every bracket is closed, at a line's end; 0 where that does not happen."""
    depth = 0
    for count, line in enumerate(lines, 1):
        if count > 1 and line.startswith(("import ", "export ")):
            return 0
        depth += sum((one in "({[") - (one in ")}]") for one in line)
        if depth <= 0:
            return (
                count if count > 1 and line.rstrip().endswith((")", "}", "]", ";", "'", '"')) else 0
            )
    return 0
