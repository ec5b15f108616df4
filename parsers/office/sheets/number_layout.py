"""Write a number by the placeholders of one section of a number format (see `number_format`).

`0` shows a digit or 0, `#` a digit or nothing, `?` a digit or a space.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import TypeAlias

from vouch.parsers.office.sheets.tables import as_text

_DIGITS = frozenset("0#?")
_EMPTY = {"0": "0", "#": "", "?": " "}
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)  # for any float and any format
_MAX_DENOMINATOR_DIGITS = 7
_THOUSAND = Decimal(1000)
_HUNDRED = Decimal(100)
_USUAL = re.compile(r"[#,]*(0+)(?:\.0+)?")  # a pattern that Python's own formats can write


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a code: its kind is a placeholder or sign itself, or `literal` with its text."""

    kind: str
    text: str


Layout: TypeAlias = Callable[[Decimal], str]
"""Writes a number that is not negative."""


def layout_of(tokens: Sequence[Token]) -> Layout:
    """Return how the tokens of a section write numbers."""
    kinds = [token.kind for token in tokens]
    if "general" in kinds:
        return _general(tokens)
    if "exponent" in kinds and _DIGITS & set(kinds[: kinds.index("exponent")]):
        return _Scientific(tokens, kinds.index("exponent"))
    if "/" in kinds and (fraction := _fraction(tokens, kinds.index("/"))) is not None:
        return fraction
    return _Plain(tokens)


def _general(tokens: Sequence[Token]) -> Layout:
    before, after = _around(tokens, [token.kind == "general" for token in tokens].index(True))

    def show(value: Decimal) -> str:
        return f"{before}{as_text(float(value))}{after}"

    return show


def _around(tokens: Sequence[Token], place: int) -> tuple[str, str]:
    return _texts(tokens[:place]), _texts(tokens[place + 1 :])


