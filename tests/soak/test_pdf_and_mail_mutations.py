"""Thousands of damaged PDFs and mails: each is a document or a rejection in words, in bounded time.

They are parsed as in a run: by workers with limits, so that what crashes its parser costs itself.
"""

import random
import re
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.hostile.outcomes import parse_damaged
from tests.parsers.binary_files import FOLDER, data_of

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

NAMES = sorted(
    path.name for path in FOLDER.iterdir() if path.suffix in {".pdf", ".eml", ".msg", ".p7m"}
)
ROUNDS = 300  # of each file, besides the places where it is cut off
CUTS = 50
_OBJECT = re.compile(rb"\d+ 0 obj\b.*?\bendobj", re.DOTALL)
_NUMBER = re.compile(rb"(?<=[ \[<])\d{1,6}(?=[ \]>/])")
_NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"2147483647",
    b"4294967296",
    b"99999999999999999999",
    b"1e30",
    b"nan",
)


def mutations(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield the file cut off at each of `CUTS` places, then with any damage, without end."""
    yield from (data[: len(data) * part // CUTS] for part in range(CUTS))
    while True:
        damaged = data
        for _ in range(chance.choice([1, 1, 2, 5])):
            damaged = chance.choice([flipped, moved, renumbered, exchanged, repeated])(
                damaged, chance
            )
        yield damaged


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 5, 50])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def moved(data: bytes, chance: random.Random) -> bytes:
    """Return the file with a piece of it at another place."""
    start, to = chance.randrange(len(data)), chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 2000)]
    return data[:to] + piece + data[to:]


def renumbered(data: bytes, chance: random.Random) -> bytes:
    """Return the file with another number: a length, an offset or the number of an object."""
    places = list(_NUMBER.finditer(data))
    if not places:
        return data
    place = chance.choice(places)
    return data[: place.start()] + chance.choice(_NUMBERS) + data[place.end() :]


def exchanged(data: bytes, chance: random.Random) -> bytes:
    """Return the file with the bodies of two objects exchanged; of other files, two lines."""
    places = [match.span() for match in islice(_OBJECT.finditer(data), 5000)]
    if len(places) < 2:
        lines = data.split(b"\n")
        left, right = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[left], lines[right] = lines[right], lines[left]
        return b"\n".join(lines)
    (first, first_end), (second, second_end) = sorted(chance.sample(places, 2))
    (name, sep, body), (second_name, _, second_body) = (
        data[start:end].partition(b"obj")
        for start, end in [(first, first_end), (second, second_end)]
    )
    between, after = data[first_end:second], data[second_end:]
    return b"".join([data[:first], name, sep, second_body, between, second_name, sep, body, after])


def repeated(data: bytes, chance: random.Random) -> bytes:
    """Return the file with a line of it many times."""
    lines = data.split(b"\n")
    number = chance.randrange(len(lines))
    return b"\n".join([*lines[:number], *[lines[number][:200]] * 500, *lines[number:]])


@pytest.mark.parametrize("name", NAMES)
def test_each_damaged_file_is_a_document_or_a_rejection_in_words(name: str, tokenizer):
    files = islice(mutations(data_of(name), random.Random(name)), CUTS + ROUNDS)
    parse_damaged(name, files, tokenizer, memory_mb=1024)
