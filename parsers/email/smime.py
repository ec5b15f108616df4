"""Signed mail and files as CMS (`.p7m`, RFC 5652, RFC 8551): what was signed, without a check.

A signed mail is read as the mail in it. Any other signed file, such as `contract.pdf.p7m`, becomes
an attachment. Signatures are not verified: that takes certificates, and the text is the same.
"""

import base64
import binascii
import re
import zlib
from pathlib import PurePosixPath

from asn1crypto.cms import CompressedData, ContentInfo, SignedData

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import base_name
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.cms_header import is_cms
from vouch.parsers.common.unpacking import CountedStream, Unpacking
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.email.headers import message_of
from vouch.parsers.email.message import encrypted
from vouch.schemas.documents.records import Attachment, Document, Reason
from vouch.schemas.errors import DocumentRejected

MAX_DEPTH = 5  # of signatures around one another
_ENCRYPTED = {"enveloped_data", "encrypted_data", "authenticated_enveloped_data"}
_PEM = re.compile(rb"-----BEGIN [^-\n]*-----(.*?)-----END", re.DOTALL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")
_MIME_FIELD = re.compile(rb"^(?:content-type|mime-version)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_MAX_HEADERS = 20_000  # bytes of a signed content that are searched for the fields of mail


def parse(data: bytes, hint: Hint) -> Document:
    """Return the signed mail, or a list with the signed file, which is attached.

    Raises `DocumentRejected`: encrypted, malformed, unsafe, or unsupported_type for a signature
    without the text that it signs.
    """
    # Imported here: eml.py reads the signed parts of its mails by this module.
    from vouch.parsers.email import eml

    if _is_mail(data):
        return eml.parse(data, hint)  # a message whose body is signed, saved under this name
    content = unwrapped(_as_der(data))
    if _is_mail(content):
        return eml.parse(content, hint)
    path = PurePosixPath(base_name(hint.name))
    name = (path.stem if path.suffix.lower() == ".p7m" else path.name) or "content"
    builder = DocumentBuilder()
    builder.list_item(name)
    return builder.build(attachments=[Attachment(name, content)])


def unwrapped(data: bytes) -> bytes:
    """Return what is within a CMS message, and within messages in it.

    Raises `DocumentRejected`: encrypted, malformed, unsafe, or unsupported_type for a detached
    signature.
    """
    with contained("S/MIME (CMS)"):
        for _ in range(MAX_DEPTH):
            message = ContentInfo.load(data)
            kind = message["content_type"].native
            if kind in _ENCRYPTED:
                raise encrypted("S/MIME")
            data = _content(message["content"])
            if not is_cms(data):
                return data
    raise DocumentRejected(Reason.UNSAFE, f"more than {MAX_DEPTH} signatures around one another")


def _content(content: object) -> bytes:
    if isinstance(content, CompressedData):
        packed = _octets(content["encap_content_info"]["content"])
        unpacking = Unpacking(len(packed), "S/MIME message")
        return CountedStream(_Inflated(packed), unpacking).read()
    if isinstance(content, SignedData):
        if signed := _octets(content["encap_content_info"]["content"]):
            return signed
        raise DocumentRejected(
            Reason.UNSUPPORTED_TYPE,
            "a detached signature holds no text of its own; the signed file beside it is read",
        )
    raise DocumentRejected(
        Reason.UNSUPPORTED_TYPE,
        "no parser reads this kind of S/MIME message; export it signed only",
    )


def _octets(value: object) -> bytes:
    """Return the bytes of an octet string; b"" where there is none."""
    native = getattr(value, "native", None)
    return native if isinstance(native, bytes) else b""


class _Inflated:
    """A zlib stream that is decompressed a piece at a time."""

    def __init__(self, packed: bytes) -> None:
        self._left = packed
        self._decompressor = zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        piece = self._decompressor.decompress(self._left, size)
        self._left = self._decompressor.unconsumed_tail
        return piece


def _as_der(data: bytes) -> bytes:
    """Return the binary form of a message that is saved as PEM or as base64."""
    match = _PEM.search(data)
    text = match[1] if match else data
    if match or _BASE64.fullmatch(text):
        try:
            return base64.b64decode(text)
        except binascii.Error:
            return data
    return data


def _is_mail(data: bytes) -> bool:
    headers = _HEADERS_END.split(data[:_MAX_HEADERS], maxsplit=1)[0]
    return bool(_MIME_FIELD.search(headers)) and bool(message_of(headers).keys())
