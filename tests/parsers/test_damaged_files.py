"""Damaged files become a document whose spans hold, or a rejection."""

import io
import random
import warnings
import zipfile

import pytest

from tests.parsers.binary_files import FOLDER, data_of, parse, zipped
from tests.parsers.proofs import prove
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.suffix not in {".md", ".doc"})
ROUNDS = 12


def outcome(data: bytes, name: str) -> Document | str:
    try:
        return parse(data, name)
    except DocumentRejected as rejected:
        return Reason(rejected.reason)


def damaged(data: bytes, chance: random.Random, name: str) -> bytes:
    """Return `data` cut off or with flipped bits.

    An .xls is cut only: a wrong length in it can crash the process that reads it, which the sandbox
    turns into a rejection, and which would end the tests.
    """
    if name.endswith(".xls") or chance.random() < 0.3:
        return data[: chance.randrange(len(data))]
    if data.startswith(b"PK") and chance.random() < 0.7:
        return with_a_damaged_member(data, chance)
    return flipped(data, chance)


def with_a_damaged_member(data: bytes, chance: random.Random) -> bytes:
    """Return a valid zip with a damaged member, so that the damage reaches the format's parser."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([name for name in members if members[name]])
    members[name] = flipped(members[name], chance)
    return zipped(members)


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 5, 50])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("name", NAMES)
def test_real_files_are_parsed_the_same_twice_and_their_spans_hold(name):
    first = outcome(data_of(name), name)
    assert outcome(data_of(name), name) == first
    if isinstance(first, Document):
        prove(first)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_become_a_document_or_a_rejection(name):
    chance = random.Random(name)
    data = data_of(name)
    for _ in range(ROUNDS):
        with warnings.catch_warnings():
            # zipfile and olefile warn about what they skip.
            warnings.simplefilter("ignore", UserWarning)
            result = outcome(damaged(data, chance, name), name)
        if isinstance(result, Document):
            prove(result)


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.xls", "a.msg", "a.zip", "a.doc"]
)
@pytest.mark.parametrize(
    "data", [b"\0", b"PK\x03\x04", b"%PDF-", bytes.fromhex("d0cf11e0a1b11ae1"), b"x" * 5000]
)
def test_a_file_of_another_format_is_rejected(name, data):
    assert isinstance(outcome(data, name), str)
