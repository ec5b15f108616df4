"""Find the headings of a plain text, and their levels.

What looks like a heading by itself may be an item of a list, an entry of a table of contents, a
line of an address: a heading has text below it, and numbered ones are a series.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vouch.parsers.common.spans import blocks, lines
from vouch.parsers.text import heading_forms as forms
from vouch.parsers.text.heading_forms import Form, Number, form_of
from vouch.schemas.documents.records import Span

ITEM = re.compile(r"(?:[-*+•‣◦·●▪]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\*{3,}|_{3,}|#{3,}|\^{3,})")
_COLUMNS = re.compile(r"\S[ \t]{3,}\S")
_FIELD = re.compile(r"[^\W\d_][\w ]{1,30}:\s+\S")
_MAX_BEFORE_TEXT = 70  # characters of a heading with text in the next line
_MAX_WORDS_BEFORE_TEXT = 7
_MIN_WORDS = 5  # of a line of prose
_MIN_UNSPACED = 12  # characters of a line of prose without blanks
_MAX_CAPITAL_LINES = 3
_MIN_INDENTED = 0.6  # of the lines, where headings are the lines that are not
_MAX_HANGING = 60  # characters
_MIN_UNDERLINED = 2  # where no other headings are looked for
_BELOW_NUMBERS = 1000  # a rank
_UNDERLINES = (forms.UNDERLINED, forms.UNDERLINED_BELOW)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a text, with its level from 1. `end` is that of its last line."""

    start: int
    end: int
    level: int


@dataclass(slots=True)
class _Candidate:
    start: int
    end: int
    rank: int
    form: Form
    follows_text: bool  # text is between it and the candidate before


def find_headings(text: str) -> list[Heading]:
    """Return the headings of a cleaned text, in order."""
    candidates = list(_candidates(text))
    underlined = [candidate for candidate in candidates if candidate.form.rank in _UNDERLINES]
    if len(underlined) >= _MIN_UNDERLINED:
        candidates = [candidate for candidate in candidates if candidate.form.rank < forms.ARTICLE]
    else:
        candidates = _in_series(_without_runs(candidates))
    _rank(candidates, text)
    levels = {
        rank: level
        for level, rank in enumerate(sorted({candidate.rank for candidate in candidates}), 1)
    }
    return [
        Heading(candidate.start, candidate.end, levels[candidate.rank]) for candidate in candidates
    ]


def _candidates(text: str) -> Iterator[_Candidate]:
    """Yield what looks like a heading by itself and by the lines around it."""
    parts = [list(lines(text, start, end)) for start, end in blocks(text)]
    is_hanging = _is_hanging(text, parts)
    follows_text = False
    for number, part in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else []
        end = 0  # of the last heading's lines in this block
        for first, last, form in _in_block(text, part, following, is_hanging):
            start, stop = part[first][0], part[last][1]
            yield _Candidate(start, stop, form.rank, form, follows_text or first > end)
            follows_text, end = False, last + 1
        follows_text = follows_text or end < len(part)


def _in_block(
    text: str, part: list[Span], following: list[Span], is_hanging: bool
) -> Iterator[tuple[int, int, Form]]:
    """Yield the headings of a block as numbers of their first and last lines."""
    if underlined := _underlined(text, part):
        yield underlined
        return
    shown = [text[start:end] for start, end in part]
    if len(part) == 1 or (
        len(part) <= _MAX_CAPITAL_LINES
        and all((form := form_of(line)) and form.is_capital for line in shown)
    ):
        form = form_of(shown[0])
        if form is None and is_hanging and _may_hang(text, part[0], following):
            form = Form(forms.NUMBERED + 1, "hanging")
        is_likely = form is not None and not (form.is_capital or form.series == "hanging")
        if form and following and (is_likely or _is_text(text, following)):
            yield 0, len(part) - 1, form
        return
    is_after_heading = True
    for number, line in enumerate(shown[:-1]):
        form = form_of(line) if is_after_heading or _ends(shown[number - 1]) else None
        is_heading = form is not None and _stands_above(text, part, number, form)
        if form and is_heading:
            yield number, number, form
        is_after_heading = is_heading


def _stands_above(text: str, part: list[Span], number: int, form: Form) -> bool:
    """Return whether a line is a heading although a line follows at once."""
    line, below = text[slice(*part[number])], text[slice(*part[number + 1])]
    if form.is_capital and number == 0:
        indents = [_indent(text, span) for span in part]
        return min(indents[1:]) > indents[0] or _is_prose(below)
    if len(line) > _MAX_BEFORE_TEXT or below[0].islower() or (form.number and ITEM.match(below)):
        return False
    if not form.series:
        return True  # named
    if number or form.is_bare:
        return False
    is_brief = len(line.split()) <= _MAX_WORDS_BEFORE_TEXT or line.isupper()
    return is_brief and form_of(below) is None and below[0].isupper() and len(below) > len(line)