def _texts(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


class _Plain:
    """Writes a number with or without decimals, grouped or not, between and around literals."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        kinds = [token.kind for token in tokens]
        digits = [place for place, kind in enumerate(kinds) if kind in _DIGITS]
        point = kinds.index(".") if "." in kinds and digits else len(kinds)
        self._whole = [place for place in digits if place < point]
        self._decimals = [place for place in digits if place > point]
        last = max(digits, default=-1)
        commas = [place for place in range(len(kinds)) if kinds[place] == "," and digits]
        first = digits[0] if digits else 0
        end = self._whole[-1] if self._whole else -1
        self._grouped = any(first < place < end for place in commas)
        # Commas behind the last placeholder, or right before the point, divide by a thousand each.
        scaling = [place for place in commas if end < place < point or last < place]
        self._factor = _HUNDRED ** kinds.count("%") / _THOUSAND ** len(scaling)
        self._places = Decimal(1).scaleb(-len(self._decimals))
        hidden = {*commas}
        self._texts = ["" if place in hidden else token.text for place, token in enumerate(tokens)]
        self._kinds = kinds
        self._point = point
        usual = _USUAL.fullmatch("".join(kinds[first : last + 1])) if self._whole else None
        self._zeros = len(usual[1]) if usual and not (self._grouped and len(usual[1]) > 1) else 0
        self._usual = f"{',' if self._grouped else ''}.{len(self._decimals)}f"
        self._before, self._after = "".join(self._texts[:first]), "".join(self._texts[last + 1 :])

    def __call__(self, value: Decimal) -> str:
        if not self._whole and not self._decimals:
            return "".join(self._texts)
        rounded = _EXACT.quantize(_EXACT.multiply(value, self._factor), self._places)
        if self._zeros:  # as nearly all formats are: in a tenth of the time
            digits = format(rounded, self._usual)
            if self._zeros > 1:
                digits = digits.zfill(self._zeros + len(self._decimals) + bool(self._decimals))
            return f"{self._before}{digits}{self._after}"
        pieces = list(self._texts)
        whole, _, decimals = format(rounded, "f").partition(".")
        self._fill_whole(pieces, whole.lstrip("0"))
        used = len(decimals.rstrip("0"))
        for place, digit, number in zip(
            self._decimals, decimals, range(len(decimals)), strict=False
        ):
            pieces[place] = digit if number < used else _EMPTY[self._kinds[place]]
        return "".join(pieces)

    def _fill_whole(self, pieces: list[str], digits: str) -> None:
        """Put digits into the placeholders from the right; the first takes all that are left."""
        if not self._whole:
            pieces[self._point] = f"{digits}."
            return
        left = len(digits)
        written = 0
        for place in reversed(self._whole):
            take = left if place == self._whole[0] else min(1, left)
            shown = digits[left - take : left] or _EMPTY[self._kinds[place]]
            left -= take
            text = ""
            for digit in reversed(shown):
                comma = "," if self._grouped and written and written % 3 == 0 else ""
                text = f"{digit}{comma if digit.isdigit() else ''}{text}"
                written += 1
            pieces[place] = text


class _Scientific:
    """Writes a number as 1.23E+04; with several placeholders before the point, as 12.3E+3."""

    def __init__(self, tokens: Sequence[Token], exponent: int) -> None:
        end = exponent + 1
        while end < len(tokens) and tokens[end].kind in _DIGITS:
            end += 1
        before = [token.kind for token in tokens[:exponent]]
        point = before.index(".") if "." in before else len(before)
        self._period = max(1, sum(kind in _DIGITS for kind in before[:point]))
        self._mantissa = _Plain(tokens[:exponent])
        self._places = Decimal(1).scaleb(-sum(kind in _DIGITS for kind in before[point:]))
        self._sign = tokens[exponent].text
        self._width = sum(token.kind == "0" for token in tokens[exponent + 1 : end])
        self._after = _texts(tokens[end:])

    def __call__(self, value: Decimal) -> str:
        power = value.adjusted() // self._period * self._period if value else 0
        mantissa = _EXACT.quantize(value.scaleb(-power, _EXACT), self._places)
        if mantissa >= 10**self._period:  # rounded up to one more digit
            power += self._period
            mantissa = value.scaleb(-power, _EXACT)
        sign = "-" if power < 0 else self._sign[1:].replace("-", "")
        digits = str(abs(power)).zfill(self._width)
        return f"{self._mantissa(mantissa)}{self._sign[0]}{sign}{digits}{self._after}"


@dataclass(frozen=True, slots=True)
class _Fraction:
    """Writes a number as 1 3/4: with the nearest denominator of so many digits, or a fixed one."""

    before: str
    whole: Layout | None
    between: str
    after: str
    largest: int
    fixed: int

    def __call__(self, value: Decimal) -> str:
        rest = Fraction(value)
        whole = rest.numerator // rest.denominator if self.whole else 0
        rest -= whole
        if self.fixed:
            doubled = 2 * rest * self.fixed + 1  # halves are rounded up
            top, bottom = doubled.numerator // (2 * doubled.denominator), self.fixed
        else:
            top, bottom = _convergent(rest, self.largest)
        if self.whole and top == bottom:
            whole, top = whole + 1, 0
        if self.whole is None:
            return f"{self.before}{top}/{bottom}{self.after}"
        if not top:
            return f"{self.before}{self.whole(Decimal(whole)).strip() or 0}{self.after}"
        shown = self.whole(Decimal(whole))
        return f"{self.before}{shown}{self.between if shown else ''}{top}/{bottom}{self.after}"


def _convergent(value: Fraction, largest: int) -> tuple[int, int]:
    """Return the last convergent of the continued fraction with a denominator up to `largest`.

    Spreadsheets show it, not the nearest fraction: 3 1/7 for 3.14159 and two digits.
    """
    above, below = (0, 1), (1, 0)
    numerator, denominator = value.numerator, value.denominator
    while denominator:
        whole, rest = divmod(numerator, denominator)
        above, below = below, (whole * below[0] + above[0], whole * below[1] + above[1])
        if below[1] > largest:
            return above
        numerator, denominator = denominator, rest
    return below


def _fraction(tokens: Sequence[Token], slash: int) -> _Fraction | None:
    """Return a fraction; None where the slash has no placeholders on both sides."""
    kinds = [token.kind for token in tokens]
    start = slash
    while start and kinds[start - 1] in _DIGITS:
        start -= 1
    end = slash + 1
    while end < len(tokens) and (kinds[end] in _DIGITS or tokens[end].text.isdecimal()):
        end += 1
    below = _texts(tokens[slash + 1 : end])
    if start == slash or not below:
        return None
    whole = [place for place in range(start) if kinds[place] in _DIGITS]
    first, last = (whole[0], whole[-1] + 1) if whole else (start, start)
    return _Fraction(
        before=_texts(tokens[:first]),
        whole=_Plain(tokens[first:last]) if whole else None,
        between=_texts(tokens[last:start]),
        after=_texts(tokens[end:]),
        largest=10 ** min(len(below), _MAX_DENOMINATOR_DIGITS) - 1,
        fixed=int(below) if below.isdecimal() and below.strip("0") else 0,
    )
