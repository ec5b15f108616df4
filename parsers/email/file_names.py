"""Names of attachments that have none: by what they are, whatever their part declares."""

from vouch.parsers.common.attachment_names import name_for, name_of_message
from vouch.parsers.detect import detect
from vouch.parsers.email.headers import decode_words, message_of
from vouch.parsers.format_names import UNKNOWN
from vouch.schemas.errors import DocumentRejected

_ANY_TEXT = "text/plain"


def name_by_content(data: bytes, declared: str, number: int) -> str:
    """Return a name for the `number`-th part of a message, which declares a media type.

    What the content shows counts. The declaration says which kind of text a text is, and what the
    bytes are of which nothing is known.
    """
    try:
        detected = detect(data, "")
    except DocumentRejected:  # an office file under a password
        detected = UNKNOWN
    is_open = detected == UNKNOWN or (detected == _ANY_TEXT and declared.startswith("text/"))
    if detected == "message/rfc822" and (name := name_of_mail(data)):
        return name
    if detected == "text/calendar":
        return "invitation.ics"
    return name_for(declared if is_open and declared else detected, number)


def name_of_mail(data: bytes) -> str:
    """Return a file name from the subject of a mail, "" where it has none."""
    subject = decode_words(str(dict(message_of(data).raw_items()).get("Subject", "")))
    name = name_of_message(subject)
    return f"{name}.eml" if name else ""
