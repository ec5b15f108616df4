"""What to do about a rejected document, by its reason.

A message has the form `what happened; what to do`. Who rejects a document says the second part
where more is known than the reason; for all others it is added here, when the document's row of the
quarantine is made.
"""

from collections.abc import Mapping

from vouch.schemas.documents.records import Reason

_LEAVE_OUT = "or leave it out by the source's `exclude`"
ADVICE: Mapping[str, str] = {
    Reason.FETCH_FAILED: "it is fetched again later, and by `vouch replay` now",
    Reason.UNSUPPORTED_TYPE: f"save it in a format that is read, such as PDF or Word, {_LEAVE_OUT}",
    Reason.NEEDS_LIBREOFFICE: "install LibreOffice, or save it as .docx or .pptx",
    Reason.NEEDS_OCR: f"install tesseract, {_LEAVE_OUT}",
    Reason.ENCRYPTED: f"save it without protection, {_LEAVE_OUT}",
    Reason.EMPTY: f"fill it, {_LEAVE_OUT}",
    Reason.NO_TEXT: f"save it in a form that holds its text, {_LEAVE_OUT}",
    Reason.GARBLED_TEXT: (
        f"set parsing.garbled_text to ocr, save it again with fonts that declare their characters, "
        f"{_LEAVE_OUT}"
    ),
    Reason.MALFORMED: f"save it again in the program that it comes from, {_LEAVE_OUT}",
    Reason.UNDECODABLE: f"save it as UTF-8, {_LEAVE_OUT}",
    Reason.UNSAFE: f"save it in a plainer form if you trust where it comes from, {_LEAVE_OUT}",
    Reason.PARSER_TIMEOUT: "it is tried again later; split it, or raise parsing.timeout_s",
    Reason.PARSER_MEMORY: "it is tried again later; split it, or raise parsing.memory_mb",
    Reason.PARSER_CRASHED: (
        f"it is tried again later; save it again in the program that it comes from, {_LEAVE_OUT}"
    ),
    Reason.PARSER_ERROR: (
        f"save it again in the program that it comes from, {_LEAVE_OUT}; report the file if it is "
        "sound"
    ),
    Reason.INVALID_VECTOR: "see that the model's files are whole, then run `vouch replay`",
    Reason.REFUSED_TEXT: (
        f"change the text, {_LEAVE_OUT}; `vouch replay` asks the service again once it reads it"
    ),
}


def with_advice(reason: str, message: str) -> str:
    """Return the message of a reject with what to do, unless it says so itself."""
    advice = ADVICE.get(reason)
    return message if advice is None or "; " in message else f"{message.rstrip('.')}; {advice}"
