"""Zips are judged by their directory before they are unpacked."""

import struct

import pytest

from tests.parsers.binary_files import data_of, zipped
from vouch.parsers.common.zip_safety import check_zip, contained, open_office, open_zip, read_member
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected


def reason_of(call, *arguments, **options) -> str:
    with pytest.raises(DocumentRejected) as caught:
        call(*arguments, **options)
    return caught.value.reason


def test_a_good_zip_is_read():
    data = zipped({"a.txt": "alpha", "b/c.txt": b"\x00\xff" * 100})
    check_zip(data)
    with open_zip(data) as archive:
        assert read_member(archive, archive.getinfo("b/c.txt")) == b"\x00\xff" * 100


def test_a_small_file_that_compresses_well_is_read():
    check_zip(zipped({"sheet.xml": "<c/>" * 3_900_000}))


@pytest.mark.parametrize(
    ("data", "options", "reason"),
    [
        (zipped({"bomb": b"\0" * 16_100_000}), {}, Reason.UNSAFE),
        (zipped({"large": b"ab" * 1_000_000}), {"max_unpacked_mb": 1}, Reason.UNSAFE),
        (b"PK\x03\x04 and no more", {}, Reason.MALFORMED),
        (zipped({"a": "x" * 5000})[:-60], {}, Reason.MALFORMED),
        (b"", {}, Reason.MALFORMED),
    ],
    ids=["bomb", "large", "no zip", "cut", "empty"],
)
def test_bad_zips_are_rejected_with_their_reason(data, options, reason):
    assert reason_of(check_zip, data, **options) == reason


def test_a_member_under_a_password_is_reported_as_encrypted():
    data = bytearray(zipped({"a.txt": "alpha"}))
    entry = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[entry + 8] |= 1
    assert reason_of(open_zip, bytes(data)) == Reason.ENCRYPTED


def test_a_wrong_size_in_the_directory_is_reported_as_damage():
    data = bytearray(zipped({"a.txt": b"0123456789" * 100_000}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)
    assert reason_of(check_zip, bytes(data)) == Reason.MALFORMED


def test_a_changed_byte_is_reported_as_damage():
    data = bytearray(zipped({"a.txt": "alpha beta gamma"}, compression=0))
    data[data.index(b"beta")] ^= 1
    assert reason_of(check_zip, bytes(data)) == Reason.MALFORMED


def test_an_unknown_compression_is_unsupported():
    data = bytearray(zipped({"a.txt": "alpha"}))
    entry = data.index(b"PK\x01\x02")
    data[8:10] = data[entry + 10 : entry + 12] = struct.pack("<H", 97)
    assert reason_of(check_zip, bytes(data)) == Reason.UNSUPPORTED_TYPE


@pytest.mark.parametrize(
    ("name", "reason"), [("password_protected.xlsx", "encrypted"), ("fake.doc", "malformed")]
)
def test_an_ole_file_instead_of_a_zip_is_encrypted_or_old(name, reason):
    assert reason_of(open_office, data_of(name), "Word (.docx)") == reason


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_errors_of_the_process_are_not_contained(error):
    with pytest.raises(error), contained("test"):
        raise error


def test_other_errors_become_a_rejection():
    with (
        pytest.raises(
            DocumentRejected, match=r"the test file is damaged.*refers to is missing .'lost'"
        ),
        contained("test"),
    ):
        raise KeyError("lost")
