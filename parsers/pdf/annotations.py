"""Read what a PDF holds beside the text of its pages: metadata, form fields, notes and files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.attachment_names import base_name, name_for
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.unpacking import Unpacking
from vouch.parsers.pdf.pdfium_calls import Handle
from vouch.schemas.documents.records import Attachment, Metadata
from vouch.schemas.documents.value_types import listed
from vouch.schemas.documents.values import Value

# ISO 32000-1, 7.9.4: D:YYYYMMDDHHmmSSOHH'mm', everything after the year optional. Writers also
# omit the prefix and the apostrophes.
_DATE = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:([-+Z])(\d\d)?'?(\d\d)?)?"
)
_DATE_DEFAULTS = ("0", "1", "1", "0", "0", "0")
_WITHOUT_NOTE = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET}
_EMPTY_VALUES = {"", "Off"}  # Off is the value of a check box that is not ticked
# A page of a drawing program can carry one annotation per stroke.
MAX_ANNOTATIONS = 5_000


def metadata(
    document: pdfium.PdfDocument,
    page_count: int,
    pages_without_text: str,
    entries: Sequence[tuple[str, str]] = (),
) -> Metadata:
    """Return title, author, language and dates.

    `extra` holds the page count, `entries`, `pages_without_text` where it is not empty, the subject
    and the keywords.
    """
    values = {
        key: one_line(value) for key, value in document.get_metadata_dict(skip_empty=True).items()
    }
    extra: list[tuple[str, Value]] = [("pages", page_count), *entries]
    if pages_without_text:
        extra.append(("pages_without_text", pages_without_text))
    if values.get("Subject"):
        extra.append(("subject", values["Subject"]))
    if keywords := listed(values.get("Keywords", "")):
        extra.append(("keywords", keywords))
    language = _string(lambda *out: raw.FPDFCatalog_GetLanguage(document.raw, *out))
    return Metadata(
        title=values.get("Title") or None,
        author=values.get("Author") or None,
        language=language or None,
        created=parse_date(values.get("CreationDate", "")),
        modified=parse_date(values.get("ModDate", "")),
        extra=tuple(extra),
    )


def parse_date(text: str) -> datetime | None:
    """Parse a date in PDF notation, such as `D:20240229120000+01'00'`, to an aware datetime.

    A date without a time zone is taken as UTC. Return None for a date that does not exist.
    """
    match = _DATE.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or default)
        for part, default in zip(match.groups()[:6], _DATE_DEFAULTS, strict=True)
    )
    sign, offset_hours, offset_minutes = match.groups()[6:]
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    try:
        zone = UTC if sign in {None, "Z"} else timezone(offset if sign == "+" else -offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


@dataclass(slots=True)
class Annotations:
    """The annotations of a page: filled form fields as `name: value`, notes, and attached files."""

    texts: list[str] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)


def annotations(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, unpacking: Unpacking
) -> Annotations:
    """Return the annotations of a page; those that pdfium cannot open are skipped.

    `unpacking` counts the files attached to the document, and raises `DocumentRejected` (unsafe).
    """
    collected = Annotations()
    for number in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, number)
        if not annotation:
            continue
        try:
            _collect(document, annotation, collected, unpacking)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return collected


def file_of(attachment: pdfium.PdfAttachment, unpacking: Unpacking) -> Attachment | None:
    """Return an embedded file, or None where the document lists it without its content.

    `unpacking` counts it, and raises `DocumentRejected` (unsafe): one file may be embedded under
    thousands of names.
    """
    try:
        name, data = attachment.get_name(), bytes(attachment.get_data())
    except pdfium.PdfiumError:
        return None
    if not data:
        return None
    unpacking.add_members(1)
    unpacking.add_bytes(len(data))
    return Attachment(base_name(name) or name_for("application/octet-stream", 1), data)


def _collect(
    document: pdfium.PdfDocument, annotation: Handle, collected: Annotations, unpacking: Unpacking
) -> None:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        text = _filled_field(document, annotation)
    else:
        text = "" if kind in _WITHOUT_NOTE else _note(annotation)
    # Every button of a radio group reports the value of the group.
    if text and text not in collected.texts:
        collected.texts.append(text)
    if kind == raw.FPDF_ANNOT_FILEATTACHMENT and (
        handle := raw.FPDFAnnot_GetFileAttachment(annotation)
    ):
        file = file_of(pdfium.PdfAttachment(handle, document), unpacking)
        collected.files += [file] if file else []


def _filled_field(document: pdfium.PdfDocument, annotation: Handle) -> str:
    """Return `name: value`, by the label on display where there is one; empty if not filled in."""
    form = None if document.formenv is None else document.formenv.raw

    def of_form(read: Callable[..., int]) -> str:
        return _string(lambda *out: read(form, annotation, *out)) if form else ""

    # A page that was extracted from its form has no form any more, but its fields keep their
    # values and names.
    value = of_form(raw.FPDFAnnot_GetFormFieldValue) or _entry(annotation, b"V")
    if value in _EMPTY_VALUES:
        return ""
    name = (
        of_form(raw.FPDFAnnot_GetFormFieldAlternateName)
        or of_form(raw.FPDFAnnot_GetFormFieldName)
        or _entry(annotation, b"T")
    )
    return f"{name}: {value}" if name else value


def _note(annotation: Handle) -> str:
    """Return the text of a note after the name of its author."""
    text, author = _entry(annotation, b"Contents"), _entry(annotation, b"T")
    return f"Comment ({author}): {text}" if text and author else text


def _entry(annotation: Handle, key: bytes) -> str:
    return _string(lambda *out: raw.FPDFAnnot_GetStringValue(annotation, key, *out))


def _string(read: Callable[..., int]) -> str:
    """Return a string that pdfium writes as UTF-16 into a buffer.

    `read` takes a buffer and its size in bytes, and returns the size that it needs, terminator
    included; it is called with no buffer first.
    """
    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = (raw.FPDF_WCHAR * (size // 2 + 1))()
    read(buffer, size)
    return one_line(bytes(buffer)[: size - 2].decode("utf-16-le", errors="replace"))
