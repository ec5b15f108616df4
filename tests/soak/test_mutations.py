"""Thousands of damaged packages, archives and XML files: each is a document or a rejection in words.

They are parsed as in a run: by workers with limits, so that what crashes its parser costs itself.
"""

import io
import random
import re
import zipfile
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.hostile.outcomes import parse_damaged
from tests.hostile.test_archives import SOUND
from tests.hostile.test_office import PACKAGES
from tests.hostile.test_xml import FORMATS, SAFE_WORDS
from tests.parsers.binary_files import FOLDER, zipped

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(7200),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

_SUFFIXES = {".docx", ".pptx", ".xlsx", ".xls", ".doc", ".zip"}
FILES = (
    {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in _SUFFIXES}
    | {f"of-words.{kind}": zipped(members) for kind, members in PACKAGES.items()}
    | {f"of-files{name[1:]}": data for name, data in SOUND.items()}
    | {
        f"with-entities{name[1:]}": write('<!ENTITY co "Company">', f"&co; {SAFE_WORDS}")
        for name, write in FORMATS.items()
    }
)
ROUNDS = 300  # of each file
_ATTRIBUTE = re.compile(rb'="([^"]*)"')
_TAG = re.compile(rb"<[^<>]+>")
_VALUES = (b"", b"-1", b"0", b"99999999999", b"1e9", b"NaN", b"A1:XFD1048576", b"../../x", b"&co;")
_NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\x80\0\0\0")


def mutations(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield the file with any damage, without end: in a zip mostly to one of its members."""
    while True:
        if data.startswith(b"PK") and chance.random() < 0.85:
            yield _with_other_members(data, chance)
        else:
            yield _damaged(data, chance)


def _with_other_members(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members: dict[str, str | bytes] = {
            name: archive.read(name) for name in dict.fromkeys(archive.namelist())
        }
    name = chance.choice(sorted(members))
    match chance.randrange(8):
        case 0:
            del members[name]
        case 1:
            members[name] = members[chance.choice(sorted(members))]
        case 2:
            content = members.pop(name)
            renamed = chance.choice(
                (name.upper(), f"/{name}", f"../{name}", name.replace("/", "\\"))
            )
            members[renamed] = content
        case _:
            content = members[name]
            assert isinstance(content, bytes)
            members[name] = _damaged(content, chance)
    return zipped(members)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    if data.lstrip()[:1] == b"<" and chance.random() < 0.8:
        return _other_markup(data, chance)
    match chance.randrange(4):
        case 0:
            return data[: chance.randrange(len(data))]
        case 1:
            at = chance.randrange(len(data))
            return data[:at] + chance.choice(_NUMBERS) + data[at + 4 :]
        case 2:
            start, to = chance.randrange(len(data)), chance.randrange(len(data))
            return data[:to] + data[start : start + chance.randrange(1, 2000)] + data[to:]
    changed = bytearray(data)
    for _ in range(chance.choice([1, 5, 50])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _other_markup(data: bytes, chance: random.Random) -> bytes:
    """Return XML with another value, or with a tag missing, exchanged or very often."""
    attributes, tags = list(_ATTRIBUTE.finditer(data)), list(_TAG.finditer(data))
    if attributes and chance.random() < 0.5:
        place = chance.choice(attributes)
        value = chance.choice((*_VALUES, chance.choice(attributes)[1]))
        return data[: place.start(1)] + value + data[place.end(1) :]
    if not tags:
        return data
    tag, second = chance.choice(tags), chance.choice(tags)
    instead = chance.choice((b"", second[0], tag[0] * 50, tag[0] * 3000))
    if chance.random() < 0.2:  # a whole element, or what begins in one and ends in another
        first, last = sorted((tag.start(), second.end()))
        return data[:last] + data[first:last] * 20 + data[last:]
    return data[: tag.start()] + instead + data[tag.end() :]


@pytest.mark.parametrize("name", FILES)
def test_each_damaged_package_is_a_document_or_a_rejection_in_words(name: str, tokenizer) -> None:
    files = islice(mutations(FILES[name], random.Random(name)), ROUNDS)
    parse_damaged(name, files, tokenizer, memory_mb=2048)
