"""Numbers at different heights: exponents, notes and fractions change no number."""

import pytest

from tests.parsers.binary_files import parse
from tests.parsers.pdf.pdf_writer import Text, pdf

DIGIT = 0.556  # of the font size: the width of a digit in Helvetica
NARROW = {",": 0.278, "/": 0.278, "-": 0.333}


def line(*pieces: tuple[str, float, float]) -> list[Text]:
    """Return digits beside one another: each text with its size and its height over the line."""
    texts, x = [(60.0, 700.0, 10.0, "about")], 90.0
    for text, size, rise in pieces:
        texts.append((x, 700 + rise, size, text))
        x += size * sum(NARROW.get(character, DIGIT) for character in text)
    return texts


def text_of(texts: list[Text]) -> str:
    return parse(pdf([texts]), "a.pdf").text


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("10", 10, 0), ("6", 6, 4)], "about 10^6"),
        ([("10", 10, 0), ("-3", 6, 4)], "about 10^-3"),
        ([("1,234", 10, 0), ("5", 6, 4)], "about 1,234^5"),
        ([("1987", 10, 0), ("12", 7, 3)], "about 1987^12"),
        ([("10", 10, 0), ("6", 10, 4)], "about 10^6"),  # raised, and as large
        ([("101", 10, 0), ("2", 6, -2)], "about 101_2"),
        ([("1", 6, 4), ("2019", 10, 0)], "about 1 2019"),  # the mark of a note before its text
        ([("19", 10, 0), ("99", 6, 4)], "about 19^99"),
        ([("5", 10, 0), ("1", 6, 4), ("/", 10, 0), ("2", 6, 0)], "about 5 1/2"),
        ([("12", 10, 0), ("34", 9.8, 0.3)], "about 1234"),  # one number, set unevenly
    ],
)
def test_numbers_beside_one_another(pieces, expected):
    assert text_of(line(*pieces)) == expected


@pytest.mark.parametrize(
    ("whole", "numerator", "denominator", "expected"),
    [
        ("", "1", "2", "about 1/2"),
        ("", "1", "20", "about 1/20"),
        ("", "13", "4", "about 13/4"),
        ("3", "3", "4", "about 3 3/4"),
        ("12", "7", "16", "about 12 7/16"),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_fractions_that_are_set_above_one_another(
    whole, numerator, denominator, expected, is_reversed
):
    texts = line(*([(whole, 10, 0)] if whole else []))
    left, size = 90 + DIGIT * 10 * len(whole), 7.0
    width = DIGIT * size * max(len(numerator), len(denominator))
    parts = [
        (left + (width - DIGIT * size * len(text)) / 2, 700 + rise, size, text)
        for text, rise in ((numerator, 4.0), (denominator, -3.5))
    ]
    texts += parts[::-1] if is_reversed else parts
    texts.append((left + width + 3, 700, 10, "cups"))
    assert text_of(texts) == f"{expected} cups"
