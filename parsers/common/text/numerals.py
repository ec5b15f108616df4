"""Numbers of list items as they are written: 7, g, G, vii, VII."""

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MAX_ROMAN = 3999


def numeral(number: int, kind: str) -> str:
    """Return a number in one of the kinds of HTML: `1`, `a`, `A`, `i`, `I`.

    What letters or Roman numerals cannot write is in digits, as in browsers.
    """
    if kind in ("a", "A") and number > 0:
        letters = ""
        while number > 0:
            number, letter = divmod(number - 1, 26)
            letters = chr(ord(kind) + letter) + letters
        return letters
    if kind in ("i", "I"):
        return roman(number).upper() if kind == "I" else roman(number)
    return str(number)


def roman(number: int) -> str:
    """Return a number from 1 to 3999 in Roman numerals, any other in digits."""
    if not 0 < number <= _MAX_ROMAN:
        return str(number)
    written = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        written += sign * count
    return written
