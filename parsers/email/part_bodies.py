"""The text of a single part of a message, in any of the forms that bodies have."""

import re
from email.message import Message

from vouch.parsers.common.text.encoding import decode_leniently
from vouch.parsers.detect import detect
from vouch.parsers.email.body import Body
from vouch.parsers.email.outlook.rtf_body import body_of as rtf_body
from vouch.parsers.email.plain_text import unenriched, unflowed, unrich
from vouch.parsers.format_names import UNKNOWN
from vouch.schemas.errors import DocumentRejected

_PLAIN_TYPES = ("text/plain", "text/enriched", "text/richtext")
_HTML_TYPE = "text/html"
# Shortened HTML for clocks, and pages that are programs: read where there is no other form.
REDUCED_HTML = ("text/x-amp-html", "text/watch-html")
# Read as a body only beside other forms of it.
_ALTERNATIVE_TYPES = ("text/markdown", "text/rtf", "application/rtf", *REDUCED_HTML)
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_BINARY_BEGINNINGS = (b"%PDF-", b"{\\rtf")
# Fields of a part that are no text where somebody forgot the empty line above it.
_FIELDS = frozenset(
    "from to cc bcc subject date message-id received mime-version return-path reply-to sender "
    "in-reply-to references importance priority".split()
)
_FIELD_PREFIXES = ("content-", "x-", "list-", "resent-")
# What the standard library raises for parameters in an unknown character set.
BAD_PARAMETER = (LookupError, ValueError, TypeError)


def body_of_part(
    part: Message, media_type: str, data: bytes, *, is_alternative: bool, is_message: bool
) -> Body | None:
    """Return the text of a part; None where it is a file, whatever it declares.

    `is_alternative` says that there are other forms of it, `is_message` that it is no part of
    another one.
    """
    is_body = media_type in (*_PLAIN_TYPES, _HTML_TYPE) or (
        is_alternative and media_type in _ALTERNATIVE_TYPES
    )
    if media_type.endswith("/rtf"):
        return rtf_body(data) if is_body else None
    if not is_body or _is_binary(data):
        return None
    text = decode_leniently(data, charset_of_part(part))
    if not is_message:  # which may have fields of any name
        text = _stray_fields(part) + text
    if media_type in (_HTML_TYPE, *REDUCED_HTML):
        return Body(text, is_html=True)
    if media_type == "text/enriched":
        return Body(unenriched(text), is_styled=True)
    if media_type == "text/richtext":
        return Body(unrich(text), is_styled=True)
    if media_type == "text/markdown":
        return Body(text, is_styled=True)
    if _PAGE.match(text):
        return Body(text, is_html=True)
    if _parameter(part, "format") == "flowed":
        text = unflowed(text, delete_space=_parameter(part, "delsp") == "yes")
    return Body(text)


def _is_binary(data: bytes) -> bool:
    """Return whether a part that declares a text is a file of another format."""
    if b"\0" not in data[:4096] and not data.startswith(_BINARY_BEGINNINGS):
        return False
    try:
        media_type = detect(data, "")
    except DocumentRejected:  # an office file under a password
        return True
    return media_type != UNKNOWN and (
        media_type == "text/rtf" or not media_type.startswith("text/")
    )


def _stray_fields(part: Message) -> str:
    """Return the first lines of a text that were read as header fields, without an empty line."""
    return "".join(
        f"{name}: {value}\n"
        for name, value in part.raw_items()
        if name.lower() not in _FIELDS and not name.lower().startswith(_FIELD_PREFIXES)
    )


def charset_of_part(part: Message) -> str | None:
    """Return the declared character set, None where there is none."""
    try:
        return part.get_content_charset()
    except BAD_PARAMETER:
        return None


def _parameter(part: Message, name: str) -> str:
    return str(part.get_param(name) or "").strip().lower()
