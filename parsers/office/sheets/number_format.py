"""Show values as the number formats of spreadsheets do: 2134 by `00000` as 02134.

The codes are those of ISO/IEC 29500-1, 18.8.31, read as an English Excel reads them: decimals after
a point, thousands by commas. Colours are dropped; what only widens a cell is a space. Dates and
times are in ISO notation, whatever order of day and month a format has, and no longer than shown.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from vouch.parsers.common.table_headers import Cell
from vouch.parsers.office.sheets.number_layout import Token, layout_of
from vouch.parsers.office.sheets.tables import Shown, as_text

# Formats of the ids that a file need not define (18.8.30), as far as they show what `as_text` does
# not.
BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)',
    8: '"$"#,##0.00_);("$"#,##0.00)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    20: "h:mm",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);(#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);(#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    48: "##0.0E+0",
}
_MAX_CODE = 255  # characters that Excel allows; a longer one shows numbers as they are
_MAX_SECTIONS = 4
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<width>.)|\*(?P<filler>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<half>AM/PM|A/P)|(?P<any>.)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"\s*(<=|>=|<>|<|>|=)\s*([-+]?[\d.]+(?:E[-+]?\d+)?)\s*", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]*)(?:-.*)?")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_NO_YEAR = -1  # a number, for dates that are no name of a column
_YEAR = re.compile(r"\d{4}")
_TEXT = ("@", "general")  # where a section for texts has them
_EPOCH = datetime(1899, 12, 30)
_MAX_SERIAL = 2_958_466  # the day after 9999-12-31


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the up to four parts of a code: for which values it is, and how it shows them."""

    show: Callable[[Decimal], str]
    condition: tuple[Callable[[float, float], bool], float] | None
    date_letters: str  # y, m, d, h, s, and H, M, S for elapsed time; "" where it shows no date
    text: tuple[Token, ...] | None  # where it has a place for text

    def applies(self, value: float) -> bool:
        return self.condition is None or self.condition[0](value, self.condition[1])


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format code that changes how cells are shown."""

    numeric: tuple[_Section, ...]
    text: _Section | None
    has_conditions: bool

    def apply(self, cell: Cell) -> Cell:
        """Return a cell with the text that is shown; itself where that is as without a format."""
        text = self.show(cell)
        if text is None or cell is None:
            return cell
        if isinstance(cell, str):
            return text
        if isinstance(cell, (int, float)):
            return Shown(cell, text)
        # Still a value, and no word, for who looks for the names of columns; but a year is a name.
        return text if _YEAR.fullmatch(text) else Shown(_NO_YEAR, text)

    def show(self, cell: Cell) -> str | None:
        """Return how a cell is shown; None where it is as without a format."""
        if isinstance(cell, str):
            return self._text(cell)
        if isinstance(cell, bool) or cell is None:
            return None
        if isinstance(cell, (int, float)):
            return self._number(float(cell)) if math.isfinite(cell) else None
        return _date_shown(cell, self.numeric[0].date_letters if self.numeric else "")

    def _text(self, text: str) -> str | None:
        if self.text is None or self.text.text is None:
            return None
        return "".join(text if token.kind in _TEXT else token.text for token in self.text.text)

    def _number(self, value: float) -> str | None:
        if not self.numeric:
            return None
        section, has_sign = self._section(value)
        if section is None:
            return None
        if section.date_letters:
            moment = _moment(value, section.date_letters)
            return _date_shown(moment, section.date_letters) or as_text(moment)
        # A float has fifteen reliable digits.
        shown = section.show(Decimal(format(abs(value), ".15g")))
        # What is rounded to zero has no sign, unless its section writes one.
        is_negative = value < 0 and has_sign and any(digit in shown for digit in "123456789")
        return f"-{shown}" if is_negative else shown

    def _section(self, value: float) -> tuple[_Section | None, bool]:
        """Return the section of a value, and whether it leaves the sign of a negative one to us."""
        sections = self.numeric
        if self.has_conditions:
            for section in sections:
                if section.applies(value):
                    only_negative = section.condition is not None and not section.applies(-value)
                    return section, not (only_negative and value < 0)
            return None, True
        if len(sections) == 1 or value > 0:
            return sections[0], len(sections) == 1
        if value < 0 or len(sections) == 2:
            return sections[value < 0], False
        return sections[2], False


def shown_by(code: str, value: float) -> str:
    """Return a number, or the date that it means, as a format shows it."""
    if not math.isfinite(value):
        return as_text(value)
    letters = [letter for letter in map(_date_letters, _split(code[:_MAX_CODE])) if letter]
    if letters and (moment := _moment(value, letters[0])) is not None:
        return _date_shown(moment, letters[0]) or as_text(moment)
    its_format = number_format(code)
    shown = its_format.show(value) if its_format else None
    return as_text(value) if shown is None else shown


@lru_cache(maxsize=4096)
def number_format(code: str) -> NumberFormat | None:
    """Return a format, None for one by which values are shown as without."""
    if len(code) > _MAX_CODE or code.lower() in ("", "general", "@"):
        return None
    parts = _split(code)[:_MAX_SECTIONS]
    sections = [_section(tokens, place) for place, tokens in enumerate(parts)]
    text = next((section for section in sections[::-1] if section.text is not None), None)
    numeric = tuple(section for section in sections if section is not text)
    if text is not None and [token.kind for token in text.text or () if token.text.strip()] == [
        "@"
    ]:
        text = None  # shows texts as they are
    if not numeric and text is None:
        return None
    letters = {section.date_letters for section in numeric if section.date_letters}
    if text is None and letters and all(map(_is_iso, letters)):
        return None
    return NumberFormat(numeric, text, any(section.condition for section in numeric))


def _split(code: str) -> list[list[Token]]:
    """Return the tokens of each section."""
    parts: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind, written = match.lastgroup or "any", match[match.lastgroup or "any"]
        if kind == "any" and written == ";":
            parts.append([])
        else:
            parts[-1].append(_token(kind, written))
    return parts


def _token(kind: str, written: str) -> Token:
    match kind:
        case "quoted" | "escaped":
            return Token("literal", written)
        case "width" | "filler":
            return Token("literal", " ")
        case "bracket":
            if _CONDITION.fullmatch(written):
                return Token("condition", written)
            if currency := _CURRENCY.fullmatch(written):
                return Token("literal", currency[1])
            return Token("elapsed" if _ELAPSED.fullmatch(written) else "none", written)
        case "any" if written in "0#?.,%/@":
            return Token(written, written)
        case "any" if written.lower() in "ymdhsegba":
            return Token("date", written.lower())
        case "any":
            return Token("literal", written)
        case _:
            return Token(kind, written)


def _section(tokens: Sequence[Token], place: int) -> _Section:
    kinds = {token.kind for token in tokens}
    written = next((token.text for token in tokens if token.kind == "condition"), "")
    match = _CONDITION.fullmatch(written)
    shown = tuple(token for token in tokens if token.kind not in ("condition", "none"))
    has_text = "@" in kinds or place == _MAX_SECTIONS - 1
    return _Section(
        show=layout_of(shown),
        condition=(_COMPARE[match[1]], float(match[2])) if match else None,
        date_letters=_date_letters(shown),
        text=shown if has_text else None,
    )


def _date_letters(tokens: Sequence[Token]) -> str:
    """Return which of y, m, d, h, n (minutes) and s are shown, in capitals for elapsed time.

    "" for what shows no date: a number with a letter that should be in quotation marks.
    """
    letters = ""
    after_hours = False
    for token in tokens:
        letter = token.text[:1].lower()
        if token.kind == "elapsed":
            letters += {"m": "N"}.get(letter, letter.upper())
        elif token.kind == "date":
            letter = {"e": "y", "b": "y", "a": "d", "g": ""}.get(letter, letter)
            if letter == "s" and letters.endswith("m"):
                letters = f"{letters[:-1]}n"
            letters += "n" if letter == "m" and after_hours else letter
        elif token.kind == "half":
            continue
        else:
            continue
        after_hours = letters[-1:] in ("h", "H") or (after_hours and letters[-1:] == "n")
    is_number = any(token.kind in "0#?" for token in tokens) and letters[-1:].lower() != "s"
    return "" if is_number else "".join(dict.fromkeys(letters))


def _moment(value: float, letters: str) -> date | time | timedelta | None:
    """Return the date, time or elapsed time that a serial number means."""
    if letters != letters.lower():
        return timedelta(days=value)
    if not 0 <= value < _MAX_SERIAL:
        return None
    moment = _EPOCH + timedelta(days=value)
    return moment.time() if value < 1 else moment


def _date_shown(cell: date | time | timedelta | None, letters: str) -> str | None:
    """Return a date or time as far as the format shows it; None where `as_text` shows as much."""
    shown = set(letters)
    if isinstance(cell, timedelta):
        return _elapsed(cell, shown)
    if isinstance(cell, time):
        return cell.isoformat("minutes") if "h" in shown and "s" not in shown else None
    if isinstance(cell, date) and "y" in shown and not shown & set("dhns"):
        return cell.strftime("%Y-%m" if "m" in shown else "%Y")
    return None


def _elapsed(span: timedelta, shown: set[str]) -> str | None:
    seconds = round(abs(span.total_seconds()))
    sign = "-" if span < timedelta() else ""
    if "H" in shown and "s" not in shown:
        minutes = f":{seconds // 60 % 60:02}" if "n" in shown else ""
        return f"{sign}{seconds // 3600}{minutes}"
    if "N" in shown:
        return f"{sign}{seconds // 60}" + (f":{seconds % 60:02}" if "s" in shown else "")
    return f"{sign}{seconds}" if "S" in shown else None


def _is_iso(letters: str) -> bool:
    """Return whether dates of a format are shown as `as_text` shows them."""
    shown = set(letters)
    if letters != letters.lower():
        return {"H", "s"} <= shown
    return bool(shown & set("d")) or not ("y" in shown or ("h" in shown and "s" not in shown))