def _underlined(text: str, part: list[Span]) -> tuple[int, int, Form] | None:
    """Return the heading that a block begins with, if a line of signs is below it."""
    first = 0
    if len(part) > 2 and _UNDERLINE.fullmatch(text, *part[0]):
        first = 1  # a line of signs is above it too
    if len(part) < first + 2:
        return None
    (start, end), (line_start, line_end) = part[first : first + 2]
    if not _UNDERLINE.fullmatch(text, line_start, line_end) or end - start > forms.MAX_HEADING:
        return None
    title = text[start:end]
    if line_end - line_start < (end - start) // 2 or not any(map(str.isalnum, title)):
        return None
    if _COLUMNS.search(title):
        return None  # names of columns
    is_first = first == 1 or text[line_start] == "="
    return first, first, Form(forms.UNDERLINED if is_first else forms.UNDERLINED_BELOW)


def _ends(line: str) -> bool:
    """Return whether a line ends a sentence, so that what is below it may be a heading."""
    return line.endswith((".", ";", ":", "。", "；", "）", ")", "!", "?", "」"))


def _is_text(text: str, part: Sequence[Span]) -> bool:
    """Return whether there is prose in lines, or a list, or another heading."""
    return any(
        _is_prose(line) or _FIELD.match(line) or ITEM.match(line) or form_of(line)
        for line in (text[start:end] for start, end in part)
    )


def _is_prose(line: str) -> bool:
    if any(map(str.islower, line)):
        return len(line.split()) >= _MIN_WORDS and not _COLUMNS.search(line)
    return len(line) >= _MIN_UNSPACED and not line.isascii() and not line.isupper()


def _is_hanging(text: str, parts: Sequence[Sequence[Span]]) -> bool:
    """Return whether a text is indented as a whole, but for its headings."""
    indents = [_indent(text, span) for part in parts for span in part]
    return len(indents) > 1 and sum(map(bool, indents)) >= _MIN_INDENTED * len(indents)


def _may_hang(text: str, line: Span, following: Sequence[Span]) -> bool:
    """Return whether a line is a heading by its place: all around it is indented."""
    title = text[slice(*line)]
    return (
        bool(following)
        and not _indent(text, line)
        and _indent(text, following[0]) > 1
        and len(title) <= _MAX_HANGING
        and title[0].isupper()
        and not title.endswith(".")
        and form_of(f"1. {title}") is not None
    )


def _indent(text: str, span: Span) -> int:
    """Return the number of blanks before a line."""
    return span[0] - (text.rfind("\n", 0, span[0]) + 1)


def _without_runs(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Drop what follows its like without text between: contents, and lists of a few words each."""
    kept: list[_Candidate] = []
    run: list[_Candidate] = []
    for candidate in [*candidates, None]:
        if candidate is not None and run and not candidate.follows_text:
            run.append(candidate)
            continue
        kept += _outside_of_lists(run)
        run = [candidate] if candidate is not None else []
    return kept


def _outside_of_lists(run: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the headings of a run without text between: a title, its subtitle, a first section."""
    alike = Counter(
        (candidate.form.rank, candidate.form.series, len(candidate.form.number))
        for candidate in run
    )

    def is_entry(form: Form) -> bool:
        times = alike[form.rank, form.series, len(form.number)]
        return times > (1 if form.number else _MAX_CAPITAL_LINES - 1)

    return [candidate for candidate in run if not is_entry(candidate.form)]


def _in_series(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the candidates but for numbers that belong to no series of headings."""
    numbers: dict[str, set[Number]] = {}
    for candidate in candidates:
        if candidate.form.number:
            numbers.setdefault(candidate.form.series, set()).add(candidate.form.number)
    kept: list[_Candidate] = []
    last: dict[str, Number] = {}
    for candidate in candidates:
        form = candidate.form
        if form.number:
            if not _has_neighbours(form, numbers[form.series]):
                continue
            if form.number <= last.get(form.series, ()):
                continue  # a list in a section begins again
            last[form.series] = form.number
        elif form.rank <= forms.ARTICLE:
            last.clear()
        kept.append(candidate)
    return kept


def _has_neighbours(form: Form, numbers: set[Number]) -> bool:
    """Return whether a number is one of a series: there is one before, after, above or below."""
    if form.is_bare and not {(1,), (2,), (3,)} <= numbers:
        return False
    *above, last = form.number
    around = [(*above, last + step) for step in (-2, -1, 1, 2)]
    around += [(*form.number, 1), tuple(above)]
    return not numbers.isdisjoint(around)


def _rank(candidates: Sequence[_Candidate], text: str) -> None:
    """Set the ranks that depend on other headings."""
    sections = [candidate for candidate in candidates if len(candidate.form.number) == 1]
    above: _Candidate | None = None
    bases: dict[str, int] = {}  # rank above the first numbers of each series
    capitals: int | None = None
    for place, candidate in enumerate(candidates):
        form = candidate.form
        if form.number:
            base = forms.NUMBERED
            if above and bases and above.form.number:
                base = above.rank  # such as `A.` below `I.`
            candidate.rank = bases.setdefault(form.series, base) + len(form.number)
        elif place == 0 and not candidate.follows_text and form.is_capital:
            candidate.rank = forms.TITLE
        elif form.is_capital:
            if capitals is None:
                capitals = _BELOW_NUMBERS if bases else forms.CAPITALS
                if sections and all(
                    text[candidate.start : candidate.end].isupper() for candidate in sections
                ):
                    capitals = forms.NUMBERED + 1  # those without a number are beside the others
            candidate.rank = capitals
            if above and not candidate.follows_text and not above.form.is_capital:
                candidate.rank = max(candidate.rank, above.rank + 1)
        above = candidate
