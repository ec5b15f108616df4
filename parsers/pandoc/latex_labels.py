r"""Write the labels of LaTeX's lists as pandoc reads them: `[label=(\alph*)]` as `[(a)]`."""

import re

_OPTIONS = re.compile(r"(\\begin\{enumerate\})\[([^\]\n]{0,200})\]")
_LABEL = re.compile(r"\blabel\s*=\s*((?:[^{},\]]|\{(?:[^{}]|\{[^{}]{0,60}\}){0,60}\}){1,60})")
_COUNTER = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\s*\*")
_FONT = re.compile(r"\\[A-Za-z]+\s*|[{}]")
_START = re.compile(r"\bstart\s*=\s*(\d{1,6})")
_KINDS = {"arabic": "1", "alph": "a", "Alph": "A", "roman": "i", "Roman": "I"}


def plain_labels(text: str) -> str:
    """Return LaTeX whose numbered lists have labels and first numbers that pandoc understands."""
    if "\\begin{enumerate}[" not in text:
        return text
    return _OPTIONS.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    options = match[2]
    if "=" not in options:
        return match[0]
    label, start = _LABEL.search(options), _START.search(options)
    written = _COUNTER.sub(lambda counter: _KINDS[counter[1]], label[1]) if label else ""
    written = _FONT.sub("", written).strip()
    # Of the counters, pandoc looks at the one of the list that is open.
    counter = f"\\setcounter{{enumi}}{{{int(start[1]) - 1}}}" if start else ""
    return f"{match[1]}{f'[{written}]' if written else ''}{counter}"
