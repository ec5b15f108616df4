"""Opaque signed mail and signed files are read; what is encrypted says so."""

import base64
import zlib

import pytest
from asn1crypto.cms import (
    CMSVersion,
    CompressedData,
    ContentInfo,
    EnvelopedData,
    SignedData,
)
from asn1crypto.core import OctetString

from tests.parsers.binary_files import typed_texts
from vouch.parsers.registry import parse, read
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

MAIL = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe gate opens at nine.\r\n"


def message(kind: str, content) -> bytes:
    return ContentInfo({"content_type": kind, "content": content}).dump()


def signed(content: bytes | None) -> bytes:
    inner = {"content_type": "data", "content": content}
    if content is None:
        del inner["content"]
    data = SignedData({
        "version": "v1",
        "digest_algorithms": [],
        "encap_content_info": inner,
        "signer_infos": [],
    })  # fmt: skip
    return message("signed_data", data)


def streamed(content: bytes) -> bytes:
    """Return a signed message in BER with indefinite lengths, as streaming writers make it."""
    end = b"\0\0"
    pieces = b"".join(
        OctetString(content[start : start + 7]).dump() for start in range(0, len(content), 7)
    )
    octets = b"\x24\x80" + pieces + end
    inner = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80" + octets + end + end
    data = b"\x30\x80\x02\x01\x01\x31\x00" + inner + b"\x31\x00" + end
    return b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + data + end + end


def enveloped() -> bytes:
    data = {
        "version": "v0",
        "recipient_infos": [],
        "encrypted_content_info": {
            "content_type": "data",
            "content_encryption_algorithm": {
                "algorithm": "aes128_cbc",
                "parameters": OctetString(b"0" * 16),
            },
            "encrypted_content": b"secret",
        },
    }
    return message("enveloped_data", EnvelopedData(data))


def compressed(content: bytes) -> bytes:
    data = CompressedData({
        "version": CMSVersion("v0"),
        "compression_algorithm": {"algorithm": "zlib"},
        "encap_content_info": {"content_type": "data", "content": zlib.compress(content, 9)},
    })  # fmt: skip
    return message("compressed_data", data)


def pem(data: bytes) -> bytes:
    return b"-----BEGIN PKCS7-----\n" + base64.encodebytes(data) + b"-----END PKCS7-----\n"


def mail_with(data: bytes, content_type: str, name: str = "smime.p7m") -> bytes:
    return (
        f"From: a@example.org\r\nSubject: Gate\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: {content_type}; name="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + base64.encodebytes(data)


def reason_of(data: bytes, name: str) -> str:
    with pytest.raises(DocumentRejected) as caught:
        parse(data, name)
    return caught.value.reason


@pytest.mark.parametrize("wrap", [signed, streamed, lambda m: signed(signed(m)), compressed])
@pytest.mark.parametrize("name", ["smime.p7m", "note", "mail 2.1.p7m"])
def test_a_signed_mail_is_read_as_the_mail_in_it(wrap, name):
    assert typed_texts(parse(wrap(MAIL), name)) == [("paragraph", "The gate opens at nine.")]


@pytest.mark.parametrize("encode", [pem, base64.encodebytes, base64.b64encode])
def test_text_forms_of_a_signed_message_are_read(encode):
    assert parse(encode(signed(MAIL)), "smime.p7m").text == "The gate opens at nine."


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data",
        "application/x-pkcs7-mime",
        "application/octet-stream",
    ],
)
@pytest.mark.parametrize("wrap", [signed, streamed])
def test_the_signed_part_of_a_mail_is_its_text(content_type, wrap):
    document = parse(mail_with(wrap(MAIL), content_type), "a.eml")
    assert document.text.startswith("Gate\n\nFrom: a@example.org")
    assert document.text.endswith("The gate opens at nine.")
    assert document.attachments == ()


def test_a_signed_file_in_a_mail_is_an_attachment_and_one_by_itself_too():
    invoice = signed(b"<invoice><total>12</total></invoice>")
    mail = parse(mail_with(invoice, "application/pkcs7-mime", "invoice.xml.p7m"), "a.eml")
    assert [file.name for file in mail.attachments] == ["invoice.xml.p7m"]
    document = parse(mail.attachments[0].data, mail.attachments[0].name)
    assert [(file.name, file.data[:9]) for file in document.attachments] == [
        ("invoice.xml", b"<invoice>")
    ]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (enveloped(), "smime.p7m"),
        (signed(enveloped()), "smime.p7m"),
        (mail_with(enveloped(), "application/pkcs7-mime; smime-type=enveloped-data"), "a.eml"),
        (mail_with(enveloped(), "application/pkcs7-mime"), "a.eml"),
    ],
)
def test_encrypted_messages_say_so(data, name):
    assert reason_of(data, name) == Reason.ENCRYPTED


def test_a_detached_signature_says_that_it_has_no_text():
    assert reason_of(signed(None), "smime.p7s") == Reason.UNSUPPORTED_TYPE


@pytest.mark.parametrize("cut", [40, 60])
def test_a_damaged_message_is_malformed(cut):
    assert reason_of(signed(MAIL)[:cut], "smime.p7m") == Reason.MALFORMED


def test_a_compressed_bomb_is_unsafe():
    assert reason_of(compressed(bytes(40_000_000)), "smime.p7m") == Reason.UNSAFE


def test_the_media_type_is_named():
    assert read(signed(MAIL), "x").media_type == "application/pkcs7-mime"
